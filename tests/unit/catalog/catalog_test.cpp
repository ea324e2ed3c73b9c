#include "proxy-core/catalog/catalog.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

using namespace courant;

namespace {

const Jid coop = Jid::parse("bmhs@coop.example").value();
const Jid other = Jid::parse("dash@analyst.example").value();
const std::string prefix = "zabbix@lorient.example/school@lorient.example/";

Time day(int number) {
    return senml::from_unix_seconds(1'780'000'000 + std::int64_t{86'400} * number);
}

/// The book in memory.
class Book : public SeriesBook {
  public:
    std::optional<SeriesSeen> find(std::string_view name) override {
        const auto found = all_.find(std::string(name));
        return found == all_.end() ? std::nullopt : std::optional(found->second);
    }
    std::vector<SeriesSeen> page(std::string_view after, std::int64_t most) override {
        std::vector<SeriesSeen> page;
        for (auto at = all_.upper_bound(std::string(after)); at != all_.end() && most-- > 0; ++at) {
            page.push_back(at->second);
            ++looked_at;
        }
        return page;
    }
    void put(const SeriesSeen& series) override { all_.insert_or_assign(series.name, series); }
    bool forget(std::string_view name) override { return all_.erase(std::string(name)) > 0; }
    void has(const std::string& name) {
        put({.name = name,
             .unit = "W",
             .kind = senml::Kind::number,
             .first = day(1),
             .last = day(2),
             .readings = 9,
             .latest = {{day(2), 1234.5}, {day(1), 0.0567}}});
    }
    int looked_at = 0;

  private:
    std::map<std::string, SeriesSeen> all_;
};

Grant grant_for(const Jid& peer, std::string series, std::string id = "G") {
    Grant grant;
    grant.id = std::move(id);
    grant.subject = "*";
    grant.series = std::move(series);
    grant.peer = peer;
    grant.purpose = "monitoring";
    grant.retain = "P1Y";
    grant.from = day(0);
    grant.until = day(100);
    return grant;
}

SeriesDescription offered(std::string series, Offered to) {
    SeriesDescription described;
    described.series = std::move(series);
    described.offer.to = to;
    return described;
}

struct Town {
    Town() {
        for (const char* series : {"a/power", "b/power", "c/power", "d/index", "e/power"})
            book.has(prefix + series);
    }
    CatalogView view(CatalogAsker standing = CatalogAsker::peer, const Jid& asker = coop,
                     Time now = day(5)) const {
        return {std::make_shared<CatalogRules>(rules), asker, standing, grants, objections, now};
    }
    CatalogPage ask(CatalogQuestion question = {}, CatalogAsker standing = CatalogAsker::peer,
                    const Jid& asker = coop, Time now = day(5)) {
        CatalogSearch search(view(standing, asker, now), std::move(question));
        while (search.look(book, 2)) continue;
        return search.found();
    }
    std::vector<std::string> names(CatalogQuestion question = {},
                                   CatalogAsker standing = CatalogAsker::peer,
                                   const Jid& asker = coop, Time now = day(5)) {
        std::vector<std::string> names;
        for (const auto& entry : ask(std::move(question), standing, asker, now).entries)
            names.push_back(entry.series.starts_with(prefix) ? entry.series.substr(prefix.size())
                                                             : entry.series);
        return names;
    }

    Book book;
    CatalogRules rules;
    std::vector<Grant> grants;
    std::vector<Objection> objections;
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a series is shown where a grant that is valid now covers it, and to nobody else") {
    Town town;
    CHECK(town.names().empty());
    town.grants = {grant_for(coop, prefix + "*/power"), grant_for(other, "*", "H")};
    CHECK(town.names() == Names{"a/power", "b/power", "c/power", "e/power"});
    CHECK(town.names({}, CatalogAsker::stranger).empty());
    CHECK(town.names({}, CatalogAsker::peer, coop, day(-1)).empty());
    CHECK(town.names({}, CatalogAsker::peer, coop, day(100)).empty());
    town.grants[0].state = GrantState::limited;
    CHECK(town.names().empty());
}

TEST_CASE(
    "R4.1: of who objects, nothing is shown, neither under a grant for many nor as an offer") {
    Town town;
    town.grants = {grant_for(coop, prefix + "*/power")};
    town.rules.series = {offered("*/index", Offered::everyone)};
    CHECK(town.names().size() == 5);
    town.objections = {
        {.subject = "school@lorient.example", .reason = {}, .since = day(1), .until = day(9)}};
    CHECK(town.names().empty());
    CHECK(town.names({}, CatalogAsker::peer, coop, day(9)).size() == 5);
    // A grant for the subject alone has a state of its own.
    town.grants[0].subject = "school@lorient.example";
    CHECK(town.names().size() == 4);
}

TEST_CASE("what is offered is shown without a grant, to whom it is offered") {
    Town town;
    town.rules.series = {offered("*/a/*", Offered::granted), offered("*/power", Offered::peers),
                         offered("*/index", Offered::everyone)};
    CHECK(town.names() == Names{"b/power", "c/power", "d/index", "e/power"});
    CHECK(town.names({}, CatalogAsker::stranger) == Names{"d/index"});
    CHECK_FALSE(town.ask().entries[0].grant);
    CHECK(town.rules.has_open_data());
}

TEST_CASE("an entry says what there is, and whether it can be had") {
    Town town;
    Grant grant = grant_for(coop, "*");
    grant.history = "P13M";
    grant.resolution = "PT1H";
    town.grants = {grant};
    town.rules.series = {{.series = "*/b/power",
                          .meaning = "mean",
                          .period = "PT10M",
                          .offer = {.title = "Roof",
                                    .licence = "CC-BY-4.0",
                                    .price = "free",
                                    .conditions = "name us",
                                    .to = Offered::granted,
                                    .sample = true}}};
    town.rules.meaning_of_unit = [](std::string_view unit) { return "of " + std::string(unit); };
    const auto page = town.ask();
    REQUIRE(page.entries.size() == 5);
    CHECK(page.entries[0].meaning == "of W");
    CHECK(page.entries[0].sample.empty());
    const CatalogEntry& roof = page.entries[1];
    CHECK(roof == CatalogEntry{.series = prefix + "b/power",
                               .unit = "W",
                               .kind = senml::Kind::number,
                               .title = "Roof",
                               .meaning = "mean",
                               .period = "PT10M",
                               .first = day(1),
                               .last = day(2),
                               .licence = "CC-BY-4.0",
                               .price = "free",
                               .conditions = "name us",
                               .grant = CatalogGrant{.id = "G",
                                                     .purpose = "monitoring",
                                                     .history = "P13M",
                                                     .resolution = "PT1H",
                                                     .until = day(100)},
                               .sample = roof.sample});
}

TEST_CASE("a sample shows what values look like, and nothing of when or of whom") {
    const std::vector<SeenValue> values{{day(2), 1234.5}, {day(1), -0.0567}, {day(3), 0}};
    const Time begin = senml::from_unix_seconds(946'684'800);
    CHECK(anonymous(values) == std::vector<SeenValue>{{begin, -0.057},
                                                      {begin + std::chrono::hours(24), 1200},
                                                      {begin + std::chrono::hours(48), 0}});
    CHECK(anonymous({}).empty());
}

TEST_CASE("pages go through everything once, and a page tells of nothing that is not on one") {
    Town town;
    for (int i = 0; i < 50; ++i) town.book.has(prefix + fmt::format("{:02}/power", i));
    town.grants = {grant_for(coop, prefix + "?/power"), grant_for(coop, "*/e/power", "E"),
                   grant_for(coop, "*/a/*", "A"), grant_for(coop, "*/4*/power", "B")};
    const Names all{"40/power", "41/power", "42/power", "43/power", "44/power", "45/power",
                    "46/power", "47/power", "48/power", "49/power", "a/power",  "e/power"};
    CHECK(town.names() == all);
    for (std::size_t most = 1; most < 14; ++most) {
        CAPTURE(most);
        Names read;
        for (CatalogQuestion question{.most = most};;) {
            const auto page = town.ask(question);
            for (const auto& entry : page.entries)
                read.push_back(entry.series.substr(prefix.size()));
            if (!page.more) break;
            REQUIRE(page.entries.size() == most);
            question.after = page.entries.back().series;
        }
        CHECK(read == all);
    }
}

TEST_CASE("a pattern finds names that fit, without a look at those before and behind them") {
    Town town;
    town.grants = {grant_for(coop, "*")};
    CHECK(town.names({.pattern = "*/index"}) == Names{"d/index"});
    CHECK(town.names({.pattern = prefix + "b/power"}) == Names{"b/power"});
    CHECK(town.names({.pattern = prefix + "c*", .after = prefix + "b/power"}) == Names{"c/power"});
    CHECK(town.names({.pattern = "nothing"}).empty());
    for (int i = 0; i < 100; ++i) town.book.has(prefix + fmt::format("z{}/power", i));
    town.book.looked_at = 0;
    CHECK(town.names({.pattern = prefix + "b/*"}) == Names{"b/power"});
    CHECK(town.book.looked_at <= 4);
}

TEST_CASE("under another name a series is found, ordered and paged by that name alone") {
    Town town;
    Grant grant = grant_for(coop, prefix + "*/power");
    grant.pseudonym = true;
    town.grants = {grant};
    // Who has no other name for it shows nothing rather than the true one.
    CHECK(town.names().empty());
    // Backwards, so that an order by the true names would show.
    town.rules.shown_name = [](const Grant& under, const std::string& name) {
        if (!under.pseudonym) return name;
        return fmt::format("someone/{}", static_cast<char>('a' + 'z' - name[prefix.size()]));
    };
    CHECK(town.names() == Names{"someone/v", "someone/x", "someone/y", "someone/z"});
    CHECK(town.names({.pattern = prefix + "*"}).empty());
    CHECK(town.names({.pattern = "someone/x"}) == Names{"someone/x"});
    CHECK(town.names({.most = 1}) == Names{"someone/v"});
    CHECK(town.names({.after = "someone/x", .most = 1}) == Names{"someone/y"});
    CHECK(town.names({.after = prefix + "d"}).size() == 0);
    CHECK(town.names({.after = "someone/w"}) == Names{"someone/x", "someone/y", "someone/z"});

    SUBCASE("and what is offered to everybody does not tell which one it is") {
        town.rules.series = {offered("*/a/power", Offered::everyone)};
        CHECK(town.names() == Names{"someone/v", "someone/x", "someone/y", "someone/z"});
        CHECK(town.names({}, CatalogAsker::stranger) == Names{"a/power"});
    }
    SUBCASE("and another grant shows it under its own name, too") {
        town.grants.push_back(grant_for(coop, "*/b/power", "B"));
        CHECK(town.names() == Names{"someone/v", "someone/x", "someone/y", "someone/z", "b/power"});
    }
}

TEST_CASE("of several grants for one name the one that reaches further back is told") {
    Town town;
    town.grants = {grant_for(coop, "*", "live"), grant_for(coop, "*", "year"),
                   grant_for(coop, "*", "month")};
    town.grants[1].history = "P1Y";
    town.grants[2].history = "P1M";
    const auto page = town.ask();
    REQUIRE(page.entries.size() == 5);
    CHECK(page.entries[0].grant->id == "year");
}

TEST_CASE("a series that is declared is there before its first reading, and once") {
    Town town;
    town.rules.declared = {prefix + "a/power", prefix + "new/power", "other/power"};
    town.grants = {grant_for(coop, prefix + "*")};
    CHECK(town.names() ==
          Names{"a/power", "b/power", "c/power", "d/index", "e/power", "new/power"});
    const auto page = town.ask();
    CHECK(page.entries.front().first == day(1));
    CHECK_FALSE(page.entries.back().first);
    CHECK(town.names({.most = 2}) == Names{"a/power", "b/power"});
    CHECK(town.names({.after = prefix + "e/power"}) == Names{"new/power"});
}
