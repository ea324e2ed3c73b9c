// The bound of every ratio: a libstrophe client as its own examples use it, with TCP_NODELAY, that
// pushes stanzas through two servers and keeps nothing. What it reaches is what the servers and the
// library allow; the distance to it is what durability, order and receipts cost.
#pragma once

#include <string>
#include <vector>

#include "tests/support/xmpp_servers.hpp"

namespace courant::bench {

/// Two servers that federate, and accounts on them: `home` and `bare-a` on the first, `coop` and
/// `bare-b` on the second.
struct Pair {
    test::XmppServers& servers;
    test::XmppServer& from;
    test::XmppServer& to;
};

/// Seconds from the first stanza to the arrival of the last one, from `bare-a` to `bare-b`. Sender
/// and receiver are processes of their own.
double push_bare(const Pair& pair, const std::vector<std::string>& stanzas);

/// Seconds from each stanza's sending to its arrival, the next one sent when the last has arrived.
std::vector<double> ping_bare(const Pair& pair, const std::string& stanza, std::size_t count);

}  // namespace courant::bench
