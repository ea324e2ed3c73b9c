#include <doctest/doctest.h>

#include <random>
#include <string>

#include "senml/detail/text.hpp"
#include "senml/name.hpp"

using courant::senml::Name;

namespace {

constexpr std::string_view people = "zabbix@lorient.example/kersabiec@lorient.example/pv/power";
constexpr std::string_view senml = "zabbix:lorient.example/kersabiec:lorient.example/pv/power";

std::string fault(std::string_view text) {
    const auto name = Name::parse(text);
    return name ? "accepted" : name.error().what;
}

}  // namespace

TEST_CASE("102 a name has five parts, from either spelling, and is written back byte for byte") {
    for (const auto spelling : {people, senml}) {
        const auto name = Name::parse(spelling);
        REQUIRE(name);
        CHECK(name->app() == "zabbix");
        CHECK(name->app_server() == "lorient.example");
        CHECK(name->authority() == "zabbix@lorient.example");
        CHECK(name->subject() == "kersabiec");
        CHECK(name->subject_server() == "lorient.example");
        CHECK(name->path() == std::vector<std::string>{"pv", "power"});
        CHECK(name->people() == people);
        CHECK(name->senml() == senml);
    }
}

TEST_CASE("102 a name without one of its parts is refused, and the part is named") {
    CHECK(fault("") == "the name is empty");
    CHECK(fault("sen1.example/u@b/x").starts_with("the app has no server"));
    CHECK(fault("a@s/user/x").starts_with("the subject has no server"));
    CHECK(fault("a@s").starts_with("the subject is missing"));
    CHECK(fault("a@s/b@t") == "there is no level after the subject");
    CHECK(fault("a@s/b@t/") == "level 1 is empty");
    CHECK(fault("a@s/b@t//x") == "level 1 is empty");
    CHECK(fault("a@s/b@t/x/") == "level 2 is empty");
    CHECK(fault("@s/b@t/x") == "the app's local part is empty");
    CHECK(fault("a@/b@t/x") == "the app's server is empty");
    CHECK(fault("a@s/@t/x") == "the subject's local part is empty");
    CHECK(fault("a@s/b@/x") == "the subject's server is empty");
    CHECK(fault("a@s@z/b@t/x").starts_with("the app's server is no domain"));
    CHECK(fault("/a@s/b@t/x") == "the app is empty");
    CHECK(fault("a:s/b:/x") == "the subject's server is empty");
    CHECK(fault("a:s/:t/x") == "the subject's local part is empty");
    CHECK(fault("a@s..t/b@t/x").starts_with("the app's server is no domain"));
    CHECK(fault("a@s/b@énergie.example/x").starts_with("the subject's server is no domain"));
}

TEST_CASE("foreign names are no federated names") {
    CHECK(fault("urn:dev:prm:30001610071843_consumption/power/active/raw") != "accepted");
    CHECK(fault("urn:dev:ow:10e2073a01080063") != "accepted");
    CHECK(fault("http://example.org/a/b") != "accepted");
}

TEST_CASE("103 what SenML's alphabet lacks is escaped, and nothing is lost") {
    const auto name = Name::parse("app@s/Léa+1@t/salle de bain/a:b/100%/x_y-z.1");
    REQUIRE(name);
    CHECK(name->senml() == "app:s/L:C3:A9a:2B1:t/salle:20de:20bain/a:3Ab/100:25/x_y-z.1");
    CHECK(name->subject() == "Léa+1");
    CHECK(name->path()[1] == "a:b");
    CHECK(Name::parse(name->senml()) == name);
    CHECK(Name::parse(name->people()) == name);
    CHECK(name->people() == "app@s/Léa+1@t/salle de bain/a:b/100%/x_y-z.1");
}

TEST_CASE("a separator inside a part is escaped in both spellings") {
    const auto name = Name::parse("app:s/lea:40mail.example:t/a:2Fb:3A20/x@y:40");
    CHECK_FALSE(name);  // a raw '@' is not SenML spelling
    const auto escaped = Name::parse("app:s/lea:40mail.example:t/a:2Fb:3A20");
    REQUIRE(escaped);
    CHECK(escaped->subject() == "lea@mail.example");
    CHECK(escaped->path()[0] == "a/b:20");
    CHECK(escaped->people() == "app@s/lea:40mail.example@t/a:2Fb:3A20");
    CHECK(Name::parse(escaped->people()) == escaped);
}

TEST_CASE("in SenML spelling a colon in a level stands before two upper-case hex digits") {
    CHECK(fault("a:s/b:t/x:y").starts_with("level 1 has a ':'"));
    CHECK(fault("a:s/b:t/x:2f").starts_with("level 1 has a ':'"));
    CHECK(fault("a:s/b:t/x:2").starts_with("level 1 has a ':'"));
    CHECK(fault("a:s/b:t/x y").starts_with("level 1 has a character"));
    CHECK(fault("a:s/b:t/:FF") == "level 1 is not UTF-8");
    CHECK(fault("a@s/b@t/\xC3") == "the name is not UTF-8");
}

TEST_CASE("domains and the app are lower-cased, subjects and levels are not") {
    const auto name = Name::parse("ZabBix@Lorient.Example/KerSabiec@T.Example/PV/Power");
    REQUIRE(name);
    CHECK(name->people() == "zabbix@lorient.example/KerSabiec@t.example/PV/Power");
}

TEST_CASE("an app that begins with neither letter nor digit has no SenML spelling and is refused") {
    CHECK(fault("_app@s/_b@t/-x").starts_with("the app's local part must begin"));
    const auto name = Name::parse("app@s/_b@t/-x");
    REQUIRE(name);
    CHECK(name->senml() == "app:s/_b:t/-x");
}

TEST_CASE("a name is at most 512 bytes long in SenML spelling") {
    const std::string start = "a@s/b@t/";
    CHECK(Name::parse(start + std::string(512 - start.size(), 'x')));
    CHECK(fault(start + std::string(513 - start.size(), 'x')).find("513 bytes") !=
          std::string::npos);
    CHECK(fault(start + std::string(200, ' ')).find("608 bytes") != std::string::npos);
}

TEST_CASE("any name survives both spellings") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    constexpr std::string_view odd =
        "aZ09:/@ ._-%\"\\\x01\x7F"
        "ACF:2:3A";
    const auto part = [&] {
        std::string text(1, 'a');
        for (auto left = random() % 9; left > 0; --left) {
            if (random() % 8 == 0) {
                courant::senml::detail::append_utf8(
                    text, 0x80 + static_cast<std::uint32_t>(random() % 0x700));
            } else {
                text += odd[random() % odd.size()];
            }
        }
        return text;
    };
    const auto escaped = [](std::string_view text) {
        constexpr std::string_view hex = "0123456789ABCDEF";
        std::string out;
        for (const char c : text) {
            out += ':';
            out += hex[static_cast<unsigned char>(c) >> 4];
            out += hex[static_cast<unsigned char>(c) & 15];
        }
        return out;
    };
    for (int round = 0; round < 2000; ++round) {
        const std::string subject = part();
        const std::string level = part();
        const auto name =
            Name::parse("app:s/" + escaped(subject) + ":t/" + escaped(level) + "/end");
        REQUIRE(name);
        CAPTURE(name->people());
        CHECK(name->subject() == subject);
        CHECK(name->path()[0] == level);
        CHECK(Name::parse(name->people()) == name);
        CHECK(Name::parse(name->senml()) == name);
        for (const char c : name->senml()) CHECK(courant::senml::detail::is_name_byte(c));
    }
}
