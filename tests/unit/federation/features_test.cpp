// Who gets packed packs: those that say that they read them, and only as long as they do.
#include "proxy-core/federation/features.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/unit/federation/proxies.hpp"

using namespace courant;
using namespace courant::test;
using namespace std::chrono_literals;

namespace {

const Jid coop = address("bmhs@coop.example");
const Jid first = address("bmhs@coop.example/courant-1");
const Jid second = address("bmhs@coop.example/courant-2");
const Instant now{};

/// The id of a question, which must go to `to`.
std::string id_of(const std::optional<std::string>& question, const Jid& to) {
    REQUIRE(question);
    const auto iq = read_stanza(*question);
    REQUIRE(iq);
    CHECK(iq->name == "iq");
    CHECK(iq->attribute("type") == "get");
    CHECK(iq->attribute("to") == to.to_string());
    CHECK(iq->child("query", disco_info));
    return std::string(iq->attribute("id"));
}

Element answer(const Jid& from, const std::string& id, std::string_view features,
               std::string_view type = "result") {
    const auto iq =
        read_stanza(fmt::format("<iq type='{}' from='{}' id='{}'><query "
                                "xmlns='http://jabber.org/protocol/disco#info'>{}</query></iq>",
                                type, from.to_string(), id, features));
    REQUIRE(iq);
    return *iq;
}

constexpr std::string_view yes =
    "<feature var='urn:courant:0'/><feature var='urn:courant:0#packed'/>";
constexpr std::string_view no = "<feature var='urn:courant:0'/>";

Peer peer(std::optional<bool> packed, bool xml_only = false) {
    return {.jid = coop, .relay = false, .added_at = {}, .xml_only = xml_only, .packed = packed};
}

}  // namespace

TEST_CASE("a peer that has spoken is asked once, and gets packed packs when it has said yes") {
    PeerFeatures features(Encodings::xml_and_packed);
    CHECK_FALSE(features.packed(coop));
    const auto id = id_of(features.heard(first, now), first);
    CHECK_FALSE(features.heard(first, now + 1s));
    CHECK_FALSE(features.packed(coop));
    const auto said = features.answered(answer(first, id, yes));
    REQUIRE(said);
    CHECK(said->peer == coop);
    CHECK(said->packed);
    CHECK(features.packed(coop));
    CHECK_FALSE(features.heard(first, now + 1h));
}

TEST_CASE("a peer without the feature gets XML, and so does one that gives no answer") {
    PeerFeatures features(Encodings::xml_and_packed);
    const auto id = id_of(features.heard(first, now), first);
    const auto said = features.answered(answer(first, id, no));
    REQUIRE(said);
    CHECK_FALSE(said->packed);
    CHECK_FALSE(features.packed(coop));

    PeerFeatures others(Encodings::xml_and_packed);
    const auto other = id_of(others.heard(first, now), first);
    CHECK_FALSE(others.answered(answer(first, other, yes, "error")));
    CHECK_FALSE(others.packed(coop));
}

TEST_CASE("an answer counts from whom it was asked of, under the question's id") {
    PeerFeatures features(Encodings::xml_and_packed);
    const auto id = id_of(features.heard(first, now), first);
    CHECK_FALSE(features.answered(answer(second, id, yes)));
    CHECK_FALSE(features.answered(answer(coop, id, yes)));
    CHECK_FALSE(features.answered(answer(address("eve@evil.example/x"), id, yes)));
    CHECK_FALSE(features.answered(answer(first, "another", yes)));
    CHECK_FALSE(features.answered(answer(first, id, yes, "get")));
    CHECK_FALSE(features.packed(coop));
    CHECK(features.answered(answer(first, id, yes)));
    CHECK(features.packed(coop));
}

TEST_CASE("each session of ours asks anew, and so does a peer that begins one of its own") {
    PeerFeatures features(Encodings::xml_and_packed);
    features.answered(answer(first, id_of(features.heard(first, now), first), yes));
    features.session_began();
    CHECK_FALSE(features.packed(coop));
    features.answered(answer(first, id_of(features.heard(first, now), first), yes));
    CHECK(features.packed(coop));
    // The same address, and perhaps another program behind it.
    features.resumed(second);
    CHECK_FALSE(features.packed(coop));
    const auto said =
        features.answered(answer(second, id_of(features.heard(second, now), second), no));
    REQUIRE(said);
    CHECK_FALSE(said->packed);
    CHECK_FALSE(features.packed(coop));
}

TEST_CASE("of several workers behind one address, one that reads XML only speaks for all") {
    PeerFeatures features(Encodings::xml_and_packed);
    features.answered(answer(first, id_of(features.heard(first, now), first), yes));
    const auto id = id_of(features.heard(second, now), second);
    CHECK(features.packed(coop));  // it is asked while the others go on
    features.answered(answer(second, id, no));
    CHECK_FALSE(features.packed(coop));
}

TEST_CASE("the store is told what changed, and nothing twice") {
    PeerFeatures features(Encodings::xml_and_packed);
    features.remember(peer(true));
    CHECK_FALSE(features.answered(answer(first, id_of(features.heard(first, now), first), yes)));
    CHECK(features.packed(coop));
    features.session_began();
    CHECK(features.answered(answer(first, id_of(features.heard(first, now), first), no)));
}

TEST_CASE("what is remembered makes one message at a time enough, until the peer has answered") {
    PeerFeatures features(Encodings::xml_and_packed);
    CHECK_FALSE(features.unsure(coop, now));
    features.remember(peer(false));
    CHECK_FALSE(features.unsure(coop, now));
    features.remember(peer(true));
    CHECK_FALSE(features.packed(coop));
    CHECK(features.unsure(coop, now));
    const auto id = id_of(features.heard(first, now), first);
    CHECK(features.unsure(coop, now + 9s));
    CHECK_FALSE(features.unsure(coop, now + 10s));  // it gives no answer
    features.answered(answer(first, id, yes));
    CHECK_FALSE(features.unsure(coop, now + 1s));
    CHECK(features.packed(coop));
}

TEST_CASE("a peer that is to get XML is neither asked nor waited for") {
    for (const bool by_peer : {true, false}) {
        PeerFeatures features(by_peer ? Encodings::xml_and_packed : Encodings::xml_only);
        features.remember(peer(true, by_peer));
        CHECK_FALSE(features.heard(first, now));
        CHECK_FALSE(features.unsure(coop, now));
        CHECK_FALSE(features.packed(coop));
    }
    PeerFeatures features(Encodings::xml_and_packed);
    features.answered(answer(first, id_of(features.heard(first, now), first), yes));
    features.remember(peer(true, true));  // the operator has changed their mind
    CHECK_FALSE(features.packed(coop));
    features.remember(peer(true, false));
    CHECK(features.packed(coop));
}

TEST_CASE("a peer under ever new names is asked, and not remembered without end") {
    PeerFeatures features(Encodings::xml_and_packed);
    for (int i = 0; i < 1000; ++i)
        CHECK(features.heard(address(fmt::format("bmhs@coop.example/{}", i)), now));
    CHECK(features.heard(first, now));
}
