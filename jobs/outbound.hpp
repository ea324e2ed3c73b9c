// The one door from adapters into the outbox, for sources and feeds alike.
//
// Readings, the source's new cursor and what was refused are committed in one transaction: after a
// crash either all of it is there or none. When put() returns, the readings are durable and the
// federation has been told. The store is asked once: what is known of the subscriptions is kept,
// and the transaction that commits sees whether it is still true. Where the store or the outbox is
// full, the door is shut: put() throws with nothing done, and who extracts comes back later with
// the same readings.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jobs/dispatch.hpp"
#include "jobs/worker.hpp"
#include "proxy-core/catalog/series_tally.hpp"
#include "proxy-core/federation/federation.hpp"
#include "proxy-core/mailbox/store_thread.hpp"
#include "proxy-core/observe/counters.hpp"

namespace courant {

/// Told after a commit which messages the outbox has got, on the store thread: it is brief, passes
/// them on and does not throw.
using OutboxGrew = std::function<void(std::vector<Enqueued>)>;

/// Why so many bytes more may not come in; empty if they may. Asked inside a work of the store.
using Obstacle = std::function<std::string(Mailboxes&, std::int64_t bytes, Time now)>;

/// Told that readings of a series, in people's spelling, are withheld from those who get it only
/// aggregated, because nobody has said what they mean; each time.
using Withheld = std::function<void(std::string_view series, std::int64_t readings)>;

/// The store or the outbox is full: nothing was put, and it is worth another try.
class NoRoom : public StoreError {
  public:
    explicit NoRoom(const std::string& why) : StoreError(why, Retry::worthwhile) {}
};

/// What has to hold where something is put; without them, nothing need.
struct Conditions {
    /// To read the source.
    Right right = {};
    Obstacle obstacle = {};
    Withheld withheld = {};
};

/// Where series are counted as they pass; shared by all adapters of a program.
using SharedTally = std::shared_ptr<SeriesTally>;

/// Puts an adapter's readings into the outbox. Belongs to the adapter's thread.
class Outbound {
  public:
    /// `audience` is shared by all adapters of a program; without a tally nothing is counted.
    Outbound(std::string adapter, DispatchRules rules, StoreThread& store, OutboxGrew outbox_grew,
             Counters& counters,
             std::shared_ptr<CurrentAudience> audience = std::make_shared<CurrentAudience>(),
             Conditions conditions = {}, SharedTally tally = {});

    /// Where the source stands; nothing if nobody has subscribed to anything: then nothing should
    /// be taken from it, for it would be for nobody. Throws NoRoom while nothing more may come in:
    /// then neither.
    std::optional<std::string> cursor_if_anybody_listens(Time now);

    /// Counts for the catalog what `read` brings from where the source stands, and takes nothing:
    /// the cursor stays.
    void look(const std::function<senml::Pack(std::string_view cursor)>& read);

    /// Commits readings, refusals and the cursor, if the source is ours to read. Throws StoreError;
    /// NoRoom where that much has no place.
    void put(const senml::Pack& readings, const std::vector<Refused>& refused,
             const std::string& cursor, Time now);
    /// The same for a feed, which has no cursor: a mark of its own for each put stands in its
    /// place. A put whose mark is there already does nothing, so that one of which nobody knows
    /// whether it happened can be repeated. Whose the feed is was decided when it spoke.
    void put_once(const senml::Pack& readings, const std::vector<Refused>& refused,
                  const std::string& mark, Time now);

  private:
    struct Committed;
    /// A place that moves on (a source's cursor), or the mark of one put (a feed's).
    enum class Place { cursor, mark };
    std::string obstacle(Mailboxes& m, std::int64_t bytes, Time now) const;
    void learn(std::shared_ptr<const Audience> audience);
    void put(const senml::Pack& readings, const std::vector<Refused>& refused, Place kind,
             const std::string& place, Time now);
    Committed commit(const senml::Pack& readings, Dispatch& work, Place kind,
                     const std::string& place, Time now);
    void count(const Dispatch& work, const ShapedDispatch& shaped, std::size_t extracted);
    void tell(std::vector<Outgoing>& messages, std::vector<Enqueued> numbers, Time now);

    std::string adapter_;
    Dispatcher dispatcher_;
    StoreThread& store_;
    OutboxGrew outbox_grew_;
    Counters& counters_;
    std::shared_ptr<CurrentAudience> current_;
    std::shared_ptr<const Audience> audience_;
    std::optional<RememberedAudience> remembered_;
    Conditions conditions_;
    SharedTally tally_;
};

}  // namespace courant
