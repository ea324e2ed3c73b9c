// Open data on a XEP-0060 node: what any XMPP client can subscribe to without knowing us.
//
//     write_publication(m, grant.id, {.node = "school-roof", .licence = "CC-BY-4.0", …});
//     const auto written = written_for_pubsub(message, pack, xml, publication, "lorient.example");
//
// A service (pubsub.lorient.example) is a peer, and a series is published on it like anything else
// that goes to a peer: under a grant, by a subscription, through the outbox. A publication says on
// which node the readings of a grant appear; each message becomes one item there, and the service's
// answer to it is the receipt. The item's id is that of the message, so that one that goes twice
// stays one item.
//
// Protocol: schemas/PROTOCOL.md, "Other dialects".
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "proxy-core/federation/stanza.hpp"
#include "proxy-core/federation/written.hpp"
#include "proxy-core/mailbox/mailboxes.hpp"
#include "senml/pack.hpp"

namespace courant {

/// Where and how the readings of a grant are published.
struct Publication {
    /// The node of the service.
    std::string node;
    /// What is published, in people's spelling.
    std::string series;
    /// Under which licence, an SPDX identifier: "CC-BY-4.0"; empty: none is said.
    std::string licence;

    bool operator==(const Publication&) const = default;
};

/// By grant.
using Publications = std::map<std::string, Publication, std::less<>>;

/// What is published under a grant; nothing if nothing is.
std::optional<Publication> find_publication(Mailboxes& mailboxes, std::string_view grant);
/// Its texts hold no line breaks.
void put_publication(Mailboxes& mailboxes, std::string_view grant, const Publication& publication);
void remove_publication(Mailboxes& mailboxes, std::string_view grant);

/// The stanzas of a message: an item with its pack, which is given both read and as `<sensml>`. A
/// void, or a message without publication, is a ping to our own `server`.
Written written_for_pubsub(const Message& message, const senml::Pack& pack, std::string_view xml,
                           const Publication* publication, std::string_view server);

/// Creates the node: everybody may subscribe and read, only we publish. The id says for which
/// message it is needed.
std::string create_node(const Message& message, const Publication& publication);
/// The message, by the id of a create_node.
std::optional<std::pair<LaneId, Seq>> from_create_id(std::string_view id);

/// What a service says against a message.
enum class PubsubRefusal {
    no_node,  ///< there is none of that name
    message,  ///< this item is not to its taste, and never will be
    other     ///< it cannot, or we may not: for people, or for later
};
PubsubRefusal pubsub_refusal(const Element& iq);
/// Whether it says that there is such a node already.
bool is_conflict(const Element& iq);

}  // namespace courant
