// Who asked for the past of what, under which grant, and what came of it.
//
//     const auto id = m.calls().begin({.asker = coop, .request = "r1", .series = …, .from = …,
//                                      .to = …, .grant = "G", .last_at = now});
//     … the app is asked, and not before that is committed …
//     m.calls().end(id, {.state = CallState::ok, .readings = 48, .through = …}, now);
//
// A part of the mailboxes (Mailboxes::calls). A person may ask who has looked at the data about
// them; so a call stands in the book before it is made, and the store itself lets none in without a
// grant for its asker that is valid at that time (schemas/migrations). A program that dies
// meanwhile leaves it there as started.
//
// A request of years is many pages and one row: all that was asked for under one id, series and
// grant.
//
// Every member is one step of a transaction. Thread: one at a time, as Mailboxes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/federation/jid.hpp"
#include "proxy-core/mailbox/message.hpp"

namespace courant {

/// How a call is.
enum class CallState {
    started,   ///< under way, or between two pages
    ok,        ///< answered to its end
    failed,    ///< the last page was not answered
    cancelled  ///< its asker no longer wants it
};
std::string_view to_word(CallState state);
std::optional<CallState> call_state_from(std::string_view word);

/// One request for the past of one series.
struct RecordedCall {
    std::int64_t id = 0;
    /// Bare.
    Jid asker = {};
    /// The asker's own name for it.
    std::string request = {};
    /// SenML spelling.
    std::string series = {};
    /// What was asked for: its first time, and the first one no longer in it.
    Time from = {};
    Time to = {};
    std::string grant = {};
    /// When the first page was asked for, and when the last one.
    Time called_at = {};
    Time last_at = {};
    std::int64_t pages = 1;
    CallState state = CallState::started;
    /// Why it failed, for our operator.
    std::string error = {};
    /// How many went out under it, and the time before which all have.
    std::int64_t readings = 0;
    std::optional<Time> through = {};
    /// What the last page said of everything so far (federation/reading_chain.hpp).
    std::string digest = {};
    /// Nothing while it is started.
    std::optional<Time> finished_at = {};

    bool operator==(const RecordedCall&) const = default;
};

/// What came of a page.
struct CallEnd {
    /// `started`: there is more to ask for.
    CallState state = CallState::ok;
    std::string error = {};
    /// Of this page.
    std::int64_t readings = 0;
    std::optional<Time> through = {};
    std::string digest = {};
};

/// The calls. Throws StoreError.
class CallBook {
  public:
    virtual ~CallBook() = default;

    /// Begins a call, or another page of one: `asker`, `request`, `series`, `from`, `to`, `grant`
    /// count, and `last_at` is now. Its id. Throws where no grant lets it be made.
    virtual std::int64_t begin(const RecordedCall& call) = 0;
    /// Notes what came of a page; nothing for a call that has been cancelled meanwhile.
    virtual void end(std::int64_t id, const CallEnd& end, Time now) = 0;
    /// Its asker wants no more of a request; how many calls that ended.
    virtual std::int64_t cancel(const Jid& asker, std::string_view request, Time now) = 0;
    /// Those with an id above `after`, in order.
    virtual std::vector<RecordedCall> calls(std::int64_t after, std::int64_t most) = 0;
    /// How many there are.
    virtual std::int64_t count() = 0;
    /// Forgets calls of which nothing was heard since `before`, the oldest first and at most
    /// `most`; how many that were.
    virtual std::int64_t purge(Time before, std::int64_t most) = 0;
    /// Puts a call there as it was in another store, but for its id.
    virtual void restore(const RecordedCall& call) = 0;
};

}  // namespace courant
