// The catalog on the wire: `<catalog xmlns='urn:courant:0'>` with a `<series/>` for each entry.
//
// What comes in is a peer's: texts are cut to a length, and what is no number, time or sample is
// left out. Whoever shows it to a person makes it safe for that (one_line).
//
// Protocol: schemas/PROTOCOL.md, "What there is".
#pragma once

#include <cstddef>
#include <string>
#include <tl/expected.hpp>

#include "proxy-core/catalog/catalog.hpp"
#include "proxy-core/federation/stanza.hpp"

namespace courant {

/// As many entries of the page as take no more than so many bytes, and one at least. What is left
/// over comes with the next page.
std::string catalog_element(const CatalogPage& page, std::size_t most_bytes);

/// A page that somebody sent: `more` where it says that there is. The error is for a person.
tl::expected<CatalogPage, std::string> catalog_in(const Element& catalog);

}  // namespace courant
