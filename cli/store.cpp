#include "cli/store.hpp"

#include "proxy-core/mailbox/copy_store.hpp"
#include "proxy-core/mailbox/postgres_store.hpp"

namespace courant::cli {

std::unique_ptr<Store> open_store(const StoreConfig& store, Ownership ownership) {
    auto opened = open_even_if_moved(store, ownership);
    std::string moved;
    opened->read([&](Mailboxes& m) { moved = m.note(moved_note); });
    // Whoever went on with it would give out numbers a second time.
    if (!moved.empty())
        throw StoreError(place_of(store) + ": this store is no longer used: it was " + moved +
                             ". Let [store] name that one (courant store --help)",
                         Retry::useless);
    return opened;
}

std::unique_ptr<Store> open_even_if_moved(const StoreConfig& store, Ownership ownership) {
    if (is_shared(store)) {
        PostgresOptions options;
        options.url = store.url;
        options.schema = store.schema;
        return open_postgres_store(options);
    }
    SqliteOptions options;
    options.ownership = ownership;
    return open_sqlite_store(store.path, options);
}

std::string place_of(const StoreConfig& store) {
    return is_shared(store) ? postgres_place(store.url) : store.path.string();
}

}  // namespace courant::cli
