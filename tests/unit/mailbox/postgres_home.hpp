// A PostgreSQL store of a test's own.
#pragma once

#include <memory>
#include <string>

#include "proxy-core/mailbox/postgres_store.hpp"
#include "tests/support/postgres_server.hpp"

namespace courant::test {

/// A schema with one store in it, in the cluster that all tests of this program share.
class PostgresHome {
  public:
    PostgresHome();
    ~PostgresHome();
    PostgresHome(const PostgresHome&) = delete;
    PostgresHome& operator=(const PostgresHome&) = delete;

    /// Opens the store, as often as the test likes. Messages need no grant in it: most tests are
    /// about what becomes of a message that may go.
    std::unique_ptr<Store> open(const MailboxLimits& limits) const;
    /// The same as it is in the program.
    std::unique_ptr<Store> open_guarded(const MailboxLimits& limits) const;
    /// From now on messages need no grant in it.
    void lift_guard() const;
    /// Another worker, or a command: all the same here.
    std::unique_ptr<Store> open_shared() const { return open({}); }
    /// How it is opened.
    PostgresOptions options() const;
    /// Runs a statement as the administrator, in the store's schema; the first value of its answer.
    std::string sql(const std::string& statement) const;

    /// The cluster.
    static PostgresServer& server();

  private:
    std::string schema_;
};

}  // namespace courant::test
