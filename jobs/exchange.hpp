// The exchange job: what peers say about grants has its effect here, in the order in which they
// said it.
//
// Notices come in with the readings and lie in the inbox until this job has taken them: like a
// sink, it has a position there. What they ask to be erased goes out of our own inbox in portions;
// then every sink erases it in its app (receive.hpp), and when all have answered, who asked is
// told. Grants that will end soon are announced, on both sides.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "jobs/job.hpp"
#include "jobs/worker.hpp"
#include "proxy-core/access/exchange.hpp"
#include "proxy-core/mailbox/store_thread.hpp"
#include "proxy-core/observe/counters.hpp"
#include "proxy-core/observe/log.hpp"

namespace courant {

/// The name under which the store knows how far notices have been taken; no adapter can have it.
inline constexpr std::string_view notices_position = "notices of grants";
/// Who answers for the proxy itself when something is to be erased; no adapter can be called so.
inline constexpr std::string_view proxy_itself = "";

/// How grants are looked after.
struct ExchangeRules {
    /// Who has to answer before an erasure is done.
    std::vector<std::string> sinks = {};
    /// How long before a grant ends that is announced.
    std::chrono::seconds announce{std::chrono::hours(30 * 24)};
};

/// Takes notices.
class ExchangeJob : public Job {
  public:
    ExchangeJob(ExchangeRules rules, StoreThread& store, Logger logger, Counters& counters,
                Right right = {});

    const std::string& name() const override { return name_; }
    Progress run(const Call& call) override;

  private:
    bool take_notices(Time now);
    bool erase();
    void finish_erasures(Time now);
    void announce(Time now);
    std::optional<OutcomeNotice> outcome(Mailboxes& m, const Erasure& erasure, Time now) const;
    std::set<std::string> all_sinks(Mailboxes& m, Time now) const;

    /// How far our own inbox was searched for an erasure, and what was found; begun anew after a
    /// restart, which finds the rest.
    struct Search {
        std::int64_t after = 0;
        std::int64_t readings = 0;
    };

    std::string name_ = "exchange";
    ExchangeRules rules_;
    StoreThread& store_;
    Logger logger_;
    Counters& counters_;
    Right right_;
    std::map<std::int64_t, Search> searches_;  ///< by erasure
    std::optional<Time> announced_at_;
};

}  // namespace courant
