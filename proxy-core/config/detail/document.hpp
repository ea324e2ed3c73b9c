// The configuration file as a tree that knows its lines: the one place that knows toml++.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proxy-core/config/detail/faults.hpp"

namespace courant::detail {

/// One value of the file.
struct Node {
    struct Entry;
    using List = std::vector<Node>;
    using Table = std::vector<Entry>;

    /// A date or time, which no key of ours is.
    struct Moment {};

    std::variant<std::string, std::int64_t, double, bool, Moment, List, Table> value;
    /// 1 for the first line.
    int line = 0;

    /// The value if it is of that type, else null.
    template <typename T>
    const T* as() const {
        return std::get_if<T>(&value);
    }
    /// The entry of that key; null where there is none, or this is no table.
    const Node* find(std::string_view key) const;
    /// What it is, for a person: "a text", "a whole number".
    std::string_view what() const;
};

/// One key of a table and what it holds.
struct Node::Entry {
    std::string key;
    Node node;
};

/// Gives the value of an environment variable, if it is set.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

/// Reads a whole file, keys in the order of their lines, `${NAME}` replaced. Throws ConfigError
/// where it is no TOML; a variable that is not set goes to `faults`.
Node read_document(std::string_view text, const std::string& file, const Environment& environment,
                   Faults& faults);

}  // namespace courant::detail
