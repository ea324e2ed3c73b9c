// What the database's complaints mean: for the transaction, and for people.
#pragma once

#include <exception>
#include <source_location>
#include <string>

#include "proxy-core/config/secret.hpp"
#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant::detail {

/// The connection is gone, and with it everything that was not committed.
class ConnectionLost : public StoreError {
  public:
    using StoreError::StoreError;
};

/// The database ended this transaction because it stood in another's way: worth running again at
/// once.
class TransactionConflict : public StoreError {
  public:
    using StoreError::StoreError;
};

/// Translates what libpqxx threw; `open` says whether there is still a connection. Nothing of
/// `password` is in the answer.
std::exception_ptr postgres_fault(const std::exception& failure, const std::string& place,
                                  const Secret& password, bool open, std::source_location where);

/// Why no connection came about.
ConnectionLost no_connection(const std::exception& failure, const std::string& place,
                             const Secret& password, std::source_location where);

}  // namespace courant::detail
