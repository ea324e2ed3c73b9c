#include "tests/scenarios/path.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace courant;
using courant::test::Path;

TEST_CASE("a path fits what it describes, and nothing else") {
    const auto stanza = read_stanza(
        "<message id='1'><receipt xmlns='urn:courant:0' through='2'><missing from='3' to='4'/>"
        "<missing from='6' to='6'/></receipt></message>");
    REQUIRE(stanza);
    for (const char* path :
         {"/message", "/message[@id]", "/message[@id='1']/receipt", "/message/receipt[missing]",
          "/message/receipt[not(reject)][@through='2']/missing[@from='6'][@to='6']",
          "/message[not(@to)]", "/message[.='']"}) {
        CAPTURE(path);
        CHECK(Path(path).fits(*stanza));
    }
    for (const char* path :
         {"/iq", "/message[@id='2']", "/message/missing", "/message/receipt[not(missing)]",
          "/message/receipt/missing[@from='3'][@to='6']", "/message[not(@id)]",
          "/message/receipt[@through='2']/reject", "/message[.='1']"}) {
        CAPTURE(path);
        CHECK_FALSE(Path(path).fits(*stanza));
    }
}

TEST_CASE("what is no path is an error and not a match") {
    for (const char* text :
         {"", "message", "//message", "/message[", "/message[id='1']", "/message[@id=1]",
          "/message[@id='1]", "/message[.]", "/message/", "/message[position()=1]"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(Path{text}, std::invalid_argument);
    }
}
