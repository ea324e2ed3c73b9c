// The housekeeping job: what has been delivered everywhere leaves the inbox, dead letters go when
// the retention that was set for them is over, so do the calls of the past and what is kept of sent
// readings, lanes are held to their caps, and a store that has
// become emptier than it needs to be gives its room back to the disk. The counters become part of
// the store: they are those of one run; what has been stored of them is remembered here, so that
// both begin and end together. So do the series that were counted as they passed.
//
// Everything goes in small portions, each a transaction of its own, and for a second at most:
// others wait for the store meanwhile, and what is left over is done the next time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jobs/job.hpp"
#include "jobs/outbox_caps.hpp"
#include "jobs/retention.hpp"
#include "proxy-core/catalog/series_tally.hpp"
#include "proxy-core/config/config.hpp"
#include "proxy-core/mailbox/space_watch.hpp"
#include "proxy-core/mailbox/store_thread.hpp"
#include "proxy-core/observe/counters.hpp"

namespace courant {

/// Leases in whose names sinks say that they exist, whichever worker has them: "need db".
inline constexpr std::string_view sink_need = "need ";

/// Whether other workers may run on the store.
enum class Sharing {
    alone,
    with_others  ///< who may have sinks that we do not have: what these still need stays
};

/// What is tidied, and when.
struct HousekeepingRules {
    /// All sinks that the configuration has; without any the inbox keeps everything.
    std::vector<std::string> sinks;
    Sharing sharing = Sharing::alone;
    /// When dead letters go, and how long we keep what others sent.
    RetentionConfig retention = {};
    /// Empty room that a store keeps for itself; beyond, what is more than half of it is given
    /// back.
    std::int64_t keep_empty = std::int64_t{16} << 20;
    /// Where series are counted; null: nowhere.
    std::shared_ptr<SeriesTally> tally = {};
};

/// Tidies the store.
class HousekeepingJob : public Job {
  public:
    HousekeepingJob(HousekeepingRules rules, SpaceWatch& space, OutboxCaps& caps,
                    StoreThread& store, Counters& counters);

    const std::string& name() const override { return name_; }
    Progress run(const Call& call) override;

  private:
    bool purge_delivered(Time now);
    std::vector<std::string> all_sinks(Mailboxes& m, Time now) const;
    bool note_series();
    bool purge_dead(Time now);
    bool end_retentions(Time now);
    bool purge_past(Time now);
    bool hold_to_caps(Time now);
    bool give_back();

    std::string name_ = "housekeeping";
    HousekeepingRules rules_;
    SpaceWatch& space_;
    OutboxCaps& caps_;
    RetentionPurge retention_;
    std::optional<Time> retentions_ended_ = {};  ///< when the inbox was looked through last
    StoreThread& store_;
    Counters& counters_;
    std::map<std::string, std::uint64_t>
        stored_;                      ///< what the store has of each counter of this run
    std::vector<SeriesSeen> noting_;  ///< taken out of the tally and not yet committed; the store's
};

}  // namespace courant
