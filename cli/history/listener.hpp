// Readings of the inbox written for people and programs as they arrive.
//
//     Listener listener({.series = {"*/pv/*"}, .format = ReadingFormat::csv}, console);
//     for (const Arrival& arrival : page) listener.take(arrival);
//
// It is a reader of its own beside the sinks: it takes nothing out of the inbox. What housekeeping
// has removed before it was shown is told, never passed over.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"
#include "cli/history/reading_file.hpp"
#include "proxy-core/mailbox/body.hpp"

namespace courant::cli {

/// What is listened for, and until when.
struct ListenRules {
    /// Patterns in people's spelling; a series that fits one of them is shown.
    std::vector<std::string> series = {"*"};
    ReadingFormat format = ReadingFormat::csv;
    /// Behind that position of the inbox.
    std::int64_t after = 0;
    /// The most readings that are shown.
    std::optional<std::int64_t> count = {};
};

/// Shows what arrives; belongs to one thread.
class Listener {
  public:
    Listener(ListenRules rules, Console& console);

    /// Where it stands in the inbox.
    std::int64_t position() const { return rules_.after; }
    /// Shows what is wanted of a message, and passes it on to the reader of stdout at once.
    void take(const Arrival& arrival);
    /// Nothing more is wanted: the count is reached, or nobody reads what we write.
    bool over() const;

  private:
    bool wants(std::string_view series) const;
    void show(const senml::Pack& readings, std::size_t index);
    std::string line(const senml::Pack& readings, std::size_t index) const;
    void tell(std::string_view what) const;

    ListenRules rules_;
    Console& console_;
    BodyReader reader_{stored_body_limits};
    senml::Pack pack_;
    std::int64_t shown_ = 0;
    std::int64_t shown_of_message_ = 0;
};

}  // namespace courant::cli
