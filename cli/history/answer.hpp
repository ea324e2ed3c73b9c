// What a peer answers to a question for the past, looked at before anybody uses it.
//
//     HistoryTally tally;
//     auto answer = history_answer(command, {series, from, to}, tally);
//     if (!answer) complain(answer.error());
//
// A page that goes back would never end, and readings of something else would stand in the file for
// ever. Count and digest of the whole request are calculated here, too, and have to be the peer's.
//
// Protocol: schemas/PROTOCOL.md, "Questions".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "proxy-core/adapter.hpp"
#include "proxy-core/federation/reading_chain.hpp"
#include "proxy-core/federation/stanza.hpp"
#include "proxy-core/mailbox/message.hpp"

namespace courant::cli {

/// A page, or when to ask again.
struct HistoryAnswer {
    senml::Pack readings = {};
    /// Where the next page begins; nothing: what was asked for ends here.
    std::optional<Time> next = {};
    /// The peer's app may not be asked before; then there is nothing else.
    std::optional<Time> after = {};
};

/// What has come of a request so far.
struct HistoryTally {
    std::int64_t readings = 0;
    ReadingChain digest = {};
    /// The peer counted and digested all of it, too. One of an older version does not.
    bool confirmed = true;
};

/// The answer in the `<command>` to that question; the tally goes on with it. Or what is wrong with
/// it, for a person, and the tally stays.
tl::expected<HistoryAnswer, std::string> history_answer(const Element& command,
                                                        const HistoryRange& asked,
                                                        HistoryTally& tally);

}  // namespace courant::cli
