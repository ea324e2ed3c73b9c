// The two commands by which others ask for the past: ours, and that of the Quoalise client.
//
//     urn:courant:0#history   series, from, to;         a page, and where the next one begins; of
//                             request, until, readings, a named request also how far it is, and at
//                             digest; or cancel         last its count and digest
//     get_history             identifier, start_time,   the whole range, or a refusal where it is
//                             end_time                  too much for one answer
//
// Both are answered by the HistoryDesk, which decides who may read what.
//
// Protocol: schemas/PROTOCOL.md, "Questions".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jobs/history_desk.hpp"
#include "proxy-core/config/config.hpp"
#include "proxy-core/federation/commands.hpp"

namespace courant {

inline constexpr std::string_view history_node = "urn:courant:0#history";
inline constexpr std::string_view quoalise_history_node = "get_history";

/// Our command; `desk` outlives it.
Command history_command(HistoryDesk& desk, const Jid& self);

/// The Quoalise client's command, for series that have a name there.
Command quoalise_history_command(HistoryDesk& desk, const Jid& self,
                                 std::vector<QuoaliseName> names);

}  // namespace courant
