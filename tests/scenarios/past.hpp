// An app with a past for scenarios, and the two commands that answer for it.
#pragma once

#include <functional>
#include <memory>

#include "proxy-core/config/config.hpp"
#include "proxy-core/federation/commands.hpp"
#include "proxy-core/mailbox/store_thread.hpp"

namespace courant::test {

/// Of the proxy's series school@…/pv/power there are 10 readings from 2026-11-20T00:00:00Z on, one
/// a minute; away/power belongs to an app that is away. Four readings fill a page.
/// The names that a Quoalise client has for a proxy's series: "urn:dev:prm:1_power" for pv/power,
/// and so on.
std::vector<QuoaliseName> client_names(const Jid& self);

class Past {
  public:
    Past(const Jid& self, StoreThread& store);
    ~Past();
    Past(const Past&) = delete;
    Past& operator=(const Past&) = delete;

    /// What the proxy is to offer; must not outlive this.
    std::vector<Command> commands() const;

  private:
    struct Desk;
    Jid self_;
    std::unique_ptr<Desk> desk_;
};

}  // namespace courant::test
