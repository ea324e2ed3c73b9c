#include "jobs/history_desk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "jobs/period_history.hpp"
#include "proxy-core/access/access_book.hpp"
#include "proxy-core/access/admission.hpp"
#include "proxy-core/access/call_book.hpp"
#include "proxy-core/access/pseudonym.hpp"
#include "proxy-core/access/subject_book.hpp"
#include "proxy-core/config/duration.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "senml/name.hpp"

namespace courant {
namespace {

using Kind = CommandRefusal::Kind;

HistoryOutcome refused(Kind kind, std::string text) {
    return tl::unexpected(CommandRefusal{.kind = kind, .text = std::move(text)});
}

// What a record takes in XML at most, near enough: time and value at their longest; a text whose
// every character is escaped.
std::size_t bytes_of(const senml::Pack& pack, const senml::Record& record) {
    constexpr std::size_t number = 80;
    constexpr std::size_t longest_escape = 6;
    if (record.kind == senml::Kind::text) return number + pack.text(record).size() * longest_escape;
    if (record.kind == senml::Kind::data) return number + pack.data(record).size() * 2;
    return number;
}

// A page as it fills up.
class Filling {
  public:
    explicit Filling(std::size_t most_bytes) : most_(most_bytes) {}

    /// Takes what there is room for; false once it is full.
    bool take(const senml::Pack& chunk) {
        for (std::size_t i = 0; i < chunk.size(); ++i) {
            const std::size_t bytes = bytes_of(chunk, chunk[i]);
            if (bytes_ + bytes > most_ && !page.readings.empty()) {
                page.next = chunk[i].time;
                return false;
            }
            bytes_ += bytes;
            page.readings.add_from(chunk, i);
        }
        return true;
    }

    /// Ends the page behind its last reading; false if there is none.
    bool cut() {
        if (page.readings.empty()) return false;
        page.next = page.readings[page.readings.size() - 1].time + std::chrono::nanoseconds(1);
        return true;
    }

    HistoryPage page;

  private:
    std::size_t most_;
    std::size_t bytes_ = 0;
};

/// The register of pseudonyms, opened when the first of them is asked for. Belongs to the store's
/// thread.
class NamesGiven {
  public:
    explicit NamesGiven(std::filesystem::path file) : file_(std::move(file)) {}

    std::optional<Revealed> reveal(std::string_view series, const Jid& asker) {
        const auto name = senml::Name::parse(series);
        if (!name || file_.empty()) return std::nullopt;
        // Where nobody has ever been given a name, there is no file, and none need be made.
        if (!names_ && !std::filesystem::exists(file_)) return std::nullopt;
        if (!names_) names_.emplace(file_);
        return names_->reveal(*name, asker);
    }

  private:
    std::filesystem::path file_;
    std::optional<PseudonymRegister> names_;
};

// What a grant's disguise does to a name that may have fewer levels than it hides.
Disguise applied(Disguise disguise, const NamedSeries& series) {
    const auto name = senml::Name::parse(series.name);
    const std::size_t levels = name ? name->path().size() : 0;
    std::erase_if(disguise.levels, [&](std::size_t level) { return level > levels; });
    return disguise;
}

senml::Pack renamed(const senml::Pack& pack, std::string_view name) {
    senml::Pack out;
    for (std::size_t i = 0; i < pack.size(); ++i) out.add_from(pack, i, name);
    return out;
}

// A page under the name that its asker has for the series.
HistoryPage as_known(HistoryPage page, const HistoryQuestion& question) {
    if (!question.known_as.empty()) page.readings = renamed(page.readings, question.known_as);
    return page;
}

}  // namespace

MayRead grants_may_read(Jid self, std::filesystem::path names) {
    auto names_given = std::make_shared<NamesGiven>(std::move(names));
    return [self = std::move(self), names_given](Mailboxes& m, const Jid& asker,
                                                 const HistoryRange& range,
                                                 Time now) -> HistoryRight {
        if (auto refusal = admission(m, self, asker, now).refusal; !refusal.empty())
            return {.refusal = std::move(refusal)};
        const auto revealed = names_given->reveal(range.series, asker);
        const NamedSeries asked = named_series(range.series);
        const NamedSeries series = revealed ? named_series(revealed->name.senml()) : asked;
        const Disguise disguise = revealed ? revealed->disguise : Disguise{};
        const auto objections = m.subjects().objections();
        std::optional<Time> earliest;
        std::optional<Grant> best;  // of those that reach back so far
        for (const Grant& grant : m.access().grants()) {
            if (grant.peer != asker.bare() || grant.history.empty()) continue;
            if (!obstacle(grant, now).empty() || !covers(grant, series)) continue;
            if (held_back(objections, grant, series, now)) continue;
            if (applied(disguise_of(grant), series) != disguise) continue;
            const Time begin = now - nominal_length(grant.history);
            earliest = std::min(earliest.value_or(begin), begin);
            if (range.from < begin) continue;
            if (!best || nominal_length(grant.resolution) < nominal_length(best->resolution))
                best = grant;
        }
        if (!earliest)
            return {.refusal = fmt::format("{} is granted nothing of {} from before now. Ask the "
                                           "administrator of {} for it",
                                           asker.bare().to_string(), asked.name, self.to_string())};
        if (!best)
            return {.refusal = fmt::format("{} may ask for {} from {} on", asker.bare().to_string(),
                                           asked.name, to_timestamp_for_people(*earliest))};
        return {.series = revealed ? revealed->name.senml() : std::string(),
                .resolution = best->resolution,
                .grant = best->id};
    };
}

std::vector<NamedHistory> histories_of(const Config& config) {
    std::vector<NamedHistory> histories;
    for (const ExtractConfig& extract : config.extracts) {
        const AdapterConfig* adapter = config.adapter(extract.adapter);
        if (!adapter || !adapter->adapter->history) continue;
        if (auto history = adapter->adapter->history(adapter->settings))
            histories.push_back(
                {extract.adapter, std::move(history), adapter->adapter->history_pace});
    }
    return histories;
}

namespace {

// What the page adds to the request; after everything that changes it.
HistoryOutcome counted(HistoryOutcome outcome, HistorySoFar so_far) {
    if (!outcome) return outcome;
    so_far.readings += static_cast<std::int64_t>(outcome->readings.size());
    if (!so_far.digest.add(outcome->readings))
        return refused(Kind::failed, "a reading of this range has no image in SenML");
    outcome->so_far = so_far;
    return outcome;
}

}  // namespace

/// One History, its thread and who waits for it.
class HistoryDesk::Clerk {
  public:
    Clerk(NamedHistory named, const HistoryRules& rules, const Logger& logger)
        : adapter_(std::move(named.adapter)),
          history_(std::move(named.history)),
          pace_(named.pace),
          rules_(rules),
          logger_(logger),
          thread_([this](const std::stop_token& stop) { run(stop); }) {}

    bool speaks(std::string_view series) const { return history_->speaks(series); }

    /// False, and nothing done, if too many wait already.
    bool ask(const HistoryQuestion& question, const HistoryDone& done) {
        const std::scoped_lock lock(mutex_);
        if (waiting_.size() >= rules_.most_waiting) return false;
        waiting_.push_back({question, done, {}});
        changed_.notify_all();
        return true;
    }
    /// Ends what is under way or waits of a request.
    void cancel(const Jid& asker, const std::string& request) {
        const std::scoped_lock lock(mutex_);
        const auto end = [&](const Item& item) {
            if (item.question.asker.bare() == asker.bare() && item.question.request == request)
                std::stop_source(item.cancelled).request_stop();
        };
        std::for_each(waiting_.begin(), waiting_.end(), end);
        if (current_) end(*current_);
    }

    void request_stop() { thread_.request_stop(); }
    bool finished() const { return finished_.load(); }
    void abandon() { thread_.detach(); }
    const std::string& adapter() const { return adapter_; }

  private:
    using Steady = std::chrono::steady_clock;
    struct Item {
        HistoryQuestion question;
        HistoryDone done;
        std::stop_source cancelled;
    };

    void run(const std::stop_token& stop) {
        while (auto item = next(stop)) {
            item->done(counted(turn(*item, stop), item->question.so_far));
            const std::scoped_lock lock(mutex_);
            current_.reset();
        }
        finished_ = true;
    }

    std::optional<Item> next(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        if (!changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) return std::nullopt;
        if (stop.stop_requested()) return std::nullopt;
        Item item = std::move(waiting_.front());
        waiting_.pop_front();
        current_ = item;
        return item;
    }

    // At the app's pace. Whatever it came to, the next call is counted from its end.
    HistoryOutcome turn(const Item& item, const std::stop_token& stop) {
        std::stop_source any;
        const auto end = [&] { any.request_stop(); };
        const std::stop_callback program_stops(stop, end);
        const std::stop_callback asker_leaves(item.question.stop, end);
        const std::stop_callback asker_cancels(item.cancelled.get_token(), end);
        if (auto later = wait_for_pace(any.get_token())) return HistoryPage{.not_before = later};
        if (any.stop_requested()) return refused(Kind::failed, "cancelled");
        const HistoryRange range = portion(item.question.range);
        auto outcome = answer(item.question, range, any.get_token());
        pace_next(pace_.pause);
        if (outcome && !outcome->not_before && !outcome->next && range.to < item.question.range.to)
            outcome->next = range.to;
        if (item.cancelled.stop_requested()) return refused(Kind::failed, "cancelled");
        return outcome;
    }

    // No more of the range than one call may have.
    HistoryRange portion(HistoryRange range) const {
        const auto longest = pace_.longest_range;
        if (longest.count() > 0 && range.to - range.from > longest) range.to = range.from + longest;
        return range;
    }

    void pace_next(std::chrono::nanoseconds pause) {
        next_call_ = std::max(next_call_, Steady::now() + pause);
    }

    // Waits until the app may be asked; or says when that will be, if it is too long to wait for.
    std::optional<Time> wait_for_pace(const std::stop_token& stop) {
        const auto left = next_call_ - Steady::now();
        if (left <= Steady::duration::zero()) return std::nullopt;
        if (left > rules_.longest_wait) return rules_.clock() + left;
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, stop, left, [] { return false; });
        return std::nullopt;
    }

    HistoryOutcome answer(const HistoryQuestion& question, const HistoryRange& range,
                          const std::stop_token& stop) {
        Filling filling(rules_.page_bytes);
        const Call call{.now = rules_.clock(),
                        .deadline = Steady::now() + rules_.timeout,
                        .stop = stop,
                        .max_readings = rules_.page_bytes / 80 + 1};
        try {
            const auto take = [&](const senml::Pack& chunk) { return filling.take(chunk); };
            if (question.resolution.empty())
                history_->read(range, call, take);
            else
                read_periods(*history_, range, question.resolution, rules_.aggregation, call, take);
        } catch (const QuotaReached& quota) {
            logger_.info("an app's quota is used up",
                         {{"adapter", adapter_}, {"reason", quota.what()}});
            pace_next(quota.again_in());
            if (filling.cut()) return as_known(std::move(filling.page), question);
            return HistoryPage{.not_before = rules_.clock() + quota.again_in()};
        } catch (const Error& error) {
            // What it says may name files and hosts: that is for our operator.
            logger_.warning("history could not be read", {{"adapter", adapter_},
                                                          {"asker", question.asker.to_string()},
                                                          {"reason", error.what()}});
            return tl::unexpected(CommandRefusal{
                .kind = Kind::upstream,
                .text = error.worth_retrying()
                            ? "the app that has this series does not answer now; ask again later"
                            : "the app that has this series cannot answer; its operator is told",
                .issuer = "courant",
                .code = error.worth_retrying() ? "app-away" : "app-fails"});
        }
        return as_known(std::move(filling.page), question);
    }

    std::string adapter_;
    std::unique_ptr<History> history_;
    HistoryPace pace_;
    HistoryRules rules_;
    Logger logger_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Item> waiting_;
    std::optional<Item> current_;
    Steady::time_point next_call_;  ///< this thread's
    std::atomic<bool> finished_{false};
    std::jthread thread_;
};

HistoryDesk::HistoryDesk(std::vector<NamedHistory> histories, StoreThread& store, MayRead may_read,
                         HistoryRules rules, Logger logger, Counters& counters)
    : store_(store),
      may_read_(std::move(may_read)),
      rules_(std::move(rules)),
      logger_(std::move(logger)),
      counters_(counters) {
    for (NamedHistory& named : histories)
        clerks_.push_back(std::make_unique<Clerk>(std::move(named), rules_, logger_));
}

HistoryDesk::~HistoryDesk() {
    // Works still queued in the store hold pointers to this.
    try {
        store_.ask([](Mailboxes&) {});
    } catch (const Error&) {
        // Then they have failed; either way they are done.
    }
}

/// A question, and what the store said of it.
struct HistoryDesk::Asked {
    HistoryQuestion question;
    HistoryRight right = {};
    std::int64_t call = 0;
};

void HistoryDesk::ask(HistoryQuestion question, HistoryDone done) {
    auto asked = std::make_shared<Asked>(Asked{.question = std::move(question)});
    store_.post([this, asked, now = rules_.clock()](Mailboxes& m) { admit(m, *asked, now); },
                [this, asked, done = std::move(done)](const std::exception_ptr& failure) {
                    if (failure)
                        return done(refused(Kind::busy, "the proxy's store is away; ask again"));
                    if (!asked->right.refusal.empty()) {
                        counters_.get("courant_history_refused_total").add();
                        return done(refused(Kind::forbidden, asked->right.refusal));
                    }
                    HistoryQuestion& it = asked->question;
                    it.resolution = asked->right.resolution;
                    if (!asked->right.series.empty())
                        it.known_as = std::exchange(it.range.series, asked->right.series);
                    permitted(*asked, done);
                });
}

// Whether it may be asked, and if so, that it was: both or neither.
void HistoryDesk::admit(Mailboxes& mailboxes, Asked& asked, Time now) const {
    const HistoryQuestion& question = asked.question;
    asked.right = may_read_(mailboxes, question.asker, question.range, now);
    const auto& series = asked.right.series.empty() ? question.range.series : asked.right.series;
    if (!asked.right.refusal.empty() || clerk_for(series) == nullptr) return;
    // Who has no name for its request has one a day: a page each would fill the book.
    asked.call = mailboxes.calls().begin(
        {.asker = question.asker.bare(),
         .request = question.request.empty() ? to_timestamp(now).substr(0, 10) : question.request,
         .series = series,
         .from = question.range.from,
         .to = question.range.to,
         .grant = asked.right.grant,
         .last_at = now});
}

HistoryDesk::Clerk* HistoryDesk::clerk_for(const std::string& series) const {
    const auto found = std::find_if(clerks_.begin(), clerks_.end(),
                                    [&](const auto& clerk) { return clerk->speaks(series); });
    return found == clerks_.end() ? nullptr : found->get();
}

// On the store's thread.
void HistoryDesk::permitted(const Asked& asked, HistoryDone done) {
    const HistoryQuestion& question = asked.question;
    // The asker reads no other name of it than its own.
    const std::string& name_asked =
        question.known_as.empty() ? question.range.series : question.known_as;
    Clerk* const clerk = clerk_for(question.range.series);
    if (clerk == nullptr)
        return done(refused(Kind::bad_request, fmt::format("no app here has a history of {}",
                                                           named_series(name_asked).name)));
    counters_.get("courant_history_questions_total", {{"adapter", clerk->adapter()}}).add();
    const auto noted = [this, call = asked.call, question, done](HistoryOutcome outcome) {
        note(call, question, outcome);
        done(std::move(outcome));
    };
    if (clerk->ask(asked.question, noted)) return;
    const auto end = refused(Kind::busy, "too many wait for this series' app; ask again later");
    store_.post(
        [call = asked.call, now = rules_.clock(), why = end.error().text](Mailboxes& m) {
            m.calls().end(call, {.state = CallState::failed, .error = why}, now);
        },
        [done, end](const std::exception_ptr&) { done(end); });
}

// On a clerk's thread, before the asker hears of it. What cannot be noted stays as started.
void HistoryDesk::note(std::int64_t call, const HistoryQuestion& question,
                       const HistoryOutcome& outcome) {
    CallEnd end;
    if (!outcome) {
        end.state = CallState::failed;
        end.error = outcome.error().text;
    } else if (outcome->not_before) {
        end.state = CallState::started;
    } else {
        end.through = outcome->next.value_or(question.range.to);
        const bool whole = *end.through >= question.until.value_or(question.range.to);
        end.state = whole ? CallState::ok : CallState::started;
        end.readings = static_cast<std::int64_t>(outcome->readings.size());
        end.digest = outcome->so_far.digest.text();
    }
    try {
        store_.ask([&](Mailboxes& m) { m.calls().end(call, end, rules_.clock()); });
    } catch (const Error& error) {
        logger_.warning("how a call ended could not be noted", {{"reason", error.what()}});
    }
}

void HistoryDesk::cancel(const Jid& asker, const std::string& request,
                         std::function<void(tl::expected<std::int64_t, CommandRefusal>)> done) {
    // Noted first: the end of the call under way then finds it cancelled.
    auto ended = std::make_shared<std::int64_t>(0);
    store_.post(
        [ended, asker, request, now = rules_.clock()](Mailboxes& m) {
            *ended = m.calls().cancel(asker, request, now);
        },
        [this, ended, asker, request, done = std::move(done)](const std::exception_ptr& failure) {
            for (auto& clerk : clerks_) clerk->cancel(asker, request);
            if (failure)
                return done(tl::unexpected(CommandRefusal{
                    .kind = Kind::busy, .text = "the proxy's store is away; ask again"}));
            done(*ended);
        });
}

bool HistoryDesk::stop(std::chrono::milliseconds grace) {
    const auto until = std::chrono::steady_clock::now() + grace;
    for (auto& clerk : clerks_) clerk->request_stop();
    const auto all_finished = [&] {
        return std::all_of(clerks_.begin(), clerks_.end(),
                           [](const auto& clerk) { return clerk->finished(); });
    };
    while (!all_finished() && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    bool all_back = true;
    for (auto& clerk : clerks_) {
        if (clerk->finished()) continue;
        all_back = false;
        logger_.error("a history did not stop in time and is left behind",
                      {{"adapter", clerk->adapter()}});
        clerk->abandon();
    }
    return all_back;
}

}  // namespace courant
