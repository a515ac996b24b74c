# What is installed: the command, liblotveil, headers, pkg-config file, manual pages, examples.

# The example that `lotveil demo` plays is built into the command, so that it works from anywhere.
set(example ${CMAKE_SOURCE_DIR}/examples/dehumidifier)
foreach(name moisture performance)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${example}/${name}.csv)
    file(READ ${example}/${name}.csv hex HEX)
    string(REGEX REPLACE "(..)" "0x\\1, " ${name}_bytes "${hex}")
endforeach()
configure_file(${CMAKE_SOURCE_DIR}/src/cli/example.c.in ${CMAKE_BINARY_DIR}/generated/example.c @ONLY)

# Told by `lotveil --version` and GET /version.
add_compile_definitions(LOTVEIL_VERSION="${PROJECT_VERSION}")

get_target_property(cli_type lv_cli TYPE)
if(cli_type STREQUAL "STATIC_LIBRARY")
    # Tests link the layer and bring their own main.
    get_target_property(cli_sources lv_cli SOURCES)
    list(FILTER cli_sources EXCLUDE REGEX "/src/cli/main\\.c$")
    set_property(TARGET lv_cli PROPERTY SOURCES ${cli_sources})
    target_sources(lv_cli PRIVATE ${CMAKE_BINARY_DIR}/generated/example.c)

    add_executable(lotveil src/cli/main.c)
    target_link_libraries(lotveil PRIVATE lv_cli)
    install(TARGETS lotveil RUNTIME)
endif()

# liblotveil: everything up to `compare`. It does no I/O of its own, so files and logs stay out.
set(library_objects)
foreach(layer base quality suite identity proof record compare)
    get_target_property(type lv_${layer} TYPE)
    if(NOT type STREQUAL "STATIC_LIBRARY")
        set(library_objects)
        break()
    endif()
    list(APPEND library_objects $<TARGET_OBJECTS:lv_${layer}>)
endforeach()

if(library_objects)
    string(CONCAT library_objects "$<FILTER:" "${library_objects}"
           ",EXCLUDE,/(base/file|base/log|identity/msp_folder[^/]*|record/appendix_a.*)\\.c\\.o$>")
    foreach(kind STATIC SHARED)
        string(TOLOWER lotveil_${kind} target)
        add_library(${target} ${kind} ${library_objects})
        set_target_properties(${target} PROPERTIES OUTPUT_NAME lotveil LINKER_LANGUAGE C)
        install(TARGETS ${target} ARCHIVE LIBRARY)
    endforeach()
    set_target_properties(lotveil_shared PROPERTIES
        VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
    target_link_libraries(lotveil_shared PRIVATE
        PkgConfig::SODIUM PkgConfig::GMP PkgConfig::CRYPTO PkgConfig::PROTOBUF_C PkgConfig::CSV
        Threads::Threads)
    if(NOT LOTVEIL_SANITIZE)
        # A sanitizer's own symbols come with the executable.
        target_link_options(lotveil_shared PRIVATE -Wl,--no-undefined)
    endif()

    file(RELATIVE_PATH pc_to_prefix
         /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
    configure_file(${CMAKE_SOURCE_DIR}/cmake/lotveil.pc.in ${CMAKE_BINARY_DIR}/lotveil.pc @ONLY)
    install(FILES ${CMAKE_BINARY_DIR}/lotveil.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
    install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/lotveil
            DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
endif()

install(DIRECTORY ${CMAKE_SOURCE_DIR}/examples
        DESTINATION ${CMAKE_INSTALL_DATADIR}/lotveil)

# The network of Hyperledger Fabric that `lotveil demo --ledger fabric` brings up.
install(DIRECTORY ${CMAKE_SOURCE_DIR}/deploy/fabric
        DESTINATION ${CMAKE_INSTALL_DATADIR}/lotveil USE_SOURCE_PERMISSIONS)

# Manual pages, where scdoc is at hand.
find_program(SCDOC scdoc)
if(SCDOC)
    file(GLOB pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/man/*.scd)
    set(built)
    foreach(page ${pages})
        get_filename_component(name ${page} NAME_WLE)
        string(REGEX REPLACE ".*\\." "" section ${name})
        set(out ${CMAKE_BINARY_DIR}/man/${name})
        file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/man)
        add_custom_command(OUTPUT ${out} COMMAND ${SCDOC} < ${page} > ${out}
                           DEPENDS ${page} VERBATIM)
        install(FILES ${out} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
        list(APPEND built ${out})
    endforeach()
    add_custom_target(man ALL DEPENDS ${built})
endif()
