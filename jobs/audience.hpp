// Who gets which series: the subscriptions that a grant allows, made ready to be asked by name.
//
// What is not allowed at that moment is not there: a grant that has not begun, has ended or is not
// active, a peer that is suspended or whose agreement is over. One that ends takes nothing from
// the others. Nor is a subject that objected, where a grant is for many. An audience says until
// when it is true, and whoever keeps it has it made anew then.
//
// Most subscriptions name one series; those are found by its name. Patterns have to be tried one by
// one, which is done once for each name and then remembered, so that a reading costs the same
// whether there are ten subscriptions or ten thousand.
//
// Thread: an Audience never changes, and may be shared. A RememberedAudience belongs to one thread,
// a CurrentAudience to the store's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "proxy-core/access/access_book.hpp"
#include "proxy-core/access/pseudonym.hpp"
#include "proxy-core/access/subject_book.hpp"
#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant {

/// All that readings of one message have in common.
struct Destination {
    Jid peer;
    std::string retain;
    std::string grant;
    /// What goes of them, at most what the grant lets go.
    Shape shape = {};
    auto operator<=>(const Destination&) const = default;
};

/// Subscriptions at one moment.
class Audience {
  public:
    /// Destinations as their places in `destinations`, in rising order.
    using Seats = std::vector<std::uint32_t>;

    /// As of `now`. `peers` are those whose terms and wishes are known.
    Audience(std::span<const Subscription> subscriptions, std::span<const Grant> grants,
             std::span<const Peer> peers, Time now, std::span<const Objection> objections = {});

    /// When somebody else is allowed, or somebody no longer; Time::max() if nobody will be.
    Time until() const { return until_; }
    /// All that there are, each once, in order.
    const std::vector<Destination>& destinations() const { return destinations_; }
    /// Who gets the series of that name, in either spelling: each peer once, as its first
    /// subscription that fits says.
    Seats seats(std::string_view name) const;
    /// Under which names a destination, by its place, gets what it gets.
    const Disguise& disguise(std::uint32_t seat) const { return disguises_[seat]; }
    /// What is known of a peer; null for a stranger.
    const Peer* find_peer(const Jid& peer) const;

  private:
    struct Place {
        std::uint32_t destination = 0;
        std::uint32_t peer = 0;
        std::uint32_t grant = 0;  ///< in grants_
    };
    void changes_at(const std::optional<Time>& moment, Time now);

    std::vector<Grant> grants_;
    Time until_ = Time::max();
    std::vector<Destination> destinations_;
    std::vector<Disguise> disguises_;    ///< by destination
    std::vector<Objection> objections_;  ///< those that stand
    Time made_at_ = Time::min();
    std::vector<Place> places_;  ///< by subscription
    std::size_t peer_count_ = 0;
    std::map<Jid, Peer> peers_;
    std::unordered_map<std::string, std::vector<std::uint32_t>>
        exact_;                                                    ///< subscriptions by series
    std::vector<std::pair<std::string, std::uint32_t>> patterns_;  ///< and those that are patterns
};

/// An audience with the names that it was asked for before.
class RememberedAudience {
  public:
    explicit RememberedAudience(std::shared_ptr<const Audience> audience)
        : audience_(std::move(audience)) {}

    const Audience& audience() const { return *audience_; }
    /// As Audience::seats; valid until the next call.
    const Audience::Seats& seats(std::string_view name);

  private:
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    std::shared_ptr<const Audience> audience_;
    std::unordered_map<std::string, Audience::Seats, Hash, std::equal_to<>> seats_;
    std::size_t remembered_ = 0;  ///< bytes, roughly
};

/// The audience as the store has it, made anew when subscriptions have changed; one for all
/// adapters of a program. For works: it is used on the store's thread.
class CurrentAudience {
  public:
    /// Never null; true at `now`.
    std::shared_ptr<const Audience> get(Mailboxes& mailboxes, Time now);

  private:
    std::optional<std::int64_t> revision_;
    Time made_at_ = Time::min();
    std::shared_ptr<const Audience> audience_;
};

}  // namespace courant
