#include "proxy-core/federation/server_round.hpp"

#include <algorithm>
#include <iterator>

namespace courant {

AfterFailure ServerRound::failed() {
    had_turn_[current_] = true;
    const auto next = std::find(had_turn_.begin(), had_turn_.end(), false);
    if (next == had_turn_.end()) {
        lasted();
        current_ = 0;
        return AfterFailure::pause;
    }
    current_ = static_cast<std::size_t>(std::distance(had_turn_.begin(), next));
    return AfterFailure::another;
}

}  // namespace courant
