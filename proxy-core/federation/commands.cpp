#include "proxy-core/federation/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>

#include "proxy-core/access/admission.hpp"
#include "proxy-core/federation/features.hpp"
#include "proxy-core/federation/iq_reply.hpp"
#include "proxy-core/mailbox/lane_id.hpp"

namespace courant {
namespace {

using Kind = CommandRefusal::Kind;

std::string error_of(const CommandRefusal& refusal) {
    switch (refusal.kind) {
        case Kind::forbidden:
            return stanza_error("auth", "forbidden", refusal.text);
        case Kind::not_authorized:
            return stanza_error("cancel", "not-authorized", refusal.text);
        case Kind::bad_request:
            return stanza_error("modify", "bad-request", refusal.text);
        case Kind::not_found:
            return stanza_error("cancel", "item-not-found", refusal.text);
        case Kind::busy:
            return stanza_error("wait", "resource-constraint", refusal.text);
        case Kind::upstream: {
            std::string upstream = "<upstream-error";
            append_attribute(upstream, "xmlns", quoalise_namespace);
            append_attribute(upstream, "issuer", refusal.issuer);
            append_attribute(upstream, "code", refusal.code);
            return stanza_error("cancel", "undefined-condition", refusal.text, upstream + "/>");
        }
        case Kind::failed:
            break;
    }
    return stanza_error("cancel", "undefined-condition", refusal.text);
}

// Opens <command>; the caller closes it.
std::string open_command(std::string_view node, std::string_view session, std::string_view status) {
    std::string out = "<command";
    append_attribute(out, "xmlns", commands_namespace);
    append_attribute(out, "node", node);
    if (!session.empty()) append_attribute(out, "sessionid", session);
    append_attribute(out, "status", status);
    return out + '>';
}

std::string query_of(std::string_view space, std::string_view node, std::string_view content) {
    std::string out = "<query";
    append_attribute(out, "xmlns", space);
    append_attribute(out, "node", node);
    out += '>';
    out += content;
    return out + "</query>";
}

void append_item(std::string& out, std::string_view jid, std::string_view node,
                 std::string_view name) {
    out += "<item";
    append_attribute(out, "jid", jid);
    append_attribute(out, "node", node);
    if (!name.empty()) append_attribute(out, "name", name);
    out += "/>";
}

// The items, and for who pages through them the first and the last (XEP-0059).
std::string items_of(const std::vector<CommandItem>& items, std::string_view jid) {
    std::string out;
    for (const CommandItem& item : items) append_item(out, jid, item.node, item.name);
    out += "<set";
    append_attribute(out, "xmlns", result_set);
    if (items.empty()) return out + "/>";
    out += "><first>";
    append_escaped(out, items.front().id);
    out += "</first><last>";
    append_escaped(out, items.back().id);
    return out + "</last></set>";
}

ItemsQuestion items_question(const Element& query, const Jid& asker, Time now) {
    ItemsQuestion question{.asker = asker, .now = now};
    const Element* set = query.child("set", result_set);
    if (!set) return question;
    if (const Element* after = set->child("after", result_set)) question.after = after->text;
    if (const Element* max = set->child("max", result_set)) {
        std::size_t most = 0;
        const auto* const end = max->text.data() + max->text.size();
        const auto read = std::from_chars(max->text.data(), end, most);
        if (read.ec == std::errc{} && read.ptr == end) question.most = most;
    }
    return question;
}

std::string identity(std::string_view type, std::string_view name) {
    std::string out = "<identity category='automation'";
    append_attribute(out, "type", type);
    append_attribute(out, "name", name);
    return out + "/>";
}

}  // namespace

struct CommandReply::State {
    explicit State(std::function<void(CommandOutcome)> answer_) : answer(std::move(answer_)) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        if (!answered.exchange(true))
            answer(tl::unexpected(CommandRefusal{.text = "the proxy could not answer"}));
    }
    std::function<void(CommandOutcome)> answer;
    std::atomic<bool> answered{false};
};

CommandReply::CommandReply(std::function<void(CommandOutcome)> answer)
    : state_(std::make_shared<State>(std::move(answer))) {}

void CommandReply::operator()(CommandOutcome outcome) const {
    if (!state_->answered.exchange(true)) state_->answer(std::move(outcome));
}

std::function<std::optional<CommandRefusal>(Mailboxes&, const Jid&, Time)> peers_only(Jid self,
                                                                                      Kind kind) {
    return [self = std::move(self), kind](Mailboxes& m, const Jid& asker,
                                          Time now) -> std::optional<CommandRefusal> {
        auto refusal = admission(m, self, asker, now).refusal;
        if (refusal.empty()) return std::nullopt;
        return CommandRefusal{.kind = kind, .text = std::move(refusal)};
    };
}

Commands::Commands(Jid self, CommandSurroundings surroundings, CommandLimits limits)
    : self_(std::move(self)), surroundings_(std::move(surroundings)), limits_(limits) {}

Commands::~Commands() {
    session_lost();
}

void Commands::offer(Command command) {
    std::string node = command.node;
    commands_.insert_or_assign(std::move(node), std::move(command));
}

bool Commands::take(const Element& iq, Instant now) {
    const auto type = iq.attribute("type");
    if (iq.children.empty() || (type != "get" && type != "set")) return false;
    const auto asker = Jid::parse(iq.attribute("from"));
    if (!asker) return false;
    const Element& element = iq.children.front();
    if (type == "get" && element.name == "query") return discover(iq, element, *asker);
    if (type != "set" || element.name != "command" || element.space != commands_namespace)
        return false;
    execute(iq, element, *asker, now);
    return true;
}

// --- what there is

bool Commands::discover(const Element& iq, const Element& query, const Jid& asker) {
    const auto node = query.attribute("node");
    if (node == commands_namespace && query.space == disco_items) {
        list(iq, asker);
        return true;
    }
    const auto command = commands_.find(node);
    if (query.space == disco_items && command != commands_.end() && command->second.items) {
        list_items(iq, query, command->second, asker);
        return true;
    }
    if (query.space != disco_info) return false;
    if (node != commands_namespace && command == commands_.end()) return false;
    std::string content = node == commands_namespace
                              ? identity("command-list", "Ad-Hoc commands")
                              : identity("command-node", command->second.title);
    for (const std::string_view feature : {commands_namespace, data_forms}) {
        content += "<feature";
        append_attribute(content, "var", feature);
        content += "/>";
    }
    surroundings_.send(iq_reply(iq, "result", query_of(disco_info, node, content)));
    return true;
}

// What this asker may run, and nothing else: an offer that is always refused is none.
void Commands::list(const Element& iq, const Jid& asker) {
    if (!may_list(iq)) return;
    auto items = std::make_shared<std::string>();
    surroundings_.post(
        [this, items, asker, jid = std::string(iq.attribute("to")),
         now = surroundings_.clock()](Mailboxes& m) {
            items->clear();
            for (const auto& [node, command] : commands_) {
                if (command.may_run(m, asker, now)) continue;
                append_item(*items, jid, node, command.title);
            }
        },
        [this, items, from = std::string(iq.attribute("from")),
         id = std::string(iq.attribute("id"))](const std::exception_ptr& failure) {
            --lists_;
            surroundings_.send(
                failure
                    ? iq_reply(from, id, "error", stanza_error("wait", "internal-server-error", {}))
                    : iq_reply(from, id, "result",
                               query_of(disco_items, commands_namespace, *items)));
        });
}

// Whether one more list may be made; else that is told. One that may is counted in lists_.
bool Commands::may_list(const Element& iq) {
    if (lists_ < limits_.running) {
        ++lists_;
        return true;
    }
    surroundings_.send(
        iq_reply(iq, "error",
                 error_of({.kind = Kind::busy, .text = "too many questions at once; ask again"})));
    return false;
}

// What is behind a command, for who may run it.
void Commands::list_items(const Element& iq, const Element& query, const Command& command,
                          const Jid& asker) {
    if (!may_list(iq)) return;
    const auto answer = [this, from = std::string(iq.attribute("from")),
                         id = std::string(iq.attribute("id")), node = command.node,
                         jid = std::string(iq.attribute("to"))](const ItemsOutcome& outcome) {
        --lists_;
        if (!outcome)
            return surroundings_.send(iq_reply(from, id, "error", error_of(outcome.error())));
        surroundings_.send(
            iq_reply(from, id, "result", query_of(disco_items, node, items_of(*outcome, jid))));
    };
    auto refusal = std::make_shared<std::optional<CommandRefusal>>();
    const Time now = surroundings_.clock();
    surroundings_.post(
        [refusal, asker, now, may_run = command.may_run](Mailboxes& m) {
            *refusal = may_run(m, asker, now);
        },
        [this, refusal, answer, question = items_question(query, asker, now),
         &command](const std::exception_ptr& failure) {
            if (failure)
                return answer(tl::unexpected(CommandRefusal{
                    .kind = Kind::busy, .text = "the proxy's store is away; ask again"}));
            if (*refusal) return answer(tl::unexpected(**refusal));
            command.items(question, [this, answer](ItemsOutcome outcome) {
                surroundings_.later([answer, outcome = std::move(outcome)] { answer(outcome); });
            });
        });
}

// --- requests

void Commands::execute(const Element& iq, const Element& element, const Jid& asker, Instant now) {
    forget_old(now);
    const std::string node(element.attribute("node"));
    const auto refuse = [&](Kind kind, std::string text) {
        surroundings_.send(
            iq_reply(iq, "error", error_of({.kind = kind, .text = std::move(text)})));
    };
    const auto command = commands_.find(node);
    if (command == commands_.end())
        return refuse(Kind::not_found, fmt::format("there is no command {} here", node));
    const auto action = element.attribute("action");
    std::string session(element.attribute("sessionid"));
    if (!is_session(session, asker, node)) session.clear();
    auto form = form_in(element);
    const bool cancelled = action == "cancel" || (form && form->type == Form::Type::cancel);
    if (cancelled && !session.empty()) return cancel(iq, asker, node, session);
    if (action == "prev") return refuse(Kind::bad_request, "there is no stage before this one");
    if (!has_room_for(asker))
        return refuse(Kind::busy, "too many questions at once; ask again when one is answered");
    // Who cancels what is not there begins anew, too, and has filled in nothing.
    if (cancelled) form.reset();
    const Number number = next_++;
    running_.emplace(number, Request{.asker = asker,
                                     .id = std::string(iq.attribute("id")),
                                     .node = node,
                                     .session = session});
    auto refusal = std::make_shared<std::optional<CommandRefusal>>();
    surroundings_.post(
        [refusal, asker, may_run = command->second.may_run,
         time = surroundings_.clock()](Mailboxes& m) { *refusal = may_run(m, asker, time); },
        [this, number, refusal, &chosen = command->second, form = std::move(form),
         now](const std::exception_ptr& failure) {
            if (failure)
                return finished(number, tl::unexpected(CommandRefusal{
                                            .kind = Kind::busy,
                                            .text = "the proxy's store is away; ask again"}));
            if (*refusal) return finished(number, tl::unexpected(**refusal));
            permitted(number, chosen, form, now);
        });
}

bool Commands::has_room_for(const Jid& asker) const {
    const auto of_asker = std::count_if(running_.begin(), running_.end(), [&](const auto& entry) {
        return entry.second.asker.bare() == asker.bare();
    });
    return running_.size() < limits_.running &&
           static_cast<std::size_t>(of_asker) < limits_.running_per_asker;
}

void Commands::permitted(Number number, const Command& command, std::optional<Form> form,
                         Instant now) {
    const auto running = running_.find(number);
    if (running == running_.end()) return;
    Request& request = running->second;
    if (!form) {
        if (request.session.empty())
            request.session = begin_session(request.asker, request.node, now);
        ask_to_fill_in(request, command);
        running_.erase(running);
        return;
    }
    CommandReply reply([this, number](CommandOutcome outcome) {
        surroundings_.later(
            [this, number, outcome = std::move(outcome)] { finished(number, outcome); });
    });
    command.run({.asker = request.asker,
                 .form = std::move(*form),
                 .now = surroundings_.clock(),
                 .stop = request.stop.get_token()},
                std::move(reply));
}

void Commands::ask_to_fill_in(const Request& request, const Command& command) {
    std::string content = open_command(request.node, request.session, "executing");
    content += "<actions><complete/></actions>";
    append_form(content, command.form(surroundings_.clock()));
    content += "</command>";
    surroundings_.send(iq_reply(request.asker.to_string(), request.id, "result", content));
}

// After a refusal the session stays: who made a mistake in the form mends it and sends it again.
void Commands::finished(Number number, const CommandOutcome& outcome) {
    const auto running = running_.find(number);
    if (running == running_.end()) return;
    const Request request = std::move(running->second);
    running_.erase(running);
    const std::string to = request.asker.to_string();
    if (!outcome)
        return surroundings_.send(iq_reply(to, request.id, "error", error_of(outcome.error())));
    sessions_.erase(request.session);
    // A one-stage request gets an id, too, as deployed servers give it; nobody keeps it.
    std::string content = open_command(
        request.node, request.session.empty() ? session_id() : request.session, "completed");
    append_form(content, outcome->form);
    content += outcome->payload;
    content += "</command>";
    surroundings_.send(iq_reply(to, request.id, "result", content));
}

void Commands::cancel(const Element& iq, const Jid& asker, const std::string& node,
                      const std::string& session) {
    sessions_.erase(session);
    for (auto it = running_.begin(); it != running_.end();) {
        Request& request = it->second;
        if (request.session != session || request.asker != asker) {
            ++it;
            continue;
        }
        request.stop.request_stop();
        surroundings_.send(iq_reply(asker.to_string(), request.id, "result",
                                    open_command(node, session, "canceled") + "</command>"));
        it = running_.erase(it);
    }
    surroundings_.send(
        iq_reply(iq, "result", open_command(node, session, "canceled") + "</command>"));
}

void Commands::session_lost() {
    for (auto& [number, request] : running_) request.stop.request_stop();
    running_.clear();
    sessions_.clear();
    session_order_.clear();
}

// --- sessions

std::string Commands::session_id() const {
    return make_lane_id(surroundings_.clock()).value;
}

bool Commands::is_session(const std::string& id, const Jid& asker, const std::string& node) const {
    const auto session = sessions_.find(id);
    return session != sessions_.end() && session->second.asker == asker &&
           session->second.node == node;
}

std::string Commands::begin_session(const Jid& asker, const std::string& node, Instant now) {
    const auto forget_oldest = [this](auto&& fits) {
        const auto oldest = std::find_if(session_order_.begin(), session_order_.end(), fits);
        if (oldest == session_order_.end()) return;
        sessions_.erase(*oldest);
        session_order_.erase(oldest);
    };
    const auto is_askers = [&](const std::string& id) {
        return sessions_.at(id).asker.bare() == asker.bare();
    };
    std::erase_if(session_order_, [this](const auto& id) { return !sessions_.contains(id); });
    if (static_cast<std::size_t>(std::count_if(session_order_.begin(), session_order_.end(),
                                               is_askers)) >= limits_.sessions_per_asker)
        forget_oldest(is_askers);
    if (sessions_.size() >= limits_.sessions) forget_oldest([](const auto&) { return true; });
    std::string id = session_id();
    sessions_.emplace(id, Session{asker, node, now});
    session_order_.push_back(id);
    return id;
}

void Commands::forget_old(Instant now) {
    while (!session_order_.empty()) {
        const auto oldest = sessions_.find(session_order_.front());
        if (oldest != sessions_.end() && now - oldest->second.began < limits_.session_age) return;
        if (oldest != sessions_.end()) sessions_.erase(oldest);
        session_order_.pop_front();
    }
}

}  // namespace courant
