#include "proxy-core/access/admission.hpp"

#include <fmt/format.h>

#include "proxy-core/access/access_book.hpp"

namespace courant {

Admission admission(Mailboxes& mailboxes, const Jid& self, const Jid& asker, Time now) {
    const std::string who = asker.bare().to_string();
    const std::string we = self.bare().to_string();
    Admission answer{.peer = mailboxes.find_peer(asker.bare())};
    if (!answer.peer) {
        mailboxes.access().note_stranger(asker.bare(), now);
        answer.refusal = fmt::format(
            "{} does not know {}. Its administrator sees that you asked and can admit you: courant "
            "peer add {}",
            we, who, who);
        answer.reason = "it is no peer";
        return answer;
    }
    answer.reason = obstacle(answer.peer->terms, now);
    if (!answer.reason.empty())
        answer.refusal =
            fmt::format("{} does not admit you at present. Ask its administrator why", we);
    return answer;
}

}  // namespace courant
