// Which of several servers to try next.
//
// They are given in order of preference. One that cannot be reached, or whose session is lost, is
// followed at once by the first one that has not had its turn; only when all have had it is the
// round over, and the caller waits (with jitter: every client of a dead server would otherwise
// return at the same moment) before it begins again with the first. So a dead server costs no pause
// while there is another, a server that greets and hangs up is not hammered, and who had to go to
// the second goes back to the first by itself at the next reconnection.
//
// Why a session has to last before a new round begins with its loss: two servers that both greet
// and hang up would otherwise be visited in turns without a pause.
//
// A value; reads no clock.
#pragma once

#include <cstddef>
#include <vector>

namespace courant {

/// What follows a failure: another server at once, or a pause and then the first.
enum class AfterFailure { another, pause };

/// The turns of several servers.
class ServerRound {
  public:
    /// There is one at least.
    explicit ServerRound(std::size_t servers) : had_turn_(servers, false) {}

    /// The one to try, or that is in use: its place in the order.
    std::size_t current() const { return current_; }
    /// The current one has failed or was lost; moves on to the next.
    AfterFailure failed();
    /// The session with the current one has lasted: nothing that was before counts.
    void lasted() { had_turn_.assign(had_turn_.size(), false); }

  private:
    std::vector<bool> had_turn_;
    std::size_t current_ = 0;
};

}  // namespace courant
