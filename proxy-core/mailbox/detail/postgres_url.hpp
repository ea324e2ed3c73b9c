// Where a database is, as libpq understands it: a URL or a list of key=value.
#pragma once

#include <optional>
#include <string>

#include "proxy-core/config/secret.hpp"

namespace courant::detail {

/// A URL taken apart.
struct PostgresAddress {
    /// For libpq: what the URL says, and our defaults for what it leaves open.
    Secret connection;
    /// For people: "postgresql://user@host:5432/database".
    std::string place;
    /// What must never show.
    Secret password;
};

/// Nothing where libpq cannot read it.
std::optional<PostgresAddress> postgres_address(const Secret& url);

}  // namespace courant::detail
