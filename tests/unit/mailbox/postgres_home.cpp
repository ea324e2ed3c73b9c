#include "tests/unit/mailbox/postgres_home.hpp"

#include <fmt/format.h>

#include <pqxx/pqxx>

namespace courant::test {
namespace {

int homes = 0;

std::string ask(const std::string& statement) {
    pqxx::connection connection(PostgresHome::server().url());
    const pqxx::quiet_errorhandler quiet(connection);
    pqxx::nontransaction channel(connection);
    const auto answer = channel.exec(statement);
    return answer.empty() || answer[0][0].is_null() ? "" : answer[0][0].c_str();
}

}  // namespace

PostgresServer& PostgresHome::server() {
    static PostgresServer server;
    return server;
}

PostgresHome::PostgresHome() : schema_(fmt::format("home{}", ++homes)) {}

PostgresHome::~PostgresHome() {
    try {
        ask(fmt::format("DROP SCHEMA IF EXISTS {} CASCADE", schema_));
    } catch (const std::exception&) {
        // It goes with the cluster.
    }
}

PostgresOptions PostgresHome::options() const {
    PostgresOptions options;
    options.url = Secret(server().url());
    options.schema = schema_;
    return options;
}

std::unique_ptr<Store> PostgresHome::open(const MailboxLimits& limits) const {
    auto store = open_guarded(limits);
    lift_guard();
    return store;
}

void PostgresHome::lift_guard() const {
    sql("DROP TRIGGER IF EXISTS outbox_granted ON outbox");
}

std::unique_ptr<Store> PostgresHome::open_guarded(const MailboxLimits& limits) const {
    auto options = this->options();
    options.limits = limits;
    return open_postgres_store(options);
}

std::string PostgresHome::sql(const std::string& statement) const {
    return ask(fmt::format("SET search_path = {}; ", schema_) + statement);
}

}  // namespace courant::test
