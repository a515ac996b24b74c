option(LOTVEIL_TESTS "Build the tests" OFF)
option(LOTVEIL_FUZZ "Build the fuzz targets with libFuzzer (clang)" OFF)
option(LOTVEIL_WERROR "Treat warnings as errors" OFF)
set(LOTVEIL_SANITIZE "" CACHE STRING "Sanitizers, such as address,undefined")

add_compile_definitions(_GNU_SOURCE)
add_compile_options(
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wcast-qual -Wstrict-prototypes
    -Wmissing-prototypes -Wvla -Wundef -Wformat=2 -fstack-protector-strong -fvisibility=default)
if(LOTVEIL_WERROR)
    add_compile_options(-Werror)
endif()
if(LOTVEIL_SANITIZE)
    add_compile_options(-fsanitize=${LOTVEIL_SANITIZE} -fno-omit-frame-pointer
                        -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${LOTVEIL_SANITIZE})
endif()
if(LOTVEIL_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
