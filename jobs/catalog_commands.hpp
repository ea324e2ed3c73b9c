// The commands by which others ask what there is and who we are.
//
//     urn:courant:0#catalog     pattern, after, max   our series, as far as the asker may know of
//                                                     them; also by disco#items of that node
//     urn:courant:0#about       -                     our card
//     urn:courant:0#directory   after, max            our card and those of our peers that want to
//                                                     be listed
//
// Protocol: schemas/PROTOCOL.md, "What there is, and who we are".
#pragma once

#include <cstddef>
#include <string_view>

#include "jobs/catalog_desk.hpp"
#include "proxy-core/catalog/card.hpp"
#include "proxy-core/federation/commands.hpp"

namespace courant {

inline constexpr std::string_view catalog_node = "urn:courant:0#catalog";
inline constexpr std::string_view about_node = "urn:courant:0#about";
inline constexpr std::string_view directory_node = "urn:courant:0#directory";

/// What a page takes in a stanza, at most.
struct PageBytes {
    std::size_t most = 180'000;
};

/// `desk` outlives it.
Command catalog_command(const CatalogDesk& desk, PageBytes page);
/// For everybody.
Command about_command(const Card& card);
/// For peers. `card` is empty where we do not describe ourselves. `store` outlives it.
Command directory_command(const Jid& self, const Card& card, StoreThread& store, PageBytes page);

}  // namespace courant
