find_package(nlohmann_json REQUIRED)

courant_test(integration_zabbix
    SOURCES ${CMAKE_CURRENT_LIST_DIR}/zabbix_test.cpp
            ${CMAKE_CURRENT_LIST_DIR}/../support/zabbix/zabbix_server.cpp
    LINK courant_test_support courant::adapter_zabbix courant::senml nlohmann_json::nlohmann_json fmt::fmt
    LABELS integration
    TIMEOUT 300)
target_compile_definitions(integration_zabbix
    PRIVATE COURANT_ZABBIX_SCRIPTS="${CMAKE_CURRENT_LIST_DIR}/../support/zabbix")
