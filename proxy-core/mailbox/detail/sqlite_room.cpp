// How much room the file takes and may take, and how it gives back what it no longer needs.
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

#include "proxy-core/mailbox/detail/sqlite_mailboxes.hpp"

namespace courant::detail {
namespace {

struct Pages {
    std::int64_t size;
    std::int64_t all;
    std::int64_t empty;
};

Pages pages(SqliteConnection& connection) {
    Query query(connection,
                "SELECT page_size, page_count, freelist_count "
                "FROM pragma_page_size, pragma_page_count, pragma_freelist_count");
    query.step();
    return {query.integer(0), query.integer(1), query.integer(2)};
}

// How large this process may make a file (`ulimit -f`); nothing if as large as it likes.
std::optional<std::int64_t> process_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return std::nullopt;
    return static_cast<std::int64_t>(
        std::min<rlim_t>(limit.rlim_cur, std::numeric_limits<std::int64_t>::max()));
}

// The lesser of what is known already and one more bound.
void bound(std::optional<std::int64_t>& known, std::int64_t more) {
    known = std::max<std::int64_t>(0, std::min(known.value_or(more), more));
}

}  // namespace

StoreRoom SqliteMailboxes::room() {
    const Pages now = pages(connection_);
    const std::int64_t file = now.all * now.size;
    StoreRoom room{.bytes = file, .empty = now.empty * now.size, .growth = {}, .capacity = {}};
    std::error_code failure;
    const auto disk = std::filesystem::space(connection_.path().parent_path(), failure);
    if (!failure) {
        room.growth = static_cast<std::int64_t>(disk.available);
        room.capacity = static_cast<std::int64_t>(disk.capacity);
    }
    for (const auto& limit : {connection_.own_limit(), process_limit()}) {
        if (!limit) continue;
        bound(room.growth, *limit - file);
        bound(room.capacity, *limit);
    }
    return room;
}

std::int64_t SqliteMailboxes::give_back(std::int64_t bytes) {
    const Pages before = pages(connection_);
    Pages now = before;
    while ((before.all - now.all) * now.size < bytes) {
        // 64 pages at a time; their number is no parameter.
        Query(connection_, "PRAGMA incremental_vacuum(64)").run();
        const Pages after = pages(connection_);
        if (after.all == now.all) break;
        now = after;
    }
    return (before.all - now.all) * now.size;
}

}  // namespace courant::detail
