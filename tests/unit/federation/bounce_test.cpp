#include "proxy-core/federation/bounce.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace courant;

namespace {

BounceReason reason(std::string_view type, std::string_view content) {
    const auto message =
        read_stanza(fmt::format("<message xmlns='jabber:client' type='error' id='L.1'><error "
                                "type='{}'>{}</error></message>",
                                type, content));
    REQUIRE(message);
    return bounce_reason(*message);
}

std::string condition(std::string_view name) {
    return fmt::format("<{} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>", name);
}

}  // namespace

TEST_CASE("a server or an account that is away comes back, whatever type the error has") {
    for (const auto* name : {"remote-server-not-found", "remote-server-timeout",
                             "service-unavailable", "recipient-unavailable", "resource-constraint",
                             "internal-server-error", "something-of-tomorrow"})
        for (const auto* type : {"cancel", "wait"}) {
            CAPTURE(name);
            CHECK(reason(type, condition(name)).kind == Bounce::passing);
        }
}

TEST_CASE("what somebody has to change lasts, unless the error itself says that it passes") {
    for (const auto* name : {"forbidden", "item-not-found", "not-allowed", "policy-violation"}) {
        CAPTURE(name);
        CHECK(reason("auth", condition(name)).kind == Bounce::lasting);
        CHECK(reason("wait", condition(name)).kind == Bounce::passing);
    }
}

TEST_CASE("the reason is a sentence, with the server's own words") {
    CHECK(reason("cancel", condition("remote-server-not-found") +
                               "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>refused</text>")
              .text == "it came back as remote-server-not-found: refused");
    CHECK(reason("cancel", "").text == "it came back");
    CHECK(reason("cancel", "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>" +
                               std::string(5'000, 'x') + "</text>")
              .text.size() == 1024);
}
