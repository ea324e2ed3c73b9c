#include "proxy-core/federation/command_requester.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "proxy-core/federation/commands.hpp"
#include "proxy-core/federation/protocol.hpp"

namespace courant {
namespace {

// How long a proxy may take to say where it is: it looks nothing up but the asker.
constexpr std::chrono::seconds most_for_where{20};

std::string command_iq(const CommandRequest& request, const Jid& to, std::string_view id) {
    std::string out = "<iq type='set'";
    append_attribute(out, "to", to.to_string());
    append_attribute(out, "id", id);
    out += "><command";
    append_attribute(out, "xmlns", commands_namespace);
    append_attribute(out, "node", request.node);
    out += " action='execute'>";
    if (request.form) append_form(out, *request.form);
    return out + "</command></iq>";
}

std::string said_of(const CommandRequest& request, std::string_view what) {
    return fmt::format("{}: {}", request.to.to_string(), what);
}

// What a condition means for somebody who asked, where the other side gave no text.
std::string_view meaning_of(std::string_view condition) {
    if (condition == "service-unavailable")
        return "no proxy is online there, or it is none that answers questions";
    if (condition == "item-not-found") return "it has no such command, or no such account";
    if (condition == "forbidden" || condition == "not-authorized") return "it does not let us";
    if (condition == "resource-constraint") return "it is busy";
    if (condition.starts_with("remote-server")) return "its server cannot be reached";
    return {};
}

CommandFailure refusal_in(const CommandRequest& request, const Element& stanza) {
    CommandFailure failure{.kind = CommandFailure::Kind::refused, .text = {}};
    const auto error = std::find_if(stanza.children.begin(), stanza.children.end(),
                                    [](const Element& child) { return child.name == "error"; });
    std::string text;
    if (error != stanza.children.end()) {
        failure.type = error->attribute("type");
        for (const Element& child : error->children) {
            if (child.space == quoalise_namespace && child.name == "upstream-error")
                text += fmt::format(" ({} {})", child.attribute("issuer"), child.attribute("code"));
            if (child.space != stanza_errors) continue;
            if (child.name == "text")
                text.insert(0, child.text);
            else
                failure.condition = child.name;
        }
    }
    if (text.empty()) text = meaning_of(failure.condition);
    if (text.empty()) text = "refused with " + failure.condition;
    failure.text = said_of(request, text);
    return failure;
}

}  // namespace

CommandRequester::CommandRequester(std::function<void(std::string)> send, std::string mark)
    : send_(std::move(send)), mark_(std::move(mark)) {}

std::string CommandRequester::new_id() {
    return fmt::format("ask-{}-{}", mark_, ++asked_);
}

void CommandRequester::ask(CommandRequest request, Instant now, CommandDone done) {
    send({.request = std::move(request), .done = std::move(done), .until = {}, .asked = {}}, now);
}

void CommandRequester::send(Waiting waiting, Instant now) {
    const Jid& to = waiting.request.to;
    const auto place = places_.find(to);
    if (!to.resource().empty())
        waiting.asked = to;
    else if (place != places_.end())
        waiting.asked = place->second;
    std::chrono::milliseconds patience = waiting.request.patience;
    if (!waiting.asked) patience = std::min<std::chrono::milliseconds>(patience, most_for_where);
    waiting.until = now + patience;
    std::string id = new_id();
    std::string stanza =
        waiting.asked ? command_iq(waiting.request, *waiting.asked, id) : to_stanza(Where{id}, to);
    questions_.emplace(std::move(id), std::move(waiting));
    send_(std::move(stanza));
}

bool CommandRequester::take(const Element& stanza, Instant now) {
    tick(now);
    if (stanza.name == "message" && stanza.attribute("type") != "error") return found(stanza, now);
    const auto question = questions_.find(stanza.attribute("id"));
    if (question == questions_.end()) return false;
    const auto from = Jid::parse(stanza.attribute("from"));
    const Waiting& waiting = question->second;
    if (stanza.name == "message") {
        // Only the server there speaks for an account without naming its session.
        if (waiting.asked || !from || from->bare() != waiting.request.to) return false;
        refused(question, stanza, now);
        return true;
    }
    if (stanza.name != "iq" || !waiting.asked || from != waiting.asked) return false;
    return answered(question, stanza, now);
}

bool CommandRequester::answered(Questions::iterator question, const Element& iq, Instant now) {
    const auto type = iq.attribute("type");
    if (type == "error") {
        refused(question, iq, now);
        return true;
    }
    if (type != "result") return false;
    if (const Element* command = iq.child("command", commands_namespace))
        end(question, *command);
    else
        end(question, tl::unexpected(CommandFailure{
                          .kind = CommandFailure::Kind::refused,
                          .text = said_of(question->second.request, "answered without <command>"),
                          .type = "cancel"}));
    return true;
}

// "Here I am": now the question can go where it belongs.
bool CommandRequester::found(const Element& message, Instant now) {
    const auto from = Jid::parse(message.attribute("from"));
    const Element* here = message.child("here", courant_namespace);
    if (!from || from->resource().empty() || !here) return false;
    const auto question = questions_.find(here->attribute("id"));
    if (question == questions_.end() || question->second.asked ||
        question->second.request.to != from->bare())
        return false;
    places_.insert_or_assign(from->bare(), *from);
    Waiting waiting = std::move(question->second);
    questions_.erase(question);
    send(std::move(waiting), now);
    return true;
}

// A session that we remember may have been replaced by another one.
void CommandRequester::refused(Questions::iterator question, const Element& stanza, Instant now) {
    CommandFailure failure = refusal_in(question->second.request, stanza);
    Waiting& waiting = question->second;
    const bool is_bare = waiting.request.to.resource().empty();
    const bool gone = failure.condition == "service-unavailable" && is_bare && waiting.asked;
    if (gone) places_.erase(waiting.request.to);
    if (!gone || !waiting.may_look_again) return end(question, tl::unexpected(std::move(failure)));
    Waiting again = std::move(waiting);
    questions_.erase(question);
    again.asked.reset();
    again.may_look_again = false;
    send(std::move(again), now);
}

void CommandRequester::end(Questions::iterator question, CommandResult result) {
    const CommandDone done = std::move(question->second.done);
    questions_.erase(question);
    done(std::move(result));
}

void CommandRequester::tick(Instant now) {
    for (;;) {
        const auto late =
            std::find_if(questions_.begin(), questions_.end(),
                         [&](const auto& entry) { return entry.second.until <= now; });
        if (late == questions_.end()) return;
        const bool sought = !late->second.asked;
        end(late, tl::unexpected(CommandFailure{
                      .kind = CommandFailure::Kind::no_answer,
                      .text = said_of(late->second.request,
                                      sought ? "no proxy there said where it is; is one running?"
                                             : "no answer in time")}));
    }
}

std::optional<Instant> CommandRequester::next() const {
    std::optional<Instant> next;
    for (const auto& [id, waiting] : questions_)
        if (!next || waiting.until < *next) next = waiting.until;
    return next;
}

void CommandRequester::session_lost() {
    places_.clear();
    while (!questions_.empty()) {
        const auto first = questions_.begin();
        end(first, tl::unexpected(CommandFailure{.kind = CommandFailure::Kind::session_lost,
                                                 .text = said_of(first->second.request,
                                                                 "our session ended before it "
                                                                 "answered")}));
    }
}

}  // namespace courant
