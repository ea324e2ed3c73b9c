#include "jobs/exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "jobs/housekeeping.hpp"
#include "proxy-core/federation/protocol.hpp"

namespace courant {
namespace {

constexpr std::int64_t notices_at_once = 64;
constexpr std::int64_t messages_at_once = 500;
constexpr std::chrono::minutes look_for_expiries_every{1};

/// A notice that was taken, for the log.
struct Taken {
    Jid peer;
    std::string word;
    std::string effect;
};

}  // namespace

ExchangeJob::ExchangeJob(ExchangeRules rules, StoreThread& store, Logger logger, Counters& counters,
                         Right right)
    : rules_(std::move(rules)),
      store_(store),
      logger_(std::move(logger)),
      counters_(counters),
      right_(std::move(right)) {}

Progress ExchangeJob::run(const Call& call) {
    const bool more = take_notices(call.now);
    const bool erasing = erase();
    finish_erasures(call.now);
    announce(call.now);
    return more || erasing ? Progress::more : Progress::done;
}

bool ExchangeJob::take_notices(Time now) {
    std::vector<Taken> taken;
    const bool any = store_.ask([&](Mailboxes& m) {
        taken.clear();
        const auto arrivals = m.exchange().notices(m.delivered(notices_position), notices_at_once);
        if (arrivals.empty()) return false;
        right_.insist(m);
        for (const Arrival& arrival : arrivals) {
            const Jid& peer = arrival.message.peer;
            // It was read before it came in.
            if (const auto notice = read_notice(arrival.message.body))
                taken.push_back(
                    {peer, std::string(word_of(*notice)), take_notice(m, peer, *notice, now)});
        }
        m.set_delivered(notices_position, arrivals.back().position);
        return true;
    });
    for (const Taken& one : taken) {
        const std::string peer = one.peer.to_string();
        counters_.get("courant_notices_taken_total", {{"peer", peer}, {"word", one.word}}).add();
        if (!one.effect.empty())
            logger_.info("a peer's notice", {{"peer", peer}, {"what", one.effect}});
    }
    return any;
}

// Our own inbox first: what an app erased must not reach it again.
bool ExchangeJob::erase() {
    bool more = false;
    const auto open = store_.ask([](Mailboxes& m) {
        std::vector<Erasure> unsearched;
        for (Erasure& erasure : m.exchange().open_erasures()) {
            const auto answers = m.exchange().answers_to(erasure.id);
            if (std::none_of(answers.begin(), answers.end(),
                             [](const auto& answer) { return answer.sink == proxy_itself; }))
                unsearched.push_back(std::move(erasure));
        }
        return unsearched;
    });
    for (const Erasure& erasure : open) {
        const Search before = searches_[erasure.id];
        Search search;
        const bool done = store_.ask([&](Mailboxes& m) {
            search = before;
            right_.insist(m);
            const auto next =
                erase_here(m, erasure, before.after, messages_at_once, search.readings);
            if (!next)
                m.exchange().answer_erasure(erasure.id, {.sink = std::string(proxy_itself),
                                                         .erased = true,
                                                         .note = std::to_string(search.readings)});
            search.after = next.value_or(before.after);
            return !next;
        });
        if (done) {
            logger_.info("erased what a peer had given", {{"peer", erasure.peer.to_string()},
                                                          {"under", erasure.about},
                                                          {"readings", search.readings}});
            counters_.get("courant_readings_erased_total", {{"peer", erasure.peer.to_string()}})
                .add(static_cast<std::uint64_t>(search.readings));
            searches_.erase(erasure.id);
        } else {
            searches_[erasure.id] = search;
        }
        more = true;
    }
    return more;
}

// Ours, and those of other workers on the store.
std::set<std::string> ExchangeJob::all_sinks(Mailboxes& m, Time now) const {
    std::set<std::string> sinks(rules_.sinks.begin(), rules_.sinks.end());
    for (const auto& lease : m.leases(now))
        if (lease.what.starts_with(sink_need)) sinks.insert(lease.what.substr(sink_need.size()));
    return sinks;
}

// Nothing while an answer is missing.
std::optional<OutcomeNotice> ExchangeJob::outcome(Mailboxes& m, const Erasure& erasure,
                                                  Time now) const {
    const auto answers = m.exchange().answers_to(erasure.id);
    const auto find = [&](std::string_view sink) {
        return std::find_if(answers.begin(), answers.end(),
                            [&](const ErasureAnswer& answer) { return answer.sink == sink; });
    };
    const auto own = find(proxy_itself);
    if (own == answers.end()) return std::nullopt;
    OutcomeNotice outcome{.about = erasure.about,
                          .outcome = OutcomeNotice::Outcome::erased,
                          .readings = std::stoll(own->note)};
    for (const std::string& sink : all_sinks(m, now)) {
        const auto answer = find(sink);
        if (answer == answers.end()) return std::nullopt;
        if (answer->erased) continue;
        outcome.outcome = OutcomeNotice::Outcome::partly;
        outcome.reason += (outcome.reason.empty() ? "" : "; ") + answer->note;
    }
    return outcome;
}

void ExchangeJob::finish_erasures(Time now) {
    std::vector<std::pair<Jid, OutcomeNotice>> told;
    store_.ask([&](Mailboxes& m) {
        told.clear();
        for (const Erasure& erasure : m.exchange().open_erasures()) {
            const auto what = outcome(m, erasure, now);
            if (!what) continue;
            right_.insist(m);
            m.exchange().close_erasure(erasure.id, now);
            tell_outcome(m, erasure.peer, *what, now);
            told.emplace_back(erasure.peer, *what);
        }
    });
    for (const auto& [peer, what] : told)
        if (what.outcome == OutcomeNotice::Outcome::partly)
            logger_.warning(
                "what a peer wants erased is not all gone; erase it, then say so: "
                "courant grant answer",
                {{"peer", peer.to_string()}, {"under", what.about}, {"reason", what.reason}});
}

void ExchangeJob::announce(Time now) {
    if (announced_at_ && now >= *announced_at_ && now - *announced_at_ < look_for_expiries_every)
        return;
    announced_at_ = now;
    const auto grants = store_.ask([&](Mailboxes& m) {
        auto ending = announce_expiries(m, rules_.announce, now);
        if (!ending.empty()) right_.insist(m);
        return ending;
    });
    for (const Grant& grant : grants) {
        const std::string peer = grant.peer.to_string();
        counters_.get("courant_grant_expiries_announced_total", {{"peer", peer}}).add();
        logger_.warning("a grant will end", {{"grant", grant.id},
                                             {"peer", peer},
                                             {"series", grant.series},
                                             {"until", to_timestamp_for_people(*grant.until)},
                                             {"hint", "courant grant add gives the next one"}});
    }
}

}  // namespace courant
