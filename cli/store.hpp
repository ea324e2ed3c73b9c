// The store of a configuration, whichever it is: the one place that knows that there are two.
#pragma once

#include <memory>
#include <string>

#include "proxy-core/config/config.hpp"
#include "proxy-core/mailbox/mailboxes.hpp"
#include "proxy-core/mailbox/sqlite_store.hpp"

namespace courant::cli {

/// Opens it; throws StoreError if it has been moved elsewhere. Ownership counts for a SQLite file,
/// on which one process runs; a PostgreSQL database is shared in any case.
std::unique_ptr<Store> open_store(const StoreConfig& store, Ownership ownership);

/// The same with one that was moved: for who moves stores.
std::unique_ptr<Store> open_even_if_moved(const StoreConfig& store, Ownership ownership);

/// Where it is, for people: a path, or a URL without its password.
std::string place_of(const StoreConfig& store);

/// Whether several workers may run on it.
inline bool is_shared(const StoreConfig& store) {
    return !store.url.empty();
}

}  // namespace courant::cli
