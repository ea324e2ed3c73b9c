#include "jobs/receive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "jobs/exchange.hpp"
#include "proxy-core/access/series_pattern.hpp"
#include "proxy-core/federation/intake.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "senml/codec.hpp"
#include "senml/name.hpp"

namespace courant {
namespace {

using senml::Pack;

/// An app that says "later" to a single reading: the job comes back for it.
class NotNow : public Error {
  public:
    explicit NotNow(const std::string& what) : Error(what, Retry::worthwhile) {}
};

std::vector<bool> wanted_names(const Pack& pack, const std::vector<std::string>& patterns) {
    std::vector<bool> wanted(pack.name_count());
    for (std::uint32_t i = 0; i < pack.name_count(); ++i) {
        const auto name = senml::Name::parse(pack.name(senml::NameId{i}));
        wanted[i] =
            name && std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
                return series_matches(pattern, name->people());
            });
    }
    return wanted;
}

}  // namespace

ReceiveJob::ReceiveJob(const std::string& adapter, std::unique_ptr<Sink> sink, ReceiveRules rules,
                       StoreThread& store, Logger logger, Counters& counters, Right right)
    : name_("receive " + adapter),
      adapter_(adapter),
      later_note_("later " + adapter),
      sink_(std::move(sink)),
      rules_(std::move(rules)),
      store_(store),
      logger_(std::move(logger)),
      counters_(counters),
      right_(std::move(right)) {}

Progress ReceiveJob::run(const Call& call) {
    erase_what_was_taken_back(call);
    if (batch_.through != 0) forget_if_settled_elsewhere();
    if (batch_.through == 0 && !load(call)) return Progress::done;
    const std::size_t later = batch_.open.empty() ? 0 : offer(call);
    if (later > 0) {
        if (batch_.later_since.value_or(Time::max()) > call.now) remember_later(call.now);
        throw NotNow(fmt::format("{} does not take {} of the readings for now", adapter_, later));
    }
    finish();
    return Progress::more;
}

// After our own inbox has been searched: what was erased there cannot reach the app again, and what
// we hold of it in the hand is read anew.
void ReceiveJob::erase_what_was_taken_back(const Call& call) {
    const auto wanted = store_.ask([&](Mailboxes& m) {
        std::vector<Erasure> mine;
        for (Erasure& erasure : m.exchange().open_erasures()) {
            const auto answers = m.exchange().answers_to(erasure.id);
            const auto has_answered = [&](std::string_view who) {
                return std::any_of(answers.begin(), answers.end(),
                                   [&](const auto& answer) { return answer.sink == who; });
            };
            if (has_answered(proxy_itself) && !has_answered(adapter_))
                mine.push_back(std::move(erasure));
        }
        return mine;
    });
    for (const Erasure& erasure : wanted) {
        batch_ = {};
        const auto erased =
            sink_->erase({.means = [&](std::string_view series) { return means(erasure, series); },
                          .from = erasure.from,
                          .to = erasure.to},
                         call);
        const ErasureAnswer answer{
            .sink = adapter_,
            .erased = erased.has_value(),
            .note = erased ? fmt::format("{} readings", *erased)
                           : fmt::format("the app behind {} cannot erase", adapter_)};
        store_.ask([&](Mailboxes& m) {
            right_.insist(m);
            m.exchange().answer_erasure(erasure.id, answer);
        });
    }
}

// While the app made us wait, another worker may have had its turn.
void ReceiveJob::forget_if_settled_elsewhere() {
    if (store_.ask([&](Mailboxes& m) { return m.delivered(adapter_); }) != batch_.after)
        batch_ = {};
}

// Takes the next messages out of the inbox; false if there are none.
bool ReceiveJob::load(const Call& call) {
    const PageLimit page{.messages = 32, .bytes = std::int64_t{1} << 20};
    std::string later_since;
    std::int64_t delivered = 0;
    const auto arrivals = store_.ask([&](Mailboxes& m) {
        later_since = m.note(later_note_);
        delivered = m.delivered(adapter_);
        return m.inbox(delivered, page);
    });
    batch_.after = delivered;
    batch_.later_since = from_timestamp(later_since);
    for (const Arrival& arrival : arrivals) {
        add(arrival, call);
        if (batch_.open.size() >= call.max_readings) break;
    }
    return !arrivals.empty();
}

void ReceiveJob::add(const Arrival& arrival, const Call& call) {
    batch_.through = arrival.position;
    const Message& message = arrival.message;
    // What was erased, and what the exchange job takes.
    if (message.body.empty() || is_notice(message.body)) return;
    const auto carrier = std::make_shared<const Carrier>(
        Carrier{message.lane, message.seq, message.envelope, message.stored_at});
    const auto read = bodies_.read(message.body, message.stored_at, pack_);
    if (!read) {  // it was read before it came in; a body that has changed since is worth a look,
                  // and is no reason to stop
        batch_.dead.push_back({call.now,
                               {carrier, std::nullopt},
                               read.error(),
                               payload_text(message.body, message.stored_at)});
        return;
    }
    const auto wanted = wanted_names(pack_, rules_.series);
    for (std::size_t i = 0; i < pack_.size(); ++i) {
        if (!wanted[static_cast<std::size_t>(pack_[i].name)]) continue;
        batch_.open.add_from(pack_, i);
        batch_.origins.push_back({carrier, static_cast<std::int64_t>(i) + 1});
    }
}

// Offers what is open to the app and settles what it answers; how many readings stay open.
std::size_t ReceiveJob::offer(const Call& call) {
    const auto verdicts = sink_->deliver(batch_.open, call);
    if (verdicts.size() != batch_.open.size())
        throw Error(fmt::format("adapter {} answered {} verdicts for {} readings", adapter_,
                                verdicts.size(), batch_.open.size()),
                    Retry::worthwhile);
    Pack still_open;
    std::vector<Origin> still_origins;
    std::size_t delivered = 0;
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        const Verdict& verdict = verdicts[i];
        if (verdict.outcome == Verdict::Outcome::delivered) {
            ++delivered;
        } else if (verdict.outcome == Verdict::Outcome::rejected ||
                   out_of_patience(*batch_.origins[i].message, call.now)) {
            bury(i, verdict.reason, call.now);
        } else {
            still_open.add_from(batch_.open, i);
            still_origins.push_back(batch_.origins[i]);
        }
    }
    batch_.open = std::move(still_open);
    batch_.origins = std::move(still_origins);
    counters_.get("courant_readings_delivered_total", {{"adapter", adapter_}}).add(delivered);
    return batch_.open.size();
}

// What lies in the future, since the clock was set back, says nothing: patience begins now.
bool ReceiveJob::out_of_patience(const Carrier& message, Time now) const {
    Time since = std::min(batch_.later_since.value_or(now), now);
    if (message.stored_at <= now) since = std::max(since, message.stored_at);
    return now - since >= rules_.give_up_after;
}

void ReceiveJob::remember_later(Time now) {
    store_.ask([&](Mailboxes& m) { m.set_note(later_note_, to_timestamp(now)); });
    batch_.later_since = now;
}

void ReceiveJob::bury(std::size_t record, const std::string& reason, Time now) {
    Pack one;
    one.add_from(batch_.open, record);
    counters_.get("courant_readings_dead_total", {{"adapter", adapter_}}).add();
    batch_.dead.push_back(
        {now, batch_.origins[record], reason, senml::write(senml::Format::xml, one).value_or("")});
}

DeadLetter ReceiveJob::letter(const Casualty& casualty) const {
    const Carrier& message = *casualty.origin.message;
    return {.id = 0,
            .at = casualty.at,
            .origin = DeadOrigin::sink,
            .whom = adapter_,
            .lane = message.lane,
            .seq = message.seq,
            .record = casualty.origin.record,
            .reason = casualty.reason,
            .payload = casualty.payload,
            .envelope = message.envelope};
}

void ReceiveJob::finish() {
    store_.ask([&](Mailboxes& m) {
        right_.insist(m);
        // It happened, and we were not told.
        if (m.delivered(adapter_) >= batch_.through) return;
        for (const Casualty& casualty : batch_.dead) m.bury(letter(casualty));
        m.set_delivered(adapter_, batch_.through);
        if (batch_.later_since) m.set_note(later_note_, "");
    });
    if (!batch_.dead.empty())
        logger_.warning("readings set aside", {{"adapter", adapter_},
                                               {"readings", batch_.dead.size()},
                                               {"reason", batch_.dead.back().reason}});
    batch_ = {};
}

}  // namespace courant
