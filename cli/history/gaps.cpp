#include "cli/history/gaps.hpp"

#include <ostream>

#include "proxy-core/federation/protocol.hpp"

namespace courant::cli {

void Gaps::look_at(const senml::Pack& readings) {
    if (!period_) return;
    for (const senml::Record& record : readings.records()) {
        end(record.time);
        expected_ = record.time + *period_;
    }
}

// Half a period is no gap: readings are seldom on the second, and a day may have 25 hours.
void Gaps::end(senml::Time to) {
    if (!period_ || to - expected_ < *period_ / 2) return;
    out_ << "gap," << to_timestamp(expected_) << ',' << to_timestamp(to) << '\n';
}

}  // namespace courant::cli
