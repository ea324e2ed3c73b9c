// What a Quoalise client gets: `<quoalise>` of `urn:quoalise:0`, in the part of SenML that the
// deployed client reads as it is meant.
//
//     const auto written = written_for_quoalise(message, pack, names, "lorient.example");
//
// That client reads one `<data>` of a stanza and no more, so every series, and every unit of it,
// goes in a stanza of its own. It adds `bt` and `t` and concatenates `bu` and `u`: they stand once.
// It cannot be without a `<meta>`, and reads numbers only. It answers nothing; so a ping to our own
// server follows, whose answer says that the server has taken everything before it, for servers
// handle what a session sends in its order (RFC 6120 section 10.1). Why not when it was given to
// the transport: what lies in a socket when it breaks is gone.
//
// Protocol: schemas/PROTOCOL.md, "Other dialects".
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy-core/federation/written.hpp"
#include "senml/pack.hpp"

namespace courant {

/// The names that clients have for series: by series, in SenML spelling. What has none goes under
/// its own.
using QuoaliseNames = std::map<std::string, std::string, std::less<>>;

/// A deployed provider sends 100 records a second at most; as bytes of what we write.
inline constexpr std::int64_t quoalise_bytes_per_second = 4'000;

/// How a pack is cut for that client: places of records, each run of one series and unit.
struct QuoaliseParts {
    std::vector<std::vector<std::size_t>> parts;
    /// Of texts and other things that it cannot read.
    std::vector<std::size_t> unreadable;
};
QuoaliseParts quoalise_parts(const senml::Pack& pack);

/// Appends `<quoalise>` with those records, which are numbers of one series and unit; maybe none.
void append_quoalise(std::string& out, std::string_view identifier, std::string_view series,
                     const senml::Pack& pack, std::span<const std::size_t> records);

/// The stanzas of a message whose pack is this one; the ping goes to `server`.
Written written_for_quoalise(const Message& message, const senml::Pack& pack,
                             const QuoaliseNames& names, std::string_view server);

/// Which part of which message the id of a stanza of ours names: lane, number and the part's place;
/// nothing for other ids.
struct QuoalisePush {
    LaneId lane;
    Seq seq = 0;
    std::size_t part = 0;
};
std::optional<QuoalisePush> quoalise_push_from(std::string_view id);

}  // namespace courant
