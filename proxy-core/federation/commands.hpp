// Ad-hoc commands (XEP-0050): what one proxy, or a person's client, can ask another one to do.
//
//     Commands commands(self, {.send = …, .post = …, .later = …});
//     commands.offer({.node = "get_history", .title = "Get history", .may_run = …, .form = …,
//                     .run = [&](CommandQuestion question, CommandReply reply) {
//                         desk.take(std::move(question), std::move(reply)); }});
//     if (commands.take(iq, now)) return;           // ours, and answered sooner or later
//
// A command is run in one stage, where its form comes filled in with the first request, or in two,
// where the form is asked for first. Between the two stands a session: an id that counts only for
// the full JID that it was given to. One-stage requests leave nothing behind. An id that nobody has
// given out begins anew, as deployed servers do it.
//
// Whether somebody may run a command is asked of the store, each time, and the handler passes its
// work on; both answer later, so that neither a slow disk nor a slow app holds up the stanzas of
// others. What is under way is bounded for each asker and in all, and so are the sessions.
//
// Refusals are iq errors and never notes: that is what the deployed clients read.
//
// Thread: belongs to the federation thread; a CommandReply may be used from any. Who runs commands
// ends before the one that owns this.
// Protocol: schemas/PROTOCOL.md, "Questions".
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "proxy-core/federation/form.hpp"
#include "proxy-core/federation/jid.hpp"
#include "proxy-core/federation/lane.hpp"
#include "proxy-core/mailbox/mailboxes.hpp"

namespace courant {

inline constexpr std::string_view commands_namespace = "http://jabber.org/protocol/commands";
inline constexpr std::string_view stanza_errors = "urn:ietf:params:xml:ns:xmpp-stanzas";
inline constexpr std::string_view quoalise_namespace = "urn:quoalise:0";

/// Why a command is not run, or did not succeed.
struct CommandRefusal {
    enum class Kind {
        forbidden,       ///< the asker is nobody here: auth/forbidden
        not_authorized,  ///< the same toward the Quoalise client: cancel/not-authorized
        bad_request,     ///< a field is missing or wrong: modify/bad-request
        not_found,       ///< no such command: cancel/item-not-found
        busy,            ///< too much at once: wait/resource-constraint
        upstream,        ///< the app refused or is away: undefined-condition and <upstream-error>
        failed,          ///< our own fault: cancel/undefined-condition
    };
    Kind kind = Kind::failed;
    /// For a person: what happened and what to do. Never empty.
    std::string text;
    /// Of `upstream`: who refused, and its code. Never empty there: the deployed client fails
    /// without.
    std::string issuer = {};
    std::string code = {};

    bool operator==(const CommandRefusal&) const = default;
};

/// What came of a command.
struct CommandAnswer {
    Form form;
    /// XML that stands beside the form.
    std::string payload = {};
};

using CommandOutcome = tl::expected<CommandAnswer, CommandRefusal>;

/// What somebody asks.
struct CommandQuestion {
    Jid asker;  ///< full
    Form form;  ///< filled in
    Time now;
    /// Requested when nobody waits for the answer any more.
    std::stop_token stop;
};

/// Takes the outcome, once; from any thread. Copies are one: if the last goes without having been
/// called, the asker hears of a fault.
class CommandReply {
  public:
    explicit CommandReply(std::function<void(CommandOutcome)> answer);
    void operator()(CommandOutcome outcome) const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

/// What somebody wants to see of the items behind a command: a page (XEP-0059).
struct ItemsQuestion {
    Jid asker;  ///< full
    /// The items behind this one; empty: from the first.
    std::string after = {};
    /// At most so many, if the asker said how many.
    std::optional<std::size_t> most = {};
    Time now = {};
};

/// One item of XEP-0030.
struct CommandItem {
    /// By which XEP-0059 knows it.
    std::string id;
    std::string node;
    std::string name = {};
};
using ItemsOutcome = tl::expected<std::vector<CommandItem>, CommandRefusal>;
/// Takes them, once; from any thread.
using ItemsReply = std::function<void(ItemsOutcome)>;

/// A command that is offered.
struct Command {
    std::string node;
    std::string title;
    /// Why this asker may not run it; nothing: it may. In the store's transaction.
    std::function<std::optional<CommandRefusal>(Mailboxes&, const Jid& asker, Time now)> may_run;
    /// The form to be filled in.
    std::function<Form(Time now)> form;
    /// Passes the question on, and returns.
    std::function<void(CommandQuestion, CommandReply)> run;
    /// What disco#items lists at its node, to who may run it; without this nothing. Passes the
    /// question on, and returns.
    std::function<void(ItemsQuestion, ItemsReply)> items = {};
};

/// Bounds on what others can make us hold.
struct CommandLimits {
    std::size_t sessions = 256;
    std::size_t sessions_per_asker = 8;
    std::chrono::seconds session_age{600};
    /// Commands under way.
    std::size_t running = 32;
    std::size_t running_per_asker = 4;
};

/// What the commands need of who owns them.
struct CommandSurroundings {
    /// Sends a stanza, sooner or later.
    std::function<void(std::string stanza)> send;
    /// Has a work done by the store; `done` is called on our thread.
    std::function<void(Work, std::function<void(std::exception_ptr)> done)> post;
    /// Has something done on our thread. From any.
    std::function<void(std::function<void()>)> later;
    /// The clock of readings.
    std::function<Time()> clock;
};

/// For Command::may_run: whoever is admitted (access/admission.hpp).
std::function<std::optional<CommandRefusal>(Mailboxes&, const Jid&, Time)> peers_only(
    Jid self, CommandRefusal::Kind kind = CommandRefusal::Kind::forbidden);

/// The commands of one proxy: offers them, and answers who asks.
class Commands {
  public:
    Commands(Jid self, CommandSurroundings surroundings, CommandLimits limits = {});
    ~Commands();
    Commands(const Commands&) = delete;
    Commands& operator=(const Commands&) = delete;

    /// Offers a command; before the first take().
    void offer(Command command);
    /// Takes an `<iq>`; false where it is none of ours.
    bool take(const Element& iq, Instant now);
    /// Nobody waits any more: our session is gone, and its askers know us under another JID.
    void session_lost();

    /// Sessions that wait for their second stage.
    std::size_t sessions() const { return sessions_.size(); }
    /// Commands under way.
    std::size_t running() const { return running_.size(); }

  private:
    struct Session {
        Jid asker;
        std::string node;
        Instant began;
    };
    /// A request that waits for its answer.
    struct Request {
        Jid asker;
        std::string id;  ///< of its iq
        std::string node;
        std::string session;  ///< empty until it has one
        std::stop_source stop = {};
    };
    using Number = std::uint64_t;

    bool discover(const Element& iq, const Element& query, const Jid& asker);
    void list(const Element& iq, const Jid& asker);
    bool may_list(const Element& iq);
    void list_items(const Element& iq, const Element& query, const Command& command,
                    const Jid& asker);
    void execute(const Element& iq, const Element& element, const Jid& asker, Instant now);
    void cancel(const Element& iq, const Jid& asker, const std::string& node,
                const std::string& session);
    bool has_room_for(const Jid& asker) const;
    void permitted(Number number, const Command& command, std::optional<Form> form, Instant now);
    void ask_to_fill_in(const Request& request, const Command& command);
    void finished(Number number, const CommandOutcome& outcome);
    bool is_session(const std::string& id, const Jid& asker, const std::string& node) const;
    std::string begin_session(const Jid& asker, const std::string& node, Instant now);
    void forget_old(Instant now);
    std::string session_id() const;

    Jid self_;
    CommandSurroundings surroundings_;
    CommandLimits limits_;
    std::map<std::string, Command, std::less<>> commands_;  ///< by node
    std::map<std::string, Session, std::less<>> sessions_;  ///< by id
    std::deque<std::string> session_order_;                 ///< oldest first
    std::map<Number, Request> running_;
    Number next_ = 1;
    std::size_t lists_ = 0;  ///< being made
};

}  // namespace courant
