#include "jobs/card_round.hpp"

#include <utility>

#include "jobs/catalog_commands.hpp"
#include "proxy-core/federation/protocol.hpp"

namespace courant {

/// What outlives the round where an answer is still on its way. `tried` belongs to the store's
/// thread.
struct CardRound::Round : std::enable_shared_from_this<Round> {
    Round(StoreThread& where, Ask how, CardRules when)
        : store(where), ask(std::move(how)), rules(when) {}

    bool is_due(const Peer& peer, Time now) const {
        if (peer.dialect != Dialect::courant || !peer.terms.suspended.empty()) return false;
        if (const auto last = tried.find(peer.jid);
            last != tried.end() && now - last->second < rules.again_after)
            return false;
        const auto known = card_from_json(peer.card);
        return !known || now - known->at >= rules.every;
    }

    std::vector<Jid> due(Mailboxes& m, Time now) const {
        std::vector<Jid> jids;
        for (const Peer& peer : m.peers())
            if (jids.size() < rules.most_at_once && is_due(peer, now)) jids.push_back(peer.jid);
        return jids;
    }

    void ask_one(const Jid& peer, Time now) {
        tried.insert_or_assign(peer, now);
        ask({.to = peer,
             .node = std::string(about_node),
             .form = Form{.type = Form::Type::submit, .fields = {}}},
            [round = shared_from_this(), peer, now](const CommandResult& answer) {
                round->take(peer, answer, now);
            });
    }

    // A proxy that has no card says that it has no such command; that is an answer, too.
    void take(const Jid& peer, const CommandResult& answer, Time now) {
        if (!answer && answer.error().condition != "item-not-found") return;
        RememberedCard remembered{.at = now};
        if (answer)
            if (const Element* said = answer->child("organisation", courant_namespace))
                remembered.card = card_in(*said);
        store.post([peer, json = to_json(remembered)](Mailboxes& m) { m.set_card(peer, json); },
                   {});
    }

    StoreThread& store;
    Ask ask;
    CardRules rules;
    std::map<Jid, Time> tried;
};

CardRound::CardRound(StoreThread& store, Ask ask, CardRules rules)
    : round_(std::make_shared<Round>(store, std::move(ask), rules)) {}

CardRound::~CardRound() {
    // Looks that are still queued in the store would ask.
    try {
        round_->store.ask([](Mailboxes&) {});
    } catch (const Error&) {
        // Then they have failed; either way they are done.
    }
}

void CardRound::look(Time now) {
    if (now < next_look_ && next_look_ - now <= round_->rules.look_every) return;
    next_look_ = now + round_->rules.look_every;
    auto due = std::make_shared<std::vector<Jid>>();
    round_->store.post([round = round_, due, now](Mailboxes& m) { *due = round->due(m, now); },
                       [round = round_, due, now](const std::exception_ptr& failure) {
                           if (failure) return;
                           for (const Jid& peer : *due) round->ask_one(peer, now);
                       });
}

}  // namespace courant
