// What the place where we print can show.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace courant::example {

/// Whether colours may be used.
enum class Colours { none, ansi };

/// Columns of a stream's terminal; 80 where it is none, so that files and logs look like one.
std::size_t columns_of(int descriptor);

/// Colours only on a terminal that is not dumb, and where NO_COLOR is unset or empty.
Colours colours_of(int descriptor);

/// The text in a colour (the number of an SGR sequence: 33 is yellow), or as it is.
std::string coloured(std::string_view text, std::string_view sgr, Colours colours);

/// How many columns a text takes: its characters, without SGR sequences.
std::size_t width(std::string_view text);

/// The text with blanks after it, or before it, up to a width.
std::string left(std::string text, std::size_t columns);
std::string right(std::string text, std::size_t columns);

/// A whole number with thin gaps between thousands: "35 136".
std::string grouped(std::size_t number);

}  // namespace courant::example
