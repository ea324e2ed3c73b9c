// The housekeeping job: what has been delivered everywhere leaves the inbox, and the counters
// become part of the store. The counters are those of one run: what has been stored of them is
// remembered here, so that both begin and end together.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "jobs/job.hpp"
#include "proxy-core/mailbox/store_thread.hpp"
#include "proxy-core/observe/counters.hpp"

namespace courant {

/// Tidies the store.
class HousekeepingJob : public Job {
  public:
    /// `sinks` are all that the configuration has; without any the inbox keeps everything.
    HousekeepingJob(std::vector<std::string> sinks, StoreThread& store, Counters& counters);

    const std::string& name() const override { return name_; }
    Progress run(const Call& call) override;

  private:
    std::string name_ = "housekeeping";
    std::vector<std::string> sinks_;
    StoreThread& store_;
    Counters& counters_;
    std::map<std::string, std::uint64_t>
        stored_;  ///< what the store has of each counter of this run
};

}  // namespace courant
