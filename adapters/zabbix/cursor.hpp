// Where a source stands with all its series, as the one opaque text that Courant keeps for it.
//
// JSON, with the stamps of each series packed: differences in base 36, so that a regular series
// costs four or five bytes a value. Series are kept by name, not by item number: an item that is
// deleted and made again goes on where it was.
//
// A fault of a series (its item is gone) is part of the state, so that it is reported when it
// begins and not at every pull.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "adapters/zabbix/paging.hpp"

namespace courant::zabbix {

/// Where one series stands.
struct SeriesState {
    Position position;
    /// The fault that was reported last; empty while all is well.
    std::string fault;

    bool operator==(const SeriesState&) const = default;
};

/// Where all series stand.
struct Cursor {
    std::map<std::string, SeriesState, std::less<>> series;
    /// The series to begin with, so that a backlog of one starves no other.
    std::string next;

    /// Reads what text() wrote; the empty text is the very beginning. An Error where it is
    /// something else.
    static Cursor parse(std::string_view text);
    std::string text() const;

    bool operator==(const Cursor&) const = default;
};

/// Stamps as text: "1795150244.3f 1o. .7z", each the seconds since the one before and the
/// nanoseconds, in base 36.
std::string pack_stamps(const std::set<Stamp>& stamps);
/// The inverse; an Error where the text is none.
std::set<Stamp> unpack_stamps(std::string_view text);

}  // namespace courant::zabbix
