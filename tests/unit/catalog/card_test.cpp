#include "proxy-core/catalog/card.hpp"

#include <doctest/doctest.h>

#include "proxy-core/catalog/bounded_text.hpp"

using namespace courant;

namespace {

const Card coop{.name = "Coopérative <énergie>",
                .contact = "data@coop.example",
                .website = "https://coop.example",
                .place = "Lorient, Brittany",
                .latitude = 47.75,
                .longitude = -3.366,
                .code_of_conduct = "2026-1",
                .dpo = "dpo@coop.example",
                .complaint_authority = "CNIL",
                .listed = true};

Card read(const std::string& attributes) {
    const auto element = read_stanza("<organisation xmlns='urn:courant:0' " + attributes + "/>");
    REQUIRE(element);
    return card_in(*element);
}

}  // namespace

TEST_CASE("a card is read as it was written: as an element, and in the store") {
    const auto element = read_stanza(card_element(coop));
    REQUIRE(element);
    CHECK(card_in(*element) == coop);
    const senml::Time at = senml::from_unix_seconds(1'780'000'000);
    const auto back = card_from_json(to_json({coop, at}));
    REQUIRE(back);
    CHECK(back->card == coop);
    CHECK(back->at == at);
    CHECK(card_from_json(to_json({{}, at}))->card.empty());
}

TEST_CASE("what a stranger writes on its card is bounded, and what cannot be is left out") {
    CHECK(read("name='" + std::string(4'000, 'n') + "'").name.size() == longest_card_text);
    for (const char* place : {"latitude='91' longitude='0'", "latitude='nan' longitude='0'",
                              "latitude='1e999' longitude='0'", "latitude='47.1 ' longitude='0'",
                              "latitude='47.1'", "latitude='0' longitude='181'"}) {
        CAPTURE(place);
        CHECK_FALSE(read(place).latitude);
        CHECK_FALSE(read(place).longitude);
    }
    CHECK_FALSE(read("listed='maybe'").listed);
    for (const char* text : {"", "[]", "{}", "{\"at\": 3}", "{\"at\": \"soon\"}", "{\"at"})
        CHECK_FALSE(card_from_json(text));
    CHECK(card_from_json("{\"at\": \"2026-11-20T00:00:00Z\", \"name\": 7}")->card.empty());
}

TEST_CASE("a text is cut where a character ends") {
    CHECK(bounded("énergie", 100) == "énergie");
    CHECK(bounded("énergie", 2) == "é");
    CHECK(bounded("énergie", 1) == "");
    CHECK(bounded("", 0) == "");
}

TEST_CASE("the form of a card says of which kind it is, and nothing that is not said") {
    const Form form = card_form({.name = "Coop"});
    REQUIRE(form.fields.size() == 3);
    CHECK(form.type == Form::Type::result);
    CHECK(form.fields[0].var == "FORM_TYPE");
    CHECK(form.fields[0].type == "hidden");
    CHECK(form.value("FORM_TYPE") == organisation_form);
    CHECK(form.value("name") == "Coop");
    CHECK(form.value("listed") == "false");
}

TEST_CASE("a directory is read as it was written, in pages that fit") {
    const auto jid = [](const char* text) { return Jid::parse(text).value(); };
    DirectoryPage page{{{jid("a@x.example"), coop}, {jid("b@x.example"), {.name = "B"}}}, false};
    const auto read = [](const std::string& xml) { return directory_in(read_stanza(xml).value()); };
    CHECK(read(directory_element(page, 10'000)).organisations == page.organisations);
    CHECK_FALSE(read(directory_element(page, 10'000)).more);
    CHECK(read(directory_element(page, 1)).organisations.size() == 1);
    CHECK(read(directory_element(page, 1)).more);
    CHECK(read("<directory xmlns='urn:courant:0'><organisation name='x'/></directory>")
              .organisations.empty());
}
