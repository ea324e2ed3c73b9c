// A job: one piece of work that is done again and again, each time from where the store says that
// it stands.
//
// A job holds no state that must survive: what it has done is in the mailboxes, in the same
// transaction as its effect. It may therefore be stopped, killed and begun again at any point. When
// it runs is not its business (job_thread.hpp).
#pragma once

#include <string>

#include "proxy-core/adapter.hpp"

namespace courant {

/// Whether there is more to do right now.
enum class Progress { done, more };

/// Work that a JobThread repeats.
class Job {
  public:
    virtual ~Job() = default;
    /// How people know it: "extract roof". Also its key in the store.
    virtual const std::string& name() const = 0;
    /// Does a portion of the work, at most until call.deadline. Throws Error where it cannot; it is
    /// then called again after a back-off.
    virtual Progress run(const Call& call) = 0;
};

}  // namespace courant
