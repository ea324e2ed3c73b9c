// The stage of the delivery tests: a home on a Prosody and a cooperative on an ejabberd, which
// federate over verified TLS; the home publishes a file with two series, the cooperative writes
// what it gets into files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/support/proxy.hpp"
#include "tests/support/xmpp_servers.hpp"

namespace courant::test {

/// A series as the cooperative should have it: what its file must hold, line by line after the
/// heading.
using Lines = std::vector<std::string>;

/// A file for the home to publish, and what must arrive of it.
struct Household {
    /// Where the file is.
    std::filesystem::path file;
    /// TOML that reads it: an adapter called "meter".
    std::string adapter;
    /// By name in people's spelling.
    std::map<std::string, Lines> expected;
    std::int64_t readings = 0;
};

/// The real year, if it is there; half-hourly, in kW, two series. Stamps are read at UTC+10 all
/// year round: the file has one row for each half hour of the plain calendar, also in the hour that
/// the clocks skip in October and once only in the hour that they show twice in April, which is
/// what a clock without daylight saving writes.
Household real_year(const std::filesystem::path& csv, const std::string& jid);
/// A made-up one of that form with so many rows.
Household made_up(const std::filesystem::path& csv, int rows, const std::string& jid);

/// Two organisations with a proxy each; peers and subscriptions are made, nothing runs yet but the
/// servers.
struct FederationOfTwo {
    /// `home_store` is what stands in the home's [store]; a file where it is empty. The same for
    /// the cooperative.
    explicit FederationOfTwo(const std::string& home_limits = "",
                             const std::string& home_store = "",
                             const std::string& coop_store = "");

    /// Gives the home something to publish.
    void publish(const Household& household);
    /// What the home's configuration says for that, below its identity and store.
    std::string sending(const Household& household) const;
    /// The lines of the cooperative's file of that series, without the heading.
    Lines received(const std::string& series) const;
    /// Whether the cooperative's files are the household's, line by line.
    void check_complete(const Household& household) const;
    /// Waits until that is so; tells where it stands if it never is.
    void wait_for(const Household& household);

    XmppServers servers;
    XmppServer& home_server;
    XmppServer& coop_server;
    Proxy home;
    Proxy coop;
    std::string limits;
    /// The cooperative's adapter and receive job.
    std::string receiving;
};

}  // namespace courant::test
