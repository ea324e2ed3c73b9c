#include "proxy-core/config/detail/faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace courant::detail {
namespace {

// Levenshtein's distance, with two neighbours changed for each other as one mistake.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t other = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + other});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

}  // namespace

std::string Faults::place(int line, std::string_view key) const {
    return fmt::format("{}:{}: {}", file_, line, key);
}

void Faults::add(int line, std::string_view key, std::string_view what) {
    faults_.push_back({line, fmt::format("{}: {}", place(line, key), what)});
}

void Faults::warn(int line, std::string_view key, std::string_view what) {
    warnings_.push_back({line, fmt::format("{}: {}", place(line, key), what)});
}

std::vector<std::string> Faults::in_order(std::vector<Remark> remarks) {
    std::stable_sort(remarks.begin(), remarks.end(),
                     [](const Remark& a, const Remark& b) { return a.line < b.line; });
    std::vector<std::string> texts;
    texts.reserve(remarks.size());
    for (auto& remark : remarks) texts.push_back(std::move(remark.text));
    return texts;
}

std::string Faults::text() const {
    return fmt::format("{}", fmt::join(in_order(faults_), "\n"));
}

std::vector<std::string> Faults::warnings() const {
    return in_order(warnings_);
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known) {
    // A third of the word may be wrong: more than that is another word, not a slip.
    std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
    std::string_view nearest;
    for (const auto candidate : known) {
        const bool shortened = word.size() >= 3 && candidate.starts_with(word);
        const auto apart = shortened ? std::size_t{1} : distance(word, candidate);
        if (apart >= least) continue;
        least = apart;
        nearest = candidate;
    }
    return nearest.empty() ? "" : fmt::format(" Did you mean {}?", nearest);
}

std::string what_there_is(std::string_view word, const std::vector<std::string_view>& known) {
    const auto hint = did_you_mean(word, known);
    return hint.empty() && !known.empty() ? " There are: " + listed(known) : hint;
}

std::string listed(const std::vector<std::string_view>& words) {
    return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace courant::detail
