# How every target of Courant is compiled: one place for warnings, include root and sanitizers.
#
#   courant_library(senml SOURCES name.cpp … PUBLIC tl::expected PRIVATE …)  -> courant::senml
#   courant_test(unit_senml SOURCES name_test.cpp … LINK courant::senml)      -> a ctest named unit_senml

add_library(courant_flags INTERFACE)
target_include_directories(courant_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(courant_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
    -Wno-restrict  # g++ 12 sees overlaps in std::string that are none (GCC bug 105329)
    $<$<BOOL:${COURANT_WERROR}>:-Werror>)
if(COURANT_SANITIZE)
    target_compile_options(courant_flags INTERFACE -fsanitize=${COURANT_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(courant_flags INTERFACE -fsanitize=${COURANT_SANITIZE})
endif()

function(courant_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    add_library(courant_${name} STATIC ${arg_SOURCES})
    add_library(courant::${name} ALIAS courant_${name})
    target_link_libraries(courant_${name} PUBLIC ${arg_PUBLIC} PRIVATE courant_flags ${arg_PRIVATE})
    target_include_directories(courant_${name} PUBLIC ${CMAKE_SOURCE_DIR})
endfunction()

function(courant_test name)
    cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LINK;LABELS" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE courant_flags courant_test_main ${arg_LINK})
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
endfunction()
