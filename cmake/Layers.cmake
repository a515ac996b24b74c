# lotveil_layer(NAME [USES layer...] [LIBS target...] [PROTO file] [SOURCE_DIR dir]): the static
# library lv_NAME of all C files below src/NAME (or SOURCE_DIR). USES and LIBS carry over to who
# uses the layer.
function(lotveil_layer name)
    cmake_parse_arguments(ARG "" "PROTO;SOURCE_DIR" "USES;LIBS" ${ARGN})
    set(dir src/${name})
    if(ARG_SOURCE_DIR)
        set(dir ${ARG_SOURCE_DIR})
    endif()
    set(glob GLOB_RECURSE)
    if(ARG_SOURCE_DIR) # flat: below bench/ stands what is compared with, and what that installs
        set(glob GLOB)
    endif()
    file(${glob} sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${dir}/*.c)
    set(scope PUBLIC)
    if(sources)
        add_library(lv_${name} STATIC ${sources})
    else()
        add_library(lv_${name} INTERFACE)
        set(scope INTERFACE)
    endif()
    target_include_directories(lv_${name} ${scope}
        ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
    if(ARG_SOURCE_DIR) # "bench/bench.h", as "suite/suite.h"
        target_include_directories(lv_${name} ${scope} ${CMAKE_SOURCE_DIR})
    endif()
    foreach(used ${ARG_USES})
        target_link_libraries(lv_${name} ${scope} lv_${used})
    endforeach()
    target_link_libraries(lv_${name} ${scope} ${ARG_LIBS})
    if(ARG_PROTO AND sources)
        lotveil_proto(lv_${name} ${dir} ${ARG_PROTO})
    endif()
endfunction()

# Generates and compiles the protobuf-c code of one .proto file into a target.
function(lotveil_proto target dir proto)
    get_filename_component(stem ${proto} NAME_WE)
    set(out ${CMAKE_BINARY_DIR}/generated)
    file(MAKE_DIRECTORY ${out})
    add_custom_command(
        OUTPUT ${out}/${stem}.pb-c.c ${out}/${stem}.pb-c.h
        COMMAND ${PROTOC_C} --c_out=${out} -I ${CMAKE_SOURCE_DIR}/${dir} ${stem}.proto
        DEPENDS ${CMAKE_SOURCE_DIR}/${dir}/${proto} VERBATIM)
    set_source_files_properties(${out}/${stem}.pb-c.c PROPERTIES COMPILE_OPTIONS "-w")
    target_sources(${target} PRIVATE ${out}/${stem}.pb-c.c)
    target_include_directories(${target} SYSTEM PUBLIC ${out})
    target_link_libraries(${target} PUBLIC PkgConfig::PROTOBUF_C)
    # Users of the layer include the generated header, so it must exist before they compile.
    add_custom_target(${target}_proto DEPENDS ${out}/${stem}.pb-c.h)
    add_dependencies(${target} ${target}_proto)
endfunction()
