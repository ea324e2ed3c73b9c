#include "proxy-core/federation/jid.hpp"

#include <doctest/doctest.h>

#include <string>

using courant::Jid;

TEST_CASE("a JID is held in normal form: local part and domain in lower case, resource as it is") {
    const auto jid = Jid::parse("Zabbix@Lorient.Example/Courant One");
    REQUIRE(jid);
    CHECK(jid->local() == "zabbix");
    CHECK(jid->domain() == "lorient.example");
    CHECK(jid->resource() == "Courant One");
    CHECK(jid->to_string() == "zabbix@lorient.example/Courant One");
    CHECK(jid->bare().to_string() == "zabbix@lorient.example");
    CHECK(jid->bare() == Jid::parse("zabbix@lorient.example"));
    CHECK(jid->bare() != *jid);
}

TEST_CASE("the first slash begins the resource, whatever follows") {
    CHECK(Jid::parse("a@b.example/c/d@e")->resource() == "c/d@e");
    CHECK(Jid::parse("a@b.example/c/d@e")->domain() == "b.example");
}

TEST_CASE("a domain with its final point is the same domain") {
    CHECK(Jid::parse("a@b.example.") == Jid::parse("a@b.example"));
}

TEST_CASE("letters beyond ASCII are kept as they are") {
    CHECK(Jid::parse("kersabiec-été@lorient.example")->local() == "kersabiec-été");
}

TEST_CASE("what is no JID of an account is refused") {
    for (const char* text :
         {"", "lorient.example", "@lorient.example", "zabbix@", "zabbix@.",
          "zabbix@lorient.example/", "zab bix@lorient.example", "zab'bix@lorient.example",
          "zab&bix@lorient.example", "zab<bix@lorient.example", "zab:bix@lorient.example",
          "a@b@c.example", "zabbix@lor ient.example", "zabbix@lor_ient.example",
          "zabbix@.lorient.example", "zabbix@-lorient.example", "zabbix@lorient..example",
          "zabbix@lorient.example/a\nb"}) {
        CAPTURE(text);
        CHECK_FALSE(Jid::parse(text));
    }
}

TEST_CASE("a part has at most 1023 bytes") {
    const std::string most(1023, 'a');
    CHECK(Jid::parse(most + "@b.example/" + most));
    CHECK_FALSE(Jid::parse(most + "a@b.example"));
    CHECK_FALSE(Jid::parse("a@b.example/" + most + "a"));
}

TEST_CASE("a service has a domain alone, and counts only where one may be named") {
    const auto service = Jid::parse_any("Pubsub.Lorient.Example");
    REQUIRE(service);
    CHECK(service->local().empty());
    CHECK(service->to_string() == "pubsub.lorient.example");
    CHECK(service->bare() == *service);
    CHECK_FALSE(Jid::parse("pubsub.lorient.example"));
    CHECK(Jid::parse_any("a@b.example/c") == Jid::parse("a@b.example/c"));
    CHECK_FALSE(Jid::parse_any("@b.example"));
    CHECK_FALSE(Jid::parse_any(""));
}
