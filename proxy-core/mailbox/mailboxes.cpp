#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant {

void Store::commit(const Work& work) {
    const auto outcome = commit_together(std::span(&work, 1));
    if (outcome.front()) std::rethrow_exception(outcome.front());
}

}  // namespace courant
