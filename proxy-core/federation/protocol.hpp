// The wire protocol, `urn:courant:0`: what two proxies say to each other, as values.
//
// A sender numbers its messages in a lane; the receiver answers with receipts once they are
// durable, and asks for what is missing. This header turns elements into values and values into
// stanzas, and decides nothing: what follows from a receipt is the lane's business. The protocol is
// written down for other implementers in schemas/PROTOCOL.md; its XML schema is
// schemas/courant.xsd.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <variant>
#include <vector>

#include "proxy-core/federation/jid.hpp"
#include "proxy-core/federation/stanza.hpp"
#include "proxy-core/mailbox/message.hpp"

namespace courant {

inline constexpr std::string_view courant_namespace = "urn:courant:0";
inline constexpr std::string_view senml_namespace = "urn:ietf:params:xml:ns:senml";
inline constexpr std::string_view receipts_namespace = "urn:xmpp:receipts";  // XEP-0184
inline constexpr std::string_view client_namespace = "jabber:client";

/// A message of a lane, with its pack in the form in which it came (mailbox/body.hpp).
struct Readings {
    LaneId lane;
    Seq seq = 0;
    Envelope envelope;
    std::string body;
    /// Why the message cannot be used though its number is known; empty if it can.
    std::string fault;
};

/// A message of a lane that is about grants.
struct NoticeMessage {
    LaneId lane;
    Seq seq = 0;
    /// The notice (notice.hpp), written anew.
    std::string body;
    /// Why it cannot be read; empty if it can.
    std::string fault;
};

/// What stands at a number whose message does not go any more.
struct Void {
    LaneId lane;
    Seq seq = 0;
    std::string reason;
};

/// A message, or one record of it, that the receiver does not take.
struct Reject {
    Seq seq = 0;
    std::optional<std::int64_t> record;  ///< 1-based; nothing: the whole message
    std::string reason;

    bool operator==(const Reject&) const = default;
};

/// "Everything through this number is durable here." Cumulative.
struct Receipt {
    LaneId lane;
    Seq through = 0;
    std::optional<Time> at;
    std::vector<std::pair<Seq, Seq>> missing;  ///< please send again: [first, last]
    std::vector<Reject> rejects;
};

/// "This is the number I expect next." Said at every new session.
struct Resume {
    LaneId lane;
    Seq next = 1;
};

/// "From which session do you speak?" Asked of a bare JID, before an iq can be sent.
struct Where {
    std::string id;
};

/// "From this one." The stanza's from= is the answer.
struct Here {
    std::string id;  ///< of the question
};

using Payload = std::variant<Readings, NoticeMessage, Void, Receipt, Resume, Where, Here>;

/// What our part of a message says. Nothing if it holds no element of our namespace; an error for a
/// person if it holds one that breaks the protocol.
tl::expected<std::optional<Payload>, std::string> payload_of(const Element& message);

/// The stanza id of a message of a lane, by which a bounce without payload is recognised.
std::string stanza_id(const LaneId& lane, Seq seq);
/// The lane and number that stanza_id wrote; nothing for other ids.
std::optional<std::pair<LaneId, Seq>> from_stanza_id(std::string_view id);

/// A whole `<message>` with the readings or the notice, or with the void that was left of them.
/// `hops` of the envelope are written as they are: the sender has added itself.
std::string to_stanza(const Message& message);
std::string to_stanza(const Void& gap, const Jid& to);
std::string to_stanza(const Receipt& receipt, const Jid& to);
std::string to_stanza(const Resume& resume, const Jid& to);
/// A headline: no server keeps it for later.
std::string to_stanza(const Where& where, const Jid& to);
std::string to_stanza(const Here& here, const Jid& to);
/// XEP-0184: "your message arrived".
std::string delivery_receipt(std::string_view id, std::string_view to);

/// How many bytes the stanza around a pack takes at most: what splitting must leave room for.
std::size_t stanza_overhead(const Envelope& envelope, const Jid& to);

/// Appends the element that a body is in a stanza: `<sensml>`, or `<pack>` for a compact one.
void append_pack(std::string& out, std::string_view body);
/// How many bytes that element takes.
std::size_t pack_bytes(std::string_view body);

/// "2026-11-20T10:00:00Z", with decimals where there are any (XEP-0082).
std::string to_timestamp(Time time);
/// The same to the second, for what people read.
std::string to_timestamp_for_people(Time time);
/// Nothing if it is no XEP-0082 timestamp.
std::optional<Time> from_timestamp(std::string_view text);
/// The same, and with an offset in place of the Z, without seconds, or a day alone, which begins at
/// 00:00 UTC: what people and other programs write.
std::optional<Time> time_from_people(std::string_view text);

}  // namespace courant
