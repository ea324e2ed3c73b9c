// Which peers get packed packs: those that say they understand them (XEP-0030, the feature
// `urn:courant:0#packed`).
//
// Service discovery asks a full JID, and a peer's is known once it has spoken: with its first
// receipt or resume of a session it is asked, and until it has answered it gets XML. What it
// answered counts for our session and until the peer begins one of its own, because behind the same
// address another program may come back. Across sessions the store remembers the answer, not to
// send packed packs to somebody who no longer reads them, but to wait for the new answer with one
// message at a time instead of a window of XML.
//
// A peer may have several sessions at once (workers of one organisation): a message to its bare JID
// can reach any of them, so one that does not understand packed packs speaks for all.
//
// Thread: belongs to the federation thread. Time is passed in, never read.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "proxy-core/federation/jid.hpp"
#include "proxy-core/federation/lane.hpp"
#include "proxy-core/federation/stanza.hpp"
#include "proxy-core/mailbox/body.hpp"
#include "proxy-core/mailbox/message.hpp"

namespace courant {

inline constexpr std::string_view disco_info = "http://jabber.org/protocol/disco#info";
inline constexpr std::string_view disco_items = "http://jabber.org/protocol/disco#items";
inline constexpr std::string_view result_set = "http://jabber.org/protocol/rsm";  // XEP-0059
inline constexpr std::string_view packed_feature = "urn:courant:0#packed";

/// What we know of our peers' features.
class PeerFeatures {
  public:
    /// What a peer has answered.
    struct Answer {
        Jid peer;  ///< bare
        bool packed = false;
    };

    explicit PeerFeatures(Encodings ours) : ours_(ours) {}

    /// What the operator wants of this peer, and what the store remembers of it.
    void remember(const Peer& peer);
    /// A session of ours began: everybody is asked again.
    void session_began();

    /// A peer spoke, from a session of this full JID. The question to be sent, if it is time for
    /// one.
    std::optional<std::string> heard(const Jid& from, Instant now);
    /// The peer said that a session of its begins: what it answered before no longer counts.
    void resumed(const Jid& from);
    /// Takes an `<iq>` that may be an answer; what it says that the store does not remember yet.
    std::optional<Answer> answered(const Element& iq);

    /// Whether this peer gets packed packs now.
    bool packed(const Jid& peer) const;
    /// Whether it got them last time and has not said yet that it still does: then it is not worth
    /// sending it more than one message.
    bool unsure(const Jid& peer, Instant now) const;

  private:
    /// One session of a peer: asked, and what it said.
    struct Session {
        enum class Word { awaited, packed, xml, none } word = Word::awaited;
        std::string id;
        Instant asked_at;
    };
    struct Known {
        bool xml_only = false;
        std::optional<bool> remembered = {};
        std::map<Jid, Session> sessions = {};
    };
    bool may_pack(const Known& known) const {
        return ours_ == Encodings::xml_and_packed && !known.xml_only;
    }

    Encodings ours_;
    std::map<Jid, Known> peers_;  ///< by bare JID
    std::uint64_t questions_ = 0;
};

}  // namespace courant
