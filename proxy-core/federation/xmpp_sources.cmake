# The transports: sessions with real servers over libstrophe, and the network in memory for tests.
find_package(OpenSSL REQUIRED)

target_sources(courant_core PRIVATE
    backoff.cpp
    base64.cpp
    memory_stanza.cpp
    memory_transport.cpp
    server_round.cpp
    xmpp_login.cpp
    xmpp_scram.cpp
    xmpp_session.cpp
    xmpp_stream.cpp
    xmpp_trust.cpp
    xmpp_watchdog.cpp)
target_link_libraries(courant_core PRIVATE OpenSSL::Crypto PkgConfig::strophe)
