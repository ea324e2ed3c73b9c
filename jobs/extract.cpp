#include "jobs/extract.hpp"

#include <algorithm>
#include <utility>

namespace courant {
namespace {

constexpr std::size_t most_at_a_glance = 1'000;

}  // namespace

ExtractJob::ExtractJob(const std::string& adapter, std::unique_ptr<Source> source,
                       Outbound outbound, Logger logger)
    : name_("extract " + adapter),
      adapter_(adapter),
      source_(std::move(source)),
      outbound_(std::move(outbound)),
      logger_(std::move(logger)) {}

Progress ExtractJob::run(const Call& call) {
    const auto cursor = outbound_.cursor_if_anybody_listens(call.now);
    if (!cursor) {
        if (!std::exchange(told_that_nobody_listens_, true))
            logger_.warning(
                "nothing is extracted: nobody has subscribed",
                {{"adapter", adapter_}, {"hint", "courant subscription add PEER 'SERIES'"}});
        look(call);
        return Progress::done;
    }
    told_that_nobody_listens_ = false;
    Call portion = call;
    portion.max_readings = std::min(call.max_readings, portion_);
    const Extraction extraction = source_->pull(*cursor, portion);
    // Nothing moved: to ask again at once, whatever the source says of more, would bring the same.
    if (extraction.readings.empty() && extraction.refused.empty() && extraction.cursor == *cursor)
        return Progress::done;
    try {
        outbound_.put(extraction.readings, extraction.refused, extraction.cursor, call.now);
    } catch (const NoRoom&) {
        portion_ = std::max<std::size_t>(1, extraction.readings.size() / 2);
        throw;
    }
    if (portion_ < call.max_readings) portion_ *= 2;
    logger_.info("extracted", {{"adapter", adapter_},
                               {"readings", extraction.readings.size()},
                               {"refused", extraction.refused.size()}});
    return extraction.more ? Progress::more : Progress::done;
}

void ExtractJob::look(const Call& call) {
    if (looked_) return;
    Call glance = call;
    glance.max_readings = std::min(call.max_readings, most_at_a_glance);
    outbound_.look([&](std::string_view cursor) { return source_->pull(cursor, glance).readings; });
    looked_ = true;
}

}  // namespace courant
