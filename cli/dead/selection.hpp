// Which dead letters a command means: numbers and ranges, filters, or all of them, said so.
//
//     courant dead retry 7 12-19            courant dead purge --peer dash@coop.test --until 30d
//
// Filters narrow each other and the numbers. A word that means "everything" is needed where a
// command changes something: nobody removes all letters by forgetting a filter.
#pragma once

#include <cstdint>
#include <cxxopts.hpp>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant::cli {

/// A choice among dead letters.
class DeadSelection {
  public:
    /// --peer, --adapter, --origin, --reason, --since, --until, --all.
    static void add_options(cxxopts::Options& options);
    /// What was given; `numbers` are words like 7, 3-9 or 3,5,7-9. Throws UsageError.
    DeadSelection(const cxxopts::ParseResult& given, const std::vector<std::string>& numbers,
                  Time now);

    /// Throws UsageError unless it says what it means: a number, a filter or --all.
    void insist_on_choice() const;
    /// Whether it means this letter.
    bool takes(const DeadLetter& letter) const;
    /// Passes the letters that it means on, page by page and in order. A page may shrink the store.
    void walk(Store& store, const std::function<void(std::vector<DeadLetter>)>& use);
    /// Numbers that were asked for one by one and that walk() did not meet.
    const std::vector<std::int64_t>& missing() const { return missing_; }

  private:
    using Range = std::pair<std::int64_t, std::int64_t>;

    void read_numbers(const std::string& word);
    void merge_ranges();

    std::vector<Range> ranges_;  ///< in order, apart from each other; none: all
    std::vector<std::int64_t> missing_;
    std::optional<std::string> whom_;
    std::optional<DeadOrigin> origin_;
    std::string reason_;  ///< in lower case
    std::optional<Time> since_;
    std::optional<Time> until_;
    bool all_ = false;
};

}  // namespace courant::cli
