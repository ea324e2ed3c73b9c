#include "proxy-core/catalog/catalog_element.hpp"

#include <doctest/doctest.h>

using namespace courant;

namespace {

Time second(int number) {
    return senml::from_unix_seconds(1'780'000'000 + number);
}

CatalogEntry everything(std::string name) {
    return {.series = std::move(name),
            .unit = "W",
            .kind = senml::Kind::number,
            .title = "the <roof> & 'more'",
            .meaning = "mean",
            .period = "PT10M",
            .first = second(1),
            .last = second(2),
            .licence = "CC-BY-4.0",
            .price = "free",
            .conditions = "name us",
            .grant = CatalogGrant{.id = "G",
                                  .purpose = "monitoring",
                                  .history = "P13M",
                                  .resolution = "PT1H",
                                  .until = second(9)},
            .sample = {{second(0), 1200}, {second(60), 0.057}}};
}

CatalogPage read(const std::string& xml) {
    const auto element = read_stanza(xml);
    REQUIRE(element);
    const auto page = catalog_in(*element);
    REQUIRE(page);
    return *page;
}

std::string fault(const std::string& inside) {
    const auto element = read_stanza("<catalog xmlns='urn:courant:0' " + inside);
    REQUIRE(element);
    const auto page = catalog_in(*element);
    return page ? "" : page.error();
}

}  // namespace

TEST_CASE("a page is read as it was written, with everything and with nothing") {
    const CatalogPage page{{everything("a/b"), {.series = "c"}}, true};
    const auto back = read(catalog_element(page, 10'000));
    CHECK(back.entries == page.entries);
    CHECK(back.more);
    CHECK_FALSE(read(catalog_element({page.entries, false}, 10'000)).more);
    CHECK(read(catalog_element({}, 10'000)).entries.empty());
}

TEST_CASE("what does not fit into a stanza is left to the next page") {
    CatalogPage page;
    for (const char* name : {"a", "b", "c"}) page.entries.push_back(everything(name));
    const auto one = catalog_element({{everything("a")}, false}, 10'000).size();
    const auto two = read(catalog_element(page, one * 2));
    CHECK(two.entries.size() == 2);
    CHECK(two.more);
    CHECK(read(catalog_element(page, 1)).entries.size() == 1);
    CHECK_FALSE(read(catalog_element(page, one * 4)).more);
}

TEST_CASE("a peer's page that goes round in circles, or is none, is refused") {
    CHECK(fault("><series name='a'/></catalog>").empty());
    CHECK(fault("next='a'><series name='a'/></catalog>").empty());
    CHECK_FALSE(fault("next='b'><series name='a'/></catalog>").empty());
    CHECK_FALSE(fault("next='a'/>").empty());
    CHECK_FALSE(fault("><series title='a'/></catalog>").empty());
}

TEST_CASE("what a peer says is bounded, and what cannot be is left out") {
    const auto page = read(
        "<catalog xmlns='urn:courant:0'><series name='a' from='yesterday' kind='secret' title='" +
        std::string(5'000, 'x') +
        "'><sensml xmlns='urn:ietf:params:xml:ns:senml'><senml n='a' v='what'/></sensml>"
        "</series><other name='b'/></catalog>");
    REQUIRE(page.entries.size() == 1);
    CHECK(page.entries[0].title.size() == 1'024);
    CHECK_FALSE(page.entries[0].first);
    CHECK(page.entries[0].kind == senml::Kind::none);
    CHECK(page.entries[0].sample.empty());
}
