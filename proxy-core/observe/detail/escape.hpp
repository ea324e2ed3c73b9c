// Texts of unknown origin made safe for one line of a log.
//
// Broken UTF-8 becomes U+FFFD; control characters are escaped, those of C1 and the line separators
// U+2028/2029 included, since terminals and log readers act on them.
#pragma once

#include <string>
#include <string_view>

namespace courant::detail {

/// Appends the text with control characters as \n, \t, \u0007.
void append_escaped(std::string& out, std::string_view text);

/// Appends a field's value for people: as it is where that is unmistakable, else in quotes and
/// escaped.
void append_text_value(std::string& out, std::string_view text);

/// Appends a JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text);

}  // namespace courant::detail
