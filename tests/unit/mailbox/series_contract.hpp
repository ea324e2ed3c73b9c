// What every store promises of the series that were seen: what is noted adds up, and is read in the
// order of names.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "proxy-core/catalog/series_book.hpp"
#include "tests/unit/mailbox/samples.hpp"

namespace courant::test {
namespace {

Time minute(int number) {
    return senml::from_unix_seconds(1'780'000'000 + std::int64_t{60} * number);
}

// One reading of each minute from the first to the last.
SeriesSeen minutes(std::string name, int first, int last) {
    SeriesSeen seen{.name = std::move(name),
                    .unit = "W",
                    .kind = senml::Kind::number,
                    .first = minute(first),
                    .last = minute(last),
                    .readings = last - first + 1};
    const int most = static_cast<int>(SeriesSeen::most_latest);
    for (int i = std::max(first, last + 1 - most); i <= last; ++i)
        seen.latest.push_back({minute(i), i + 0.1});
    return seen;
}

}  // namespace

TEST_CASE_TEMPLATE_DEFINE("what was seen of series adds up in the store", Home, series_are_kept) {
    Home home;
    const auto store = home.open({});
    const auto book = [&](auto work) { store->commit([&](Mailboxes& m) { work(m.series()); }); };

    SUBCASE("it is read as it was noted, and more of it adds to it") {
        book([](SeriesBook& b) { b.note(minutes("roof", 1, 2)); });
        book([](SeriesBook& b) {
            CHECK(b.find("roof") == minutes("roof", 1, 2));
            b.note(minutes("roof", 3, 9));
        });
        book([](SeriesBook& b) {
            CHECK(b.find("roof") == minutes("roof", 1, 9));
            CHECK_FALSE(b.find("Roof"));
        });
    }
    SUBCASE("what comes late and is old widens the range, and says nothing of today") {
        book([](SeriesBook& b) {
            b.note(minutes("roof", 5, 6));
            SeriesSeen old = minutes("roof", 1, 2);
            old.unit = "kW";
            b.note(old);
        });
        book([](SeriesBook& b) {
            SeriesSeen all = minutes("roof", 5, 6);
            all.first = minute(1);
            all.readings = 4;
            CHECK(b.find("roof") == all);
        });
    }
    SUBCASE("pages follow the bytes of the names, whatever the locale") {
        const std::vector<std::string> names{"A/b", "B", "a", "a/B", "a/b", "z", "é"};
        book([&](SeriesBook& b) {
            for (auto name = names.rbegin(); name != names.rend(); ++name)
                b.note(minutes(*name, 1, 1));
        });
        book([&](SeriesBook& b) {
            std::vector<std::string> read;
            for (std::string after;;) {
                const auto page = b.page(after, 3);
                for (const auto& series : page) read.push_back(series.name);
                if (page.size() < 3) break;
                after = page.back().name;
            }
            CHECK(read == names);
            CHECK(b.page("zz", 9).size() == 1);
        });
    }
    SUBCASE("what is forgotten is gone, its values with it") {
        book([](SeriesBook& b) {
            b.note(minutes("roof", 1, 9));
            CHECK(b.forget("roof"));
            CHECK_FALSE(b.forget("roof"));
            b.note(minutes("roof", 11, 11));
        });
        book([](SeriesBook& b) { CHECK(b.find("roof") == minutes("roof", 11, 11)); });
    }
    SUBCASE("every value is read back to its last bit, and texts leave none") {
        SeriesSeen odd = minutes("odd", 1, 1);
        odd.latest = {{minute(-30'000'000), 0.1}, {minute(1), -1.7976931348623157e308}};
        SeriesSeen texts = minutes("texts", 1, 1);
        texts.kind = senml::Kind::text;
        texts.unit.clear();
        texts.latest.clear();
        book([&](SeriesBook& b) {
            b.note(odd);
            b.note(texts);
        });
        book([&](SeriesBook& b) {
            CHECK(b.find("odd") == odd);
            CHECK(b.find("texts") == texts);
        });
    }
}

}  // namespace courant::test
