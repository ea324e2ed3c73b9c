// The two commands by which a peer gets itself a subscription, or ends it.
//
//     urn:courant:0#subscribe     series, every, dead_band, heartbeat, quality, retain, grant
//     urn:courant:0#unsubscribe   series
//
// What a grant that is valid covers is put in place at once, no finer than the grant lets it go,
// and the answer says what that is. Anything else waits for the administrator, whether there is
// such a series or not: asking tells nobody what exists. A peer touches nothing but what is its
// own, and what it can make us hold is bounded.
//
// Protocol: schemas/PROTOCOL.md, "Questions".
#pragma once

#include <string>
#include <string_view>

#include "proxy-core/access/shape_book.hpp"
#include "proxy-core/federation/commands.hpp"
#include "proxy-core/mailbox/store_thread.hpp"
#include "proxy-core/observe/log.hpp"

namespace date {
class time_zone;
}

namespace courant {

inline constexpr std::string_view subscribe_node = "urn:courant:0#subscribe";
inline constexpr std::string_view unsubscribe_node = "urn:courant:0#unsubscribe";

/// What a peer asks for.
struct SubscriptionWish {
    Jid peer;
    /// People's spelling.
    std::string series;
    Shape shape = {};
    std::string retain = {};
    /// The grant it means; empty: whichever covers it.
    std::string grant = {};
};

/// What became of it.
struct SubscriptionAnswer {
    enum class Status {
        active,   ///< it stands
        waiting,  ///< for the administrator
        refused,  ///< by the administrator, earlier
        ended     ///< there is none any more
    };
    Status status = Status::ended;
    /// As it stands, or as it was asked for.
    Subscription subscription = {};
    /// For a person.
    std::string note = {};
};
std::string_view to_word(SubscriptionAnswer::Status status);

using SubscriptionOutcome = tl::expected<SubscriptionAnswer, CommandRefusal>;

/// Puts it in place, or keeps it for the administrator. One step of a transaction.
SubscriptionOutcome subscribe(Mailboxes& mailboxes, const SubscriptionWish& wish,
                              const date::time_zone& zone, Time now);
/// Ends what the peer has under exactly this series or pattern, and what it has asked for.
SubscriptionAnswer unsubscribe(Mailboxes& mailboxes, const Jid& peer, std::string_view series);

/// Our commands; the store outlives them. Throws ConfigError where there is no such zone.
Command subscribe_command(StoreThread& store, const Jid& self, const std::string& time_zone,
                          Logger logger);
Command unsubscribe_command(StoreThread& store, const Jid& self, Logger logger);

}  // namespace courant
