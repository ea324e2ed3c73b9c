// Another try for a dead letter, where it was: to the peer that refused it, or to the apps. It gets
// a new number: the old one is settled.
#pragma once

#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant::cli {

/// Gives a letter another try; it is no dead letter any more. One step of a transaction. Throws
/// Error, with the reason for a person, where that cannot be: then it stays.
void retry(Mailboxes& m, const DeadLetter& letter, const Jid& self, Time now);

}  // namespace courant::cli
