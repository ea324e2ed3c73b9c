// The one door from adapters into the outbox, for sources and feeds alike.
//
// Readings, the source's new cursor and what was refused are committed in one transaction: after a
// crash either all of it is there or none. When put() returns, the readings are durable and the
// federation has been told. Where the store or the outbox is full, the door is shut: put() throws
// with nothing done, and who extracts comes back later with the same readings.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "jobs/dispatch.hpp"
#include "proxy-core/federation/federation.hpp"
#include "proxy-core/mailbox/store_thread.hpp"
#include "proxy-core/observe/counters.hpp"

namespace courant {

/// Told after a commit which messages the outbox has got.
using OutboxGrew = std::function<void(std::vector<Enqueued>)>;

/// Why so many bytes more may not come in; empty if they may. Asked inside a work of the store.
using Obstacle = std::function<std::string(Mailboxes&, std::int64_t bytes, Time now)>;

/// The store or the outbox is full: nothing was put, and it is worth another try.
class NoRoom : public StoreError {
  public:
    explicit NoRoom(const std::string& why) : StoreError(why, Retry::worthwhile) {}
};

/// Puts an adapter's readings into the outbox. Belongs to the adapter's thread.
class Outbound {
  public:
    Outbound(std::string adapter, DispatchRules rules, StoreThread& store, OutboxGrew outbox_grew,
             Counters& counters, Obstacle obstacle = {});

    /// Throws NoRoom while nothing more may come in: then nothing should be taken from a source.
    void insist_on_room(Time now);

    /// Whether anybody has subscribed to anything. Without, nothing should be taken from a source:
    /// it would be for nobody.
    bool anybody_listens();

    /// Commits readings, refusals and, where given, the cursor. Throws StoreError; NoRoom where
    /// that much has no place.
    void put(const senml::Pack& readings, const std::vector<Refused>& refused,
             const std::optional<std::string>& cursor, Time now);

  private:
    std::string adapter_;
    DispatchRules rules_;
    StoreThread& store_;
    OutboxGrew outbox_grew_;
    Counters& counters_;
    Obstacle obstacle_;
};

}  // namespace courant
