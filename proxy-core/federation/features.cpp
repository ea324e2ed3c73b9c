#include "proxy-core/federation/features.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace courant {
namespace {

// How long an answer may take before the peer counts as one that gives none.
constexpr std::chrono::seconds patience{10};

// A peer that comes back under ever new names is not remembered under all of them.
constexpr std::size_t most_sessions = 32;

bool announces_packed(const Element& iq) {
    const Element* query = iq.child("query", disco_info);
    return query && std::ranges::any_of(query->children, [](const Element& child) {
               return child.name == "feature" && child.attribute("var") == packed_feature;
           });
}

}  // namespace

void PeerFeatures::remember(const Peer& peer) {
    Known& known = peers_[peer.jid];
    known.xml_only = peer.xml_only || peer.dialect != Dialect::courant;
    known.remembered = peer.packed;
}

void PeerFeatures::session_began() {
    for (auto& [jid, known] : peers_) known.sessions.clear();
}

std::optional<std::string> PeerFeatures::heard(const Jid& from, Instant now) {
    Known& known = peers_[from.bare()];
    if (!may_pack(known)) return std::nullopt;
    if (known.sessions.size() >= most_sessions && !known.sessions.contains(from))
        known.sessions.clear();
    const auto [place, is_new] = known.sessions.try_emplace(from);
    if (!is_new) return std::nullopt;
    Session& session = place->second;
    session.asked_at = now;
    session.id = fmt::format("features-{}", ++questions_);
    std::string iq = "<iq type='get'";
    append_attribute(iq, "to", from.to_string());
    append_attribute(iq, "id", session.id);
    iq += "><query";
    append_attribute(iq, "xmlns", disco_info);
    return iq + "/></iq>";
}

void PeerFeatures::resumed(const Jid& from) {
    if (const auto known = peers_.find(from.bare()); known != peers_.end())
        known->second.sessions.clear();
}

std::optional<PeerFeatures::Answer> PeerFeatures::answered(const Element& iq) {
    const auto type = iq.attribute("type");
    const auto from = Jid::parse(iq.attribute("from"));
    if (!from || (type != "result" && type != "error")) return std::nullopt;
    const auto found = peers_.find(from->bare());
    if (found == peers_.end()) return std::nullopt;
    Known& known = found->second;
    const auto session = known.sessions.find(*from);
    if (session == known.sessions.end() || session->second.id != iq.attribute("id"))
        return std::nullopt;
    if (type == "error") {  // gone by now, or it knows no service discovery
        session->second.word = Session::Word::none;
        return std::nullopt;
    }
    const bool packed = announces_packed(iq);
    session->second.word = packed ? Session::Word::packed : Session::Word::xml;
    if (known.remembered == packed) return std::nullopt;
    known.remembered = packed;
    return Answer{from->bare(), packed};
}

bool PeerFeatures::packed(const Jid& peer) const {
    const auto found = peers_.find(peer);
    if (found == peers_.end() || !may_pack(found->second)) return false;
    bool somebody = false;
    for (const auto& [jid, session] : found->second.sessions) {
        if (session.word == Session::Word::xml) return false;
        somebody = somebody || session.word == Session::Word::packed;
    }
    return somebody;
}

bool PeerFeatures::unsure(const Jid& peer, Instant now) const {
    const auto found = peers_.find(peer);
    if (found == peers_.end() || !may_pack(found->second)) return false;
    if (!found->second.remembered.value_or(false)) return false;
    return std::ranges::all_of(found->second.sessions, [&](const auto& entry) {
        const Session& session = entry.second;
        return session.word == Session::Word::awaited && now - session.asked_at < patience;
    });
}

}  // namespace courant
