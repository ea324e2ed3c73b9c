#include "proxy-core/mailbox/detail/postgres_fault.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <pqxx/except>
#include <string_view>

namespace courant::detail {
namespace {

// On one line, and without the password should libpq ever quote it.
std::string told(const std::exception& failure, const Secret& password) {
    std::string text = failure.what();
    if (!password.empty())
        for (auto at = text.find(password.reveal()); at != std::string::npos;
             at = text.find(password.reveal(), at + 3))
            text.replace(at, password.reveal().size(), "***");
    std::replace(text.begin(), text.end(), '\n', ' ');
    std::replace(text.begin(), text.end(), '\t', ' ');
    while (text.ends_with(' ') || text.ends_with('.')) text.pop_back();
    return text;
}

std::string state_of(const std::exception& failure) {
    const auto* refused = dynamic_cast<const pqxx::sql_error*>(&failure);
    if (refused != nullptr) return refused->sqlstate();
    if (dynamic_cast<const pqxx::deadlock_detected*>(&failure) != nullptr) return "40P01";
    if (dynamic_cast<const pqxx::transaction_rollback*>(&failure) != nullptr) return "40001";
    return {};
}

// Shutting down, crashed, starting up; or no connection at all.
bool means_gone(std::string_view state) {
    return state.starts_with("08") || state == "57P01" || state == "57P02" || state == "57P03" ||
           state == "25P03" || state == "57P05";
}

// Serialization, deadlock, and the wait for a lock, which ends long before a deadlock is looked
// for.
bool means_conflict(std::string_view state) {
    return state == "40001" || state == "40P01" || state == "55P03";
}

constexpr std::string_view nothing_lost =
    "Nothing of this was stored, and nothing that was stored before is lost.";

}  // namespace

std::exception_ptr postgres_fault(const std::exception& failure, const std::string& place,
                                  const Secret& password, bool open, std::source_location where) {
    const auto text = told(failure, password);
    const auto state = state_of(failure);
    const auto make = [&]<class Fault>(const std::string& what, Retry retry) {
        return std::make_exception_ptr(Fault(place + ": " + what, retry, where));
    };
    if (!open || means_gone(state))
        return make.operator()<ConnectionLost>(
            fmt::format("the database is gone ({}). What is not stored waits; we connect again.",
                        text),
            Retry::worthwhile);
    if (means_conflict(state))
        return make.operator()<TransactionConflict>(
            fmt::format("others have been working on the same in the database for too long ({}). "
                        "{}",
                        text, nothing_lost),
            Retry::worthwhile);
    if (state.starts_with("53"))
        return make.operator()<StoreError>(
            fmt::format("the database has no room left, or no memory ({}). {} Make room there.",
                        text, nothing_lost),
            Retry::worthwhile);
    if (state == "25006")
        return make.operator()<StoreError>(
            fmt::format("this database takes no changes ({}): it may be a standby. Let store.url "
                        "name the primary.",
                        text),
            Retry::worthwhile);
    if (state == "42501")
        return make.operator()<StoreError>(
            fmt::format("the role may not do this ({}). It must own the schema, or be allowed to "
                        "create one in this database.",
                        text),
            Retry::useless);
    return make.operator()<StoreError>(fmt::format("the database refused this: {}", text),
                                       Retry::useless);
}

ConnectionLost no_connection(const std::exception& failure, const std::string& place,
                             const Secret& password, std::source_location where) {
    return {fmt::format("{}: no connection to the database: {}. Check that it runs, and what "
                        "store.url says.",
                        place, told(failure, password)),
            Retry::worthwhile, where};
}

}  // namespace courant::detail
