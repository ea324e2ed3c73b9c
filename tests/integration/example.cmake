# The example as a newcomer meets it; needs both XMPP servers and says so where they are missing.
add_test(NAME example_solar_cooperative
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/example_test.sh ${CMAKE_BINARY_DIR})
set_tests_properties(example_solar_cooperative PROPERTIES
    LABELS integration TIMEOUT 240 SKIP_RETURN_CODE 77)

# Sanitizers take memory of their own.
set(most_megabytes 8)
if(COURANT_SANITIZE)
    set(most_megabytes 500)
endif()
add_test(NAME example_senml_stream
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/senml_stream_test.sh
        $<TARGET_FILE:senml-summary> ${most_megabytes})
set_tests_properties(example_senml_stream PROPERTIES LABELS integration TIMEOUT 120)
