# Two commands do everything on a fresh Debian 12: `make demo` and `make check`.
# The build itself is CMake's (CMakePresets.json); this file is a thin front door.

BUILD := build
JOBS := $(shell nproc)
PREFIX ?= /usr/local
DEMO_DIR ?= demo

.PHONY: all demo check lint format tests release install deps-build deps-check clean

all: release

release: deps-build
	@echo "Building Lotveil (release) in $(BUILD)/release"
	@cmake --preset release $(if $(V),,>/dev/null)
	@cmake --build --preset release -j $(JOBS) $(if $(V),,| tail -n 1)

demo: release
	@$(BUILD)/release/lotveil demo --dir $(DEMO_DIR) --again

# Every test, with AddressSanitizer and UndefinedBehaviorSanitizer and warnings as errors.
tests: deps-check
	@echo "Building Lotveil with sanitizers in $(BUILD)/asan"
	@cmake --preset asan $(if $(V),,>/dev/null)
	@cmake --build --preset asan -j $(JOBS) $(if $(V),,| tail -n 1)
	@ctest --preset asan

lint: deps-check
	@tools/lint.sh $(BUILD)/lint

check: tests lint

format:
	@clang-format-19 -i $$(git ls-files '*.c' '*.h')

install: release
	@DESTDIR=$(DESTDIR) cmake --install $(BUILD)/release --prefix $(PREFIX)

deps-build:
	@tools/install-deps.sh build

deps-check:
	@tools/install-deps.sh check

clean:
	rm -rf $(BUILD)
