// Reading one item's history completely, in pages, when all that the server offers is "from this
// second on, at most so many, ordered by second".
//
// Within a second the order is arbitrary and there is no offset. So the next page begins at the
// last second of the page before, that second included, and what was emitted already is told apart
// by (clock, ns), Zabbix's own key. If a whole page lies within one second, it is asked again with
// twice the limit.
//
// A clock cannot see a value that arrives late. So once the end is reached, the next scan begins
// `overlap` before the newest value, and the stamps of all that was emitted since then are
// remembered. What is remembered is bounded: beyond the bound the window gets shorter, never
// shorter than the newest second.
//
// Values stamped later than now wait until their time has come; else one wrong clock would carry
// the window into the future, and everything real would be late for ever.
//
// Pure: the history is a function, the time is passed in.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace courant::zabbix {

/// When a value was taken; unique within an item.
struct Stamp {
    std::int64_t clock = 0;
    std::int32_t ns = 0;
    auto operator<=>(const Stamp&) const = default;
};

/// A value of the history, as Zabbix writes it.
struct Point {
    Stamp stamp;
    std::string value;
};

/// A page of history: values with `from <= clock <= till` ordered by clock, the first `limit` of
/// them.
using FetchPage =
    std::function<std::vector<Point>(std::int64_t from, std::int64_t till, std::size_t limit)>;

/// Where reading one item stands.
struct Position {
    /// The second where the next page begins.
    std::int64_t at = 0;
    /// From this second on, `seen` holds everything that was emitted.
    std::int64_t floor = 0;
    std::set<Stamp> seen;

    bool operator==(const Position&) const = default;
};

/// How to read.
struct Paging {
    std::size_t page = 1000;
    /// Seconds before the newest value that are read again.
    std::int64_t overlap = 0;
    /// The most stamps remembered.
    std::size_t remembered = 10'000;
};

/// What one page brought.
struct Page {
    /// Not emitted before, ordered by stamp.
    std::vector<Point> fresh;
    /// The history was read up to `till`.
    bool complete = false;
};

/// Reads the next page after `position` up to the second `till` and moves the position on. Where
/// `fetch` throws, the position stays.
Page read_page(Position& position, std::int64_t till, const Paging& paging, const FetchPage& fetch);

}  // namespace courant::zabbix
