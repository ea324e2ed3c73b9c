#include "tests/faults/stanza_splitter.hpp"

#include <doctest/doctest.h>

using courant::test::StanzaSplitter;

namespace {

// What a server says to a client, from its first byte.
const std::string stream =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' id='1'>"
    "<stream:features><mechanisms xmlns='a'><mechanism>X</mechanism></mechanisms>"
    "</stream:features><success xmlns='s'>ok</success>"
    "<stream:stream id=\"2\"><iq type='result' id='a&gt;b'/>\n"
    "<message from='x > y'><a><b/>text</a></message><presence/> </stream:stream>";

std::vector<std::string> stanzas(std::size_t slice) {
    StanzaSplitter splitter;
    std::vector<std::string> stanzas;
    std::string whole;
    for (std::size_t at = 0; at < stream.size(); at += slice)
        for (const auto& piece : splitter.feed(std::string_view(stream).substr(at, slice))) {
            whole += piece.text;
            if (piece.stanza) stanzas.push_back(piece.text);
        }
    CHECK(whole == stream);
    return stanzas;
}

}  // namespace

TEST_CASE(
    "a stream comes out in whole stanzas, whatever it is read in, and nothing of it is lost") {
    for (std::size_t slice = 1; slice < 60; ++slice) {
        CAPTURE(slice);
        const auto found = stanzas(slice);
        REQUIRE(found.size() == 5);
        CHECK(found[0].starts_with("<stream:features>"));
        CHECK(found[1] == "<success xmlns='s'>ok</success>");
        CHECK(found[2] == "<iq type='result' id='a&gt;b'/>");
        CHECK(found[3].ends_with("<message from='x > y'><a><b/>text</a></message>"));
        CHECK(found[4] == "<presence/>");
    }
}
