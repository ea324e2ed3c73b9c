# Every public member of the SenML library has its line, and Doxygen understands it. The pages are
# left in the build folder: senml-documentation/html/index.html.
add_test(NAME senml_documentation
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/senml_documentation_test.sh ${CMAKE_BINARY_DIR}/senml-documentation ${PROJECT_VERSION}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(senml_documentation PROPERTIES LABELS integration TIMEOUT 120 SKIP_RETURN_CODE 77)
