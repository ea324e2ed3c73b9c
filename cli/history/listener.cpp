#include "cli/history/listener.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <utility>

#include "proxy-core/access/grant.hpp"
#include "proxy-core/access/series_pattern.hpp"

namespace courant::cli {

Listener::Listener(ListenRules rules, Console& console)
    : rules_(std::move(rules)), console_(console) {
    if (rules_.format == ReadingFormat::csv)
        console_.out << "series," << ReadingFrame::of(ReadingFormat::csv).head << std::flush;
}

void Listener::take(const Arrival& arrival) {
    // Positions have no holes: what is missing between two was there and is gone.
    if (const auto missed = arrival.position - rules_.after - 1; missed > 0 && rules_.after > 0)
        tell(fmt::format("{} messages were delivered and removed before they could be shown",
                         missed));
    rules_.after = arrival.position;
    const Message& message = arrival.message;
    if (const auto read = reader_.read(message.body, message.stored_at, pack_); !read)
        return tell(fmt::format("a message of {} cannot be read: {}", message.peer.to_string(),
                                read.error()));
    shown_of_message_ = 0;
    for (std::size_t i = 0; i < pack_.size() && !over(); ++i)
        if (wants(pack_.name(pack_[i].name))) show(pack_, i);
    // A message is a pack, on a line of its own.
    if (rules_.format == ReadingFormat::senml && shown_of_message_ > 0) console_.out << "]\n";
    console_.out.flush();
}

bool Listener::over() const {
    return !console_.out || (rules_.count && shown_ >= *rules_.count);
}

bool Listener::wants(std::string_view series) const {
    const std::string name = named_series(series).name;
    return std::any_of(rules_.series.begin(), rules_.series.end(),
                       [&](const auto& pattern) { return series_matches(pattern, name); });
}

// What the format has no image for is told, and costs only itself.
void Listener::show(const senml::Pack& readings, std::size_t index) {
    try {
        console_.out << line(readings, index);
    } catch (const Error& error) {
        return tell(error.what());
    }
    ++shown_;
    ++shown_of_message_;
}

std::string Listener::line(const senml::Pack& readings, std::size_t index) const {
    std::string text = text_of(readings, index, rules_.format);
    switch (rules_.format) {
        case ReadingFormat::csv:
            return named_series(readings.name(readings[index].name)).name + ',' + text + '\n';
        case ReadingFormat::ndjson:
            return text + '\n';
        case ReadingFormat::senml:
            break;
    }
    return (shown_of_message_ == 0 ? '[' : ',') + text;
}

void Listener::tell(std::string_view what) const {
    console_.err << "courant listen: " << one_line(what) << '\n';
}

}  // namespace courant::cli
