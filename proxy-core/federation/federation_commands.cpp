// Questions and their answers (commands.hpp, command_requester.hpp), and every other `<iq>`.
#include "proxy-core/access/admission.hpp"
#include "proxy-core/federation/federation.hpp"
#include "proxy-core/federation/iq.hpp"
#include "proxy-core/federation/iq_reply.hpp"

namespace courant {

void Federation::take_iq(const Element& iq) {
    if (commands_.take(iq, steady_now()) || requester_.take(iq, steady_now())) return;
    if (const auto reply = answer_iq(iq, settings_.encodings, description())) return answer(*reply);
    if (take_foreign_answer(iq)) return;
    const auto answered = features_.answered(iq);
    // Its lane may have waited for that.
    const auto from = Jid::parse(iq.attribute("from"));
    for (auto& [id, route] : routes_)
        if (from && route.lane.peer() == from->bare()) schedule(route);
    if (!answered) return;
    logger_.info(answered->packed ? "the peer understands packed packs" : "the peer gets XML",
                 {{"peer", answered->peer.to_string()}});
    post([answer = *answered](Mailboxes& m) { m.set_packed(answer.peer, answer.packed); },
         [](const std::exception_ptr&) {});
}

std::string Federation::description() const {
    std::string form;
    if (settings_.description) append_form(form, *settings_.description);
    return form;
}

CommandSurroundings Federation::command_surroundings() {
    return {.send = [this](std::string stanza) { queue_answer(std::move(stanza)); },
            .post =
                [this](Work work, std::function<void(std::exception_ptr)> done) {
                    post(std::move(work), std::move(done));
                },
            .later =
                [this](std::function<void()> what) {
                    events_->push(std::move(what));
                    transport_.wake();
                },
            .clock = [this] { return settings_.clock(); }};
}

void Federation::ask(CommandRequest request, CommandDone done) {
    events_->push([this, request = std::move(request), done = std::move(done)]() mutable {
        if (online_) return requester_.ask(std::move(request), steady_now(), std::move(done));
        done(tl::unexpected(CommandFailure{.kind = CommandFailure::Kind::session_lost,
                                           .text = "we are not online"}));
    });
    transport_.wake();
}

// Where a proxy is, only its peers are told, unless it has something for everybody.
void Federation::take(const Where& where, const Jid& from) {
    constexpr int most_under_way = 64;
    if (wheres_ >= most_under_way) return;  // who floods us is asked nothing back
    ++wheres_;
    auto refusal = std::make_shared<std::string>();
    post(
        [refusal, from, self = settings_.self, open = settings_.hears_strangers,
         now = settings_.clock()](Mailboxes& m) {
            refusal->clear();
            if (!open || m.find_peer(from.bare())) *refusal = admission(m, self, from, now).refusal;
        },
        [this, refusal, from, where](const std::exception_ptr& failure) {
            --wheres_;
            if (failure) return;
            if (refusal->empty()) return answer(to_stanza(Here{where.id}, from));
            std::string error = "<message type='error'";
            append_attribute(error, "to", from.to_string());
            append_attribute(error, "id", where.id);
            error += '>';
            error += stanza_error("auth", "forbidden", *refusal);
            answer(error + "</message>");
        });
}

// Whoever asks without reading the answers loses some of them.
void Federation::queue_answer(std::string stanza) {
    constexpr std::size_t most_bytes = std::size_t{8} << 20;
    if (answers_bytes_ + stanza.size() > most_bytes) {
        counters_.get("courant_answers_dropped_total").add();
        return;
    }
    answers_bytes_ += stanza.size();
    answers_.push_back(std::move(stanza));
}

// An answer can be longer than all that a live reading should have before it, so few go in a turn.
void Federation::send_answers() {
    constexpr std::size_t most_in_a_turn = std::size_t{16} << 10;
    std::size_t sent = 0;
    while (online_ && !answers_.empty() && sent < most_in_a_turn && room_to_send() > 0) {
        transport_.send(answers_.front());
        sent += answers_.front().size();
        answers_bytes_ -= answers_.front().size();
        answers_.pop_front();
    }
}

// Answers and lanes are first in turns, so that neither starves.
void Federation::send_what_waits() {
    if (room_to_send() > 0) answers_first_ = !answers_first_;
    if (answers_first_) send_answers();
    hand_over();
    if (!answers_first_) send_answers();
}

}  // namespace courant
