// A received stanza as a small tree, read with bounds, with the packs left as text.
//
// Everything that came from the network passes here once. Elements of the SenML namespace are not
// expanded: a pack of 500 records is one node whose text goes to the SenML reader as it stands, so
// that a pack is never built twice. All other elements of our protocol are few and small.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace courant {

/// One element: expanded name, attributes, text and children.
struct Element {
    std::string name;
    std::string space;  ///< its namespace
    std::vector<std::pair<std::string, std::string>> attributes;
    std::string text;  ///< its own text, concatenated
    std::vector<Element> children;
    std::string source;  ///< of an element that is left as text: the element as it was received

    /// The value of an attribute without prefix; empty where it is missing.
    std::string_view attribute(std::string_view key) const;
    /// The first child of that name and namespace, or null.
    const Element* child(std::string_view child_name, std::string_view child_space) const;
};

/// Bounds on what is read.
struct StanzaLimits {
    std::size_t max_depth = 16;
    std::size_t max_elements = 4096;
};

/// Reads one stanza; the error says what is wrong with it.
tl::expected<Element, std::string> read_stanza(std::string_view text,
                                               const StanzaLimits& limits = {});

/// Appends text with the five characters of XML escaped, fit for element text and for attributes in
/// either quotes.
void append_escaped(std::string& out, std::string_view text);

/// Appends ` key='value'`, the value escaped.
void append_attribute(std::string& out, std::string_view key, std::string_view value);

}  // namespace courant
