// The extract job: what is new in an app goes into the outbox.
//
// Pulls from the cursor that the store holds and commits readings and cursor together
// (outbound.hpp); a first extraction of years goes portion by portion, each durable before the next
// is asked for. As long as nobody has subscribed to anything the job leaves the source alone: what
// it took would be for nobody, and gone for whoever subscribes tomorrow. It only looks, once, at
// what there is, so that the catalog can tell whom it may concern. While the store or the outbox is
// full it leaves the source alone, too, and fails with the reason; it is then retried. A portion
// that has no place although there is some is asked for again in halves.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <string>

#include "jobs/job.hpp"
#include "jobs/outbound.hpp"

namespace courant {

/// Extracts from one source.
class ExtractJob : public Job {
  public:
    ExtractJob(const std::string& adapter, std::unique_ptr<Source> source, Outbound outbound,
               Logger logger);

    const std::string& name() const override { return name_; }
    Progress run(const Call& call) override;

  private:
    void look(const Call& call);

    std::string name_;
    std::string adapter_;
    std::unique_ptr<Source> source_;
    Outbound outbound_;
    Logger logger_;
    bool told_that_nobody_listens_ = false;
    bool looked_ = false;  ///< at what there is, for the catalog
    std::size_t portion_ = std::numeric_limits<std::size_t>::max();  ///< the most readings at once
};

}  // namespace courant
