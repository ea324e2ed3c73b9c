#include "jobs/housekeeping.hpp"

#include <utility>

namespace courant {
namespace {

std::string label(const Counters::Sample& sample) {
    std::string text = sample.name;
    for (const auto& [key, value] : sample.labels)
        text.append(1, ' ').append(key).append(1, '=').append(value);
    return text;
}

}  // namespace

HousekeepingJob::HousekeepingJob(std::vector<std::string> sinks, StoreThread& store,
                                 Counters& counters)
    : sinks_(std::move(sinks)), store_(store), counters_(counters) {}

Progress HousekeepingJob::run(const Call&) {
    std::map<std::string, std::uint64_t> now;
    for (const auto& sample : counters_.snapshot()) now[label(sample)] = sample.value;
    const bool purged = store_.ask([&](Mailboxes& m) {
        for (const auto& [name, value] : now)
            if (value != stored_[name])
                m.add_to_counter(name, static_cast<std::int64_t>(value - stored_[name]));
        return m.purge_delivered(sinks_) > 0;
    });
    stored_ = std::move(now);
    return purged ? Progress::more : Progress::done;
}

}  // namespace courant
