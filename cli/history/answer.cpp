#include "cli/history/answer.hpp"

#include <fmt/format.h>

#include <chrono>

#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/mailbox/body.hpp"

namespace courant::cli {
namespace {

using Fault = std::string;

// Where the page ends, and whether that is behind its beginning.
Fault read_next(const Element& history, const HistoryRange& asked, HistoryAnswer& answer) {
    const auto next = history.attribute("next");
    if (next.empty()) return {};
    answer.next = from_timestamp(next);
    if (answer.next && *answer.next > asked.from && *answer.next < asked.to) return {};
    return "it goes on at " + std::string(next);
}

// All of one series, in rising order, within what was asked for.
Fault read_readings(const Element& history, const HistoryRange& asked, HistoryAnswer& answer) {
    if (const Element* sensml = history.child("sensml", senml_namespace)) {
        const auto read = BodyReader().read(sensml->source, {}, answer.readings);
        if (!read) return read.error();
    }
    const auto& readings = answer.readings;
    if (history.attribute("count") != std::to_string(readings.size()))
        return fmt::format("it says {} readings and holds {}", history.attribute("count"),
                           readings.size());
    Time after = asked.from - std::chrono::nanoseconds(1);
    for (const senml::Record& record : readings.records()) {
        if (readings.name(record.name) != asked.series || record.time <= after ||
            record.time >= answer.next.value_or(asked.to))
            return "a reading of another series or time";
        after = record.time;
    }
    return {};
}

Fault count(const Element& history, const HistoryAnswer& answer, HistoryTally& tally) {
    tally.readings += static_cast<std::int64_t>(answer.readings.size());
    if (!tally.digest.add(answer.readings)) return "a reading has no image in SenML";
    const auto digest = history.attribute("digest");
    tally.confirmed = tally.confirmed && !digest.empty();
    if (digest.empty()) return {};
    if (digest == tally.digest.text() &&
        history.attribute("total") == std::to_string(tally.readings))
        return {};
    return "its count or digest is not that of the readings which arrived";
}

}  // namespace

tl::expected<HistoryAnswer, std::string> history_answer(const Element& command,
                                                        const HistoryRange& asked,
                                                        HistoryTally& tally) {
    HistoryAnswer answer;
    const Element* history = command.child("history", courant_namespace);
    if (!history) return tl::unexpected(Fault("it holds no <history>"));
    if (history->attribute("status") == "accepted") {
        answer.after = from_timestamp(history->attribute("after"));
        if (!answer.after) return tl::unexpected(Fault("it says to come again, and not when"));
        return answer;
    }
    HistoryTally with_it = tally;
    Fault fault = read_next(*history, asked, answer);
    if (fault.empty()) fault = read_readings(*history, asked, answer);
    if (fault.empty()) fault = count(*history, answer, with_it);
    if (!fault.empty()) return tl::unexpected(std::move(fault));
    tally = with_it;
    return answer;
}

}  // namespace courant::cli
