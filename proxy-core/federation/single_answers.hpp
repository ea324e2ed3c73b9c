// Receipts made of answers that come one for each message.
//
// A lane is acknowledged through a number (lane.hpp); others than proxies answer each message by
// itself, and may do so in any order. So an answer waits here until everything before it has been
// answered, too.
//
//     answers.written(7, {});                      // it goes
//     answers.answered(7);                         // it is there
//     const auto covered = answers.cover(lane.acknowledged());
//
// What was left out of a message when it was written, and what is wrong with it by the answer, goes
// with the receipt that covers it. An answer to what was never written counts for nothing. It holds
// no more than a window of messages.
//
// A value.
#pragma once

#include <map>
#include <vector>

#include "proxy-core/federation/protocol.hpp"

namespace courant {

/// The answers of one lane.
class SingleAnswers {
  public:
    /// What a receipt would say.
    struct Covered {
        Seq through = 0;
        std::vector<Reject> rejects = {};
    };

    /// A message goes, without what the peer cannot have; once more, maybe.
    void written(Seq seq, std::vector<Reject> left_out);
    /// It was answered, with what is wrong with it.
    void answered(Seq seq, const std::vector<Reject>& faults = {});
    /// Takes the answers that follow on `acknowledged` without a hole.
    Covered cover(Seq acknowledged);

  private:
    struct Message {
        bool answered = false;
        std::vector<Reject> rejects = {};
    };
    std::map<Seq, Message> messages_;  ///< written and not yet covered
};

}  // namespace courant
