// Asks our peers now and then who they are, and remembers what they say (Peer::card).
//
//     CardRound cards(store, [&](auto request, auto done) { federation.ask(…); });
//     cards.look(now);        // the main thread, as often as it likes
//
// A peer is asked once a day, a few at a time; one that did not answer is asked again after an
// hour. The store says when it was asked, so that a restart asks nobody twice; of several workers
// on one store the first one asks.
//
// Thread: look() belongs to one. Answers come on others' threads, and may come when this is gone.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "proxy-core/catalog/card.hpp"
#include "proxy-core/federation/command_requester.hpp"
#include "proxy-core/mailbox/store_thread.hpp"

namespace courant {

/// When peers are asked.
struct CardRules {
    std::chrono::seconds every = std::chrono::hours{24};
    std::chrono::seconds again_after = std::chrono::hours{1};
    /// How often the store is looked at for whom to ask.
    std::chrono::seconds look_every{60};
    /// At one look.
    std::size_t most_at_once = 8;
};

/// Keeps our peers' cards.
class CardRound {
  public:
    using Ask = std::function<void(CommandRequest, CommandDone)>;

    CardRound(StoreThread& store, Ask ask, CardRules rules = {});
    /// Nobody is asked any more.
    ~CardRound();
    CardRound(const CardRound&) = delete;
    CardRound& operator=(const CardRound&) = delete;

    /// Asks who is due; returns at once.
    void look(Time now);

  private:
    struct Round;
    std::shared_ptr<Round> round_;
    Time next_look_ = Time::min();
};

}  // namespace courant
