// Asks others to run a command (XEP-0050), and tells what came of it: an answer, a refusal, or
// silence.
//
//     CommandRequester requester([&](std::string stanza) { transport.send(stanza); }, "h1");
//     requester.ask({.to = coop, .node = "get_history", .form = …}, now, [&](CommandResult result)
//     { … });
//     requester.take(stanza, now);    // every stanza that comes; true: it was for us
//     requester.tick(now);            // now and then: ends what waits too long
//
// An iq reaches a full JID only, and a peer is known by its bare one. So who is asked by the bare
// JID is first sent `<where/>`, which its proxy answers with `<here/>` from the session that it
// has. It is remembered until that session is gone, and then asked for again, once.
//
// Thread: belongs to whoever owns the transport. Time is passed in, never read.
// Protocol: schemas/PROTOCOL.md, "Questions".
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "proxy-core/federation/form.hpp"
#include "proxy-core/federation/jid.hpp"
#include "proxy-core/federation/lane.hpp"
#include "proxy-core/federation/stanza.hpp"

namespace courant {

/// A command to be run by somebody else.
struct CommandRequest {
    /// Full, or bare where a proxy of ours answers for it.
    Jid to;
    std::string node;
    /// Filled in; without one only the form is asked for.
    std::optional<Form> form = {};
    /// How long the answer may take.
    std::chrono::milliseconds patience{120'000};
};

/// Why there is no answer.
struct CommandFailure {
    enum class Kind {
        refused,       ///< the other one, or a server on the way, says no
        no_answer,     ///< nothing came in time
        session_lost,  ///< our own session ended first
    };
    Kind kind = Kind::no_answer;
    /// For a person.
    std::string text;
    /// Of `refused`: RFC 6120's type and condition, "auth" and "forbidden".
    std::string type = {};
    std::string condition = {};

    /// Whether the same question may be answered later without anybody changing anything.
    bool worth_retrying() const { return kind != Kind::refused || type == "wait"; }
};

/// The `<command>` of the answer.
using CommandResult = tl::expected<Element, CommandFailure>;
using CommandDone = std::function<void(CommandResult)>;

/// Questions under way.
class CommandRequester {
  public:
    /// `mark` tells our ids from others of the same session.
    CommandRequester(std::function<void(std::string stanza)> send, std::string mark);

    /// Asks; `done` is called once, from within a later call of another member.
    void ask(CommandRequest request, Instant now, CommandDone done);
    /// Takes a stanza; false where it answers nothing of ours.
    bool take(const Element& stanza, Instant now);
    /// Ends what has waited too long.
    void tick(Instant now);
    /// When tick() will have something to do.
    std::optional<Instant> next() const;
    /// Our session is gone, and no answer will come.
    void session_lost();

  private:
    struct Waiting {
        CommandRequest request;
        CommandDone done;
        Instant until;
        std::optional<Jid> asked;  ///< full; nothing while we ask where it is
        bool may_look_again = true;
    };
    using Questions = std::map<std::string, Waiting, std::less<>>;

    void send(Waiting waiting, Instant now);
    bool answered(Questions::iterator question, const Element& iq, Instant now);
    bool found(const Element& message, Instant now);
    void refused(Questions::iterator question, const Element& stanza, Instant now);
    void end(Questions::iterator question, CommandResult result);
    std::string new_id();

    std::function<void(std::string)> send_;
    std::string mark_;
    std::uint64_t asked_ = 0;
    Questions questions_;        ///< by the id of the stanza that waits for an answer
    std::map<Jid, Jid> places_;  ///< full JIDs, by bare ones
};

}  // namespace courant
