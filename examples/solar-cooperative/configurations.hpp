// Writes what an administrator of each of the three organisations would write by hand: the
// configuration file of a proxy.
#pragma once

#include <string>

#include "examples/solar-cooperative/plan.hpp"

namespace courant::example {

/// Where the two organisations' XMPP servers listen, "ip:port": loopback has no DNS.
struct Servers {
    std::string town;
    std::string coop;
    /// The private authority that both servers' certificates come from.
    std::filesystem::path ca_file;
};

/// Writes the three files.
void write_configurations(const Plan& plan, const Servers& servers);

}  // namespace courant::example
