# The tests again where the decimal point is a comma: fr_FR.UTF-8, which few machines have, is built
# into the build folder first.

# courant_comma_test(unit_senml)  makes a ctest unit_senml_comma
function(courant_comma_test name)
    add_test(NAME ${name}_comma COMMAND ${name})
    get_test_property(${name} TIMEOUT timeout)
    set_tests_properties(${name}_comma PROPERTIES
        TIMEOUT ${timeout} FIXTURES_REQUIRED comma_locale
        ENVIRONMENT "LOCPATH=${CMAKE_BINARY_DIR}/locale;COURANT_TEST_LOCALE=fr_FR.UTF-8")
endfunction()

add_test(NAME comma_locale
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/build_locale.sh ${CMAKE_BINARY_DIR}/locale fr_FR UTF-8)
set_tests_properties(comma_locale PROPERTIES FIXTURES_SETUP comma_locale)
