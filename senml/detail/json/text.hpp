// Strings as JSON spells them (RFC 8259 section 7).
#pragma once

#include <string>
#include <string_view>

namespace courant::senml::detail {

/// Appends a text as a JSON string spells it, without the quotes.
void append_json_characters(std::string& out, std::string_view text);

/// Appends a text as JSON string, quotes included.
void append_json_string(std::string& out, std::string_view text);

/// What an escape turned out to be.
struct Escape {
    const char* end = nullptr;  ///< null if it is none
    std::string_view fault;     ///< what is wrong then
};

/// Appends what the escape at `p`, a backslash, stands for. Half a surrogate pair is none.
Escape append_escape(std::string& out, const char* p, const char* end);

/// Replaces `out` by what a JSON string, quotes included, says; false if it is none.
bool decode_json_string(std::string_view json, std::string& out);

}  // namespace courant::senml::detail
