// Other names for subjects: keyed, of their own at each recipient, and lifted only in the open.
#include "proxy-core/access/pseudonym.hpp"

#include <doctest/doctest.h>

#include <SQLiteCpp/Database.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "proxy-core/mailbox/mailboxes.hpp"
#include "tests/support/temp_dir.hpp"

using namespace courant;
using namespace courant::test;

namespace {

const Jid coop = Jid::parse("bmhs@coop.example").value();
const Jid analyst = Jid::parse("dash@analyst.example").value();
const senml::Name power =
    senml::Name::parse("zabbix@lorient.example/kersabiec@maison.example/house-7/power").value();
const Disguise subject_only{.subject = true};
const Disguise with_house{.subject = true, .levels = {1}};

Time day(int number) {
    return senml::from_unix_seconds(1'790'000'000 + 86'400 * number);
}

/// A proxy's two files.
struct Files {
    Files() { ensure_pseudonym_key(files); }
    Pseudonyms open() const { return Pseudonyms(files); }
    senml::Name given(const senml::Name& name, const Jid& to,
                      const Disguise& how = subject_only) const {
        return open().conceal(name, to, how, day(1)).value();
    }
    PseudonymRegister names() const { return PseudonymRegister(files.names); }

    TempDir dir;
    PseudonymFiles files{.key = dir / "pseudonyms.key", .names = dir / "pseudonyms.db"};
};

std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void overwrite(const std::filesystem::path& file, std::string_view text) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

std::filesystem::perms rights(const std::filesystem::path& file) {
    return std::filesystem::status(file).permissions();
}

}  // namespace

TEST_CASE("R6.1: a subject has one name at a recipient, and another one at the next") {
    const Files proxy;
    const auto at_coop = proxy.given(power, coop);
    CHECK(at_coop == proxy.given(power, coop));
    CHECK(at_coop.authority() == power.authority());
    CHECK(at_coop.path() == power.path());
    CHECK(at_coop.subject().starts_with("p-"));
    CHECK(at_coop.subject().size() == 2 + 24);
    CHECK(at_coop.subject_server() == "lorient.example");
    const auto at_analyst = proxy.given(power, analyst);
    CHECK(at_coop.subject() != at_analyst.subject());
    const auto other_series =
        senml::Name::parse("zabbix@lorient.example/kersabiec@maison.example/index").value();
    CHECK(proxy.given(other_series, coop).subject() == at_coop.subject());
}

TEST_CASE("R6.1: without the key nobody can make the names again") {
    const Files one;
    const Files another;
    CHECK(one.given(power, coop) != another.given(power, coop));
    CHECK(text_of(one.files.key) != text_of(another.files.key));
}

TEST_CASE("R6.2: key and register are files of their own that only their owner may read") {
    const Files proxy;
    proxy.given(power, coop);
    using std::filesystem::perms;
    CHECK(rights(proxy.files.key) == (perms::owner_read | perms::owner_write));
    CHECK(rights(proxy.files.names) == (perms::owner_read | perms::owner_write));
}

TEST_CASE("R6.5: levels that tell who it is are hidden, each in its place") {
    const Files proxy;
    const auto given = proxy.given(power, coop, with_house);
    REQUIRE(given.path().size() == 2);
    CHECK(given.path()[0].starts_with("l-"));
    CHECK(given.path()[1] == "power");
    // The same house number at somebody else says nothing.
    const auto neighbour =
        senml::Name::parse("zabbix@lorient.example/legall@maison.example/house-7/power").value();
    CHECK(proxy.given(neighbour, coop, with_house).path()[0] != given.path()[0]);
    const auto short_name =
        senml::Name::parse("zabbix@lorient.example/legall@maison.example/power").value();
    CHECK(proxy.given(short_name, coop, {.subject = true, .levels = {3}}).path() ==
          short_name.path());
}

TEST_CASE("a recipient's name is translated back for it, and for nobody else") {
    const Files proxy;
    const auto given = proxy.given(power, coop, with_house);
    const auto revealed = proxy.names().reveal(given, coop);
    REQUIRE(revealed);
    CHECK(revealed->name == power);
    CHECK(revealed->disguise == with_house);
    CHECK_FALSE(proxy.names().reveal(given, analyst));
    CHECK_FALSE(proxy.names().reveal(power, coop));
    CHECK(proxy.names().reveal(given, Jid::parse("bmhs@coop.example/x").value()));
}

TEST_CASE("names of any spelling come back as they were") {
    const Files proxy;
    for (const std::string text :
         {"a@b/c d@e.example/x y/z", "a@b/\xC3\xA9t\xC3\xA9@e.example/na\xC3\xAFve/1:2"}) {
        const auto name = senml::Name::parse(text);
        REQUIRE(name);
        const auto given = proxy.given(*name, coop, with_house);
        CHECK(proxy.names().reveal(given, coop)->name == *name);
    }
}

TEST_CASE("R6.2: who looks up who it is, when and why is written down, found or not") {
    const Files proxy;
    const auto given = proxy.given(power, coop);
    auto names = proxy.names();
    const auto lifted = names.lift(given.subject(), "anne", "complaint 12", day(3));
    REQUIRE(lifted);
    CHECK(lifted->subject == "kersabiec@maison.example");
    CHECK(lifted->recipient == coop);
    CHECK(lifted->since == day(1));
    CHECK_FALSE(names.lift("p-nobody", "anne", "curious", day(4)));
    const auto written = proxy.names().liftings();
    REQUIRE(written.size() == 2);
    CHECK(written[0].who == "anne");
    CHECK(written[0].reason == "complaint 12");
    CHECK(written[0].at == day(3));
    CHECK(written[0].found);
    CHECK_FALSE(written[1].found);
}

TEST_CASE("a pseudonym that is somebody else's already is given to nobody") {
    const Files proxy;
    const auto given = proxy.given(power, coop);
    {
        SQLite::Database register_file(proxy.files.names.string(), SQLite::OPEN_READWRITE);
        register_file.exec("UPDATE names SET subject = 'legall@maison.example'");
    }
    const auto refused = proxy.open().conceal(power, coop, subject_only, day(2));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().find(given.subject()) != std::string::npos);
}

TEST_CASE("R6.3: a key that is lost is never replaced in silence") {
    const Files proxy;
    const auto before = proxy.given(power, coop);
    std::filesystem::remove(proxy.files.key);
    CHECK_THROWS_WITH_AS(ensure_pseudonym_key(proxy.files), doctest::Contains("Restore the key"),
                         StoreError);
    CHECK_THROWS_WITH_AS(proxy.open(), doctest::Contains("no key"), StoreError);
    overwrite(proxy.files.key, "secret\n");
    CHECK_THROWS_WITH_AS(proxy.open(), doctest::Contains("is no key"), StoreError);
}

TEST_CASE(
    "R6.3: a new key means new names; the old ones stay liftable, and that it came is known") {
    const Files proxy;
    const auto before = proxy.given(power, coop);
    replace_pseudonym_key(proxy.files, "anne", "yearly", day(9));
    CHECK(proxy.given(power, coop).subject() != before.subject());
    CHECK(proxy.names().reveal(before, coop)->name == power);
    CHECK(proxy.names().liftings().back().reason == "yearly");
    using std::filesystem::perms;
    CHECK(rights(proxy.files.key) == (perms::owner_read | perms::owner_write));
}

TEST_CASE("R3.6: who is forgotten is not in the register any more, not even in its empty pages") {
    const Files proxy;
    const auto given = proxy.given(power, coop, with_house);
    CHECK(proxy.names().names_of("kersabiec@maison.example").size() == 1);
    CHECK(text_of(proxy.files.names).find("kersabiec") != std::string::npos);
    CHECK(proxy.names().forget("kersabiec@maison.example") == 2);
    CHECK_FALSE(proxy.names().reveal(given, coop));
    CHECK(text_of(proxy.files.names).find("kersabiec") == std::string::npos);
}

TEST_CASE("levels are read as people and as grants write them") {
    CHECK(hidden_levels_from("3,1") == "1 3");
    CHECK(hidden_levels_from("1 3") == "1 3");
    for (const std::string_view wrong : {"", "0", "1,,2", "a", "1;2", "-1"})
        CHECK_FALSE(hidden_levels_from(wrong));
    Grant grant;
    grant.pseudonym = true;
    grant.hidden = "1 3";
    CHECK(disguise_of(grant) == Disguise{.subject = true, .levels = {1, 3}});
    CHECK(disguise_of(Grant{}).none());
}
