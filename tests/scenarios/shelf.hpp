// What a proxy has for scenarios, and the commands that tell others of it.
#pragma once

#include <memory>
#include <vector>

#include "proxy-core/catalog/card.hpp"
#include "proxy-core/federation/commands.hpp"
#include "proxy-core/mailbox/store_thread.hpp"

namespace courant::test {

/// Series of the proxy's school@…: pv/power and secret/power, told to nobody without a grant;
/// index, told to peers; weather/temperature, told to everybody, with a sample.
class Shelf {
  public:
    Shelf(const Jid& self, StoreThread& store);
    ~Shelf();
    Shelf(const Shelf&) = delete;
    Shelf& operator=(const Shelf&) = delete;

    /// What the proxy is to offer; must not outlive this.
    std::vector<Command> commands() const;
    /// The card of an organisation of that name.
    static Card card(const std::string& name);

  private:
    struct Desk;
    Jid self_;
    StoreThread& store_;
    std::unique_ptr<Desk> desk_;
};

}  // namespace courant::test
