#include "cli/dead/selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "cli/command.hpp"
#include "proxy-core/config/duration.hpp"
#include "proxy-core/federation/protocol.hpp"

namespace courant::cli {
namespace {

constexpr PageLimit page{.messages = 200, .bytes = std::int64_t{8} << 20};

std::int64_t number_from(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0)
        throw UsageError(fmt::format("{} is no number of a dead letter", text));
    return value;
}

// In ASCII; other letters match as they are.
std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

// "2026-11-20", "2026-11-20T10:00:00Z", or "7d": so long ago.
Time time_from(const std::string& text, Time now) {
    if (const auto time = time_from_people(text)) return *time;
    if (const auto ago = parse_duration(text)) return now - *ago;
    throw UsageError(text +
                     " is no time; one looks like 2026-11-20, 2026-11-20T10:00:00Z or, so long "
                     "ago, 7d");
}

}  // namespace

void DeadSelection::add_options(cxxopts::Options& options) {
    options.add_options("Selection")("peer", "only those of this peer",
                                     cxxopts::value<std::string>(), "JID")(
        "adapter", "only those of this adapter", cxxopts::value<std::string>(), "NAME")(
        "origin",
        "only those that: source (an adapter could not use), sent (the peer refused), "
        "arrived (we refused), sink (the app refused), dropped (waited too long or too many)",
        cxxopts::value<std::string>(), "WORD")("reason", "only those whose reason contains this",
                                               cxxopts::value<std::string>(), "TEXT")(
        "since", "only those set aside then or later: 2026-11-20, 2026-11-20T10:00:00Z, 7d (ago)",
        cxxopts::value<std::string>(),
        "TIME")("until", "only those set aside before", cxxopts::value<std::string>(), "TIME")(
        "all", "all of them; needed where nothing else narrows what is retried or purged");
}

DeadSelection::DeadSelection(const cxxopts::ParseResult& given,
                             const std::vector<std::string>& numbers, Time now) {
    const auto word = [&](const std::string& name) -> std::optional<std::string> {
        if (given.count(name) == 0) return std::nullopt;
        return given[name].as<std::string>();
    };
    for (const std::string& number : numbers) read_numbers(number);
    merge_ranges();
    std::sort(missing_.begin(), missing_.end());
    missing_.erase(std::unique(missing_.begin(), missing_.end()), missing_.end());
    if (const auto peer = word("peer")) whom_ = any_jid_from(*peer).to_string();
    if (const auto adapter = word("adapter")) {
        if (whom_) throw UsageError("--peer and --adapter exclude each other");
        whom_ = *adapter;
    }
    if (const auto origin = word("origin")) {
        origin_ = dead_origin_from(*origin);
        if (!origin_) throw UsageError("--origin is source, sent, arrived, sink or dropped");
    }
    reason_ = lower(word("reason").value_or(""));
    if (const auto since = word("since")) since_ = time_from(*since, now);
    if (const auto until = word("until")) until_ = time_from(*until, now);
    all_ = given.count("all") > 0;
    if (all_ && (!ranges_.empty() || whom_ || origin_ || !reason_.empty() || since_ || until_))
        throw UsageError("--all means all; leave it out where something else selects");
}

// One or more of N and N-M, with commas between them.
void DeadSelection::read_numbers(const std::string& word) {
    for (std::size_t begin = 0; begin <= word.size();) {
        const auto end = std::min(word.find(',', begin), word.size());
        const auto part = std::string_view(word).substr(begin, end - begin);
        const auto dash = part.find('-');
        const auto first = number_from(part.substr(0, dash));
        const auto last =
            dash == std::string_view::npos ? first : number_from(part.substr(dash + 1));
        if (last < first) throw UsageError(fmt::format("{} ends before it begins", part));
        ranges_.emplace_back(first, last);
        if (dash == std::string_view::npos) missing_.push_back(first);
        begin = end + 1;
    }
}

void DeadSelection::merge_ranges() {
    std::sort(ranges_.begin(), ranges_.end());
    std::vector<Range> apart;
    for (const Range& range : ranges_) {
        if (!apart.empty() && range.first <= apart.back().second)
            apart.back().second = std::max(apart.back().second, range.second);
        else
            apart.push_back(range);
    }
    ranges_ = std::move(apart);
}

void DeadSelection::insist_on_choice() const {
    if (ranges_.empty() && !whom_ && !origin_ && reason_.empty() && !since_ && !until_ && !all_)
        throw UsageError("say which: numbers (7 12-19), a filter, or --all");
}

bool DeadSelection::takes(const DeadLetter& letter) const {
    if (!ranges_.empty() && std::none_of(ranges_.begin(), ranges_.end(), [&](const Range& range) {
            return range.first <= letter.id && letter.id <= range.second;
        }))
        return false;
    return (!whom_ || letter.whom == *whom_) && (!origin_ || letter.origin == *origin_) &&
           (!since_ || letter.at >= *since_) && (!until_ || letter.at < *until_) &&
           (reason_.empty() || lower(letter.reason).find(reason_) != std::string::npos);
}

void DeadSelection::walk(Store& store, const std::function<void(std::vector<DeadLetter>)>& use) {
    const std::vector<Range> everything{{0, std::numeric_limits<std::int64_t>::max()}};
    for (const auto& [first, last] : ranges_.empty() ? everything : ranges_) {
        for (std::int64_t after = std::max<std::int64_t>(0, first - 1); after < last;) {
            PageLimit limit = page;
            limit.messages = std::min(limit.messages, last - after);
            auto letters = read_from(store, [&](Mailboxes& m) { return m.dead(after, limit); });
            if (letters.empty()) break;
            after = letters.back().id;
            std::erase_if(letters, [&](const DeadLetter& letter) {
                return letter.id > last || !takes(letter);
            });
            for (const DeadLetter& letter : letters) std::erase(missing_, letter.id);
            if (!letters.empty()) use(std::move(letters));
        }
    }
}

}  // namespace courant::cli
