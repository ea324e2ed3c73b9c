// What the federation remembers of a lane whose peer speaks another dialect than ours.
//
// A value; belongs to the federation thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>

#include "proxy-core/federation/pubsub.hpp"
#include "proxy-core/federation/single_answers.hpp"

namespace courant {

/// The last messages that went, for as long as a complaint about one may come: some seconds' worth.
class SentLately {
  public:
    void add(const Message& message) {
        if (find(message.seq)) return;
        messages_.push_back(message);
        bytes_ += message.body.size();
        while (messages_.size() > most_messages || bytes_ > most_bytes) {
            bytes_ -= messages_.front().body.size();
            messages_.pop_front();
        }
    }
    /// Null where it has been forgotten.
    const Message* find(Seq seq) const {
        const auto found = std::find_if(messages_.begin(), messages_.end(),
                                        [&](const Message& one) { return one.seq == seq; });
        return found == messages_.end() ? nullptr : &*found;
    }

  private:
    static constexpr std::size_t most_messages = 64;
    static constexpr std::size_t most_bytes = std::size_t{256} << 10;

    std::deque<Message> messages_;
    std::size_t bytes_ = 0;
};

/// Beside the lane itself.
struct ForeignLane {
    Dialect dialect = Dialect::quoalise;
    SingleAnswers answers = {};
    SentLately sent = {};
    /// Nodes that we have asked for since something was published last.
    std::set<std::string> created = {};
    /// The lane's turn in which we did.
    std::optional<std::uint64_t> created_in = {};
};

}  // namespace courant
