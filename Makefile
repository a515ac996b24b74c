# Two commands do everything on a fresh Debian 12: `make demo` and `make check`.
# The build itself is CMake's (CMakePresets.json); this file is a thin front door.

BUILD := build
JOBS := $(shell nproc)
PREFIX ?= /usr/local
DEMO_DIR ?= demo

.PHONY: all demo compare check lint format tests ct tsan fuzz release install deps-build deps-check deps-fuzz clean

all: release

release: deps-build
	@echo "Building Lotveil (release) in $(BUILD)/release"
	@tools/build.sh release $(JOBS)

demo: release
	@$(BUILD)/release/lotveil demo --dir $(DEMO_DIR) --again

# Lotveil's cryptography against other libraries doing the same, in one run. They are installed
# from PyPI and crates.io into bench/compare/build; what cannot be is named. Part of no check.
compare: release
	@python3 -B bench/compare/compare.py --lotveil $(BUILD)/release/lotveil

# Every test, with AddressSanitizer and UndefinedBehaviorSanitizer and warnings as errors.
tests: deps-check
	@echo "Building Lotveil with sanitizers in $(BUILD)/asan"
	@tools/build.sh asan $(JOBS)
	@tools/tests.sh asan

# Secrets followed under valgrind: no branch and no address may depend on one.
ct: deps-check
	@echo "Building Lotveil for valgrind in $(BUILD)/ct"
	@tools/build.sh ct $(JOBS)
	@ctest --preset ct

# Where threads meet (gRPC, ledgers, chaincode), with ThreadSanitizer.
tsan: deps-check
	@echo "Building Lotveil for ThreadSanitizer in $(BUILD)/tsan"
	@tools/build.sh tsan $(JOBS)
	@ctest --preset tsan

# Searches for inputs that break a decoder, FUZZ_SECONDS (30) for each target. `make tests` replays
# what tests/fuzz/corpus holds.
fuzz: deps-fuzz
	@tools/build.sh fuzz $(JOBS)
	@tools/fuzz.sh $(BUILD)/fuzz

lint: deps-check
	@tools/lint.sh $(BUILD)/lint

check: tests ct tsan lint

format:
	@clang-format-19 -i $$(git ls-files '*.c' '*.h')

install: release
	@DESTDIR=$(DESTDIR) cmake --install $(BUILD)/release --prefix $(PREFIX)

deps-build:
	@tools/install-deps.sh build

deps-check:
	@tools/install-deps.sh check

deps-fuzz:
	@tools/install-deps.sh fuzz

clean:
	rm -rf $(BUILD)
