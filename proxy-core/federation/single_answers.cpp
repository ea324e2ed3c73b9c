#include "proxy-core/federation/single_answers.hpp"

#include <utility>

namespace courant {

void SingleAnswers::written(Seq seq, std::vector<Reject> left_out) {
    Message& message = messages_[seq];
    if (!message.answered) message.rejects = std::move(left_out);
}

void SingleAnswers::answered(Seq seq, const std::vector<Reject>& faults) {
    const auto message = messages_.find(seq);
    if (message == messages_.end() || std::exchange(message->second.answered, true)) return;
    auto& rejects = message->second.rejects;
    rejects.insert(rejects.end(), faults.begin(), faults.end());
}

SingleAnswers::Covered SingleAnswers::cover(Seq acknowledged) {
    messages_.erase(messages_.begin(), messages_.upper_bound(acknowledged));
    Covered covered{.through = acknowledged};
    while (!messages_.empty()) {
        auto& [seq, message] = *messages_.begin();
        if (seq != covered.through + 1 || !message.answered) break;
        covered.through = seq;
        covered.rejects.insert(covered.rejects.end(), message.rejects.begin(),
                               message.rejects.end());
        messages_.erase(messages_.begin());
    }
    return covered;
}

}  // namespace courant
