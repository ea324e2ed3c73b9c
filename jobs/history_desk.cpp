#include "jobs/history_desk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "jobs/period_history.hpp"
#include "proxy-core/access/access_book.hpp"
#include "proxy-core/access/admission.hpp"
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
        std::optional<std::string> finest;
        for (const Grant& grant : m.access().grants()) {
            if (grant.peer != asker.bare() || grant.history.empty()) continue;
            if (!obstacle(grant, now).empty() || !covers(grant, series)) continue;
            if (held_back(objections, grant, series, now)) continue;
            if (applied(disguise_of(grant), series) != disguise) continue;
            const Time begin = now - nominal_length(grant.history);
            earliest = std::min(earliest.value_or(begin), begin);
            if (range.from < begin) continue;
            if (!finest || nominal_length(grant.resolution) < nominal_length(*finest))
                finest = grant.resolution;
        }
        if (!earliest)
            return {.refusal = fmt::format("{} is granted nothing of {} from before now. Ask the "
                                           "administrator of {} for it",
                                           asker.bare().to_string(), asked.name, self.to_string())};
        if (!finest)
            return {.refusal = fmt::format("{} may ask for {} from {} on", asker.bare().to_string(),
                                           asked.name, to_timestamp_for_people(*earliest))};
        return {.series = revealed ? revealed->name.senml() : std::string(), .resolution = *finest};
    };
}

std::vector<NamedHistory> histories_of(const Config& config) {
    std::vector<NamedHistory> histories;
    for (const ExtractConfig& extract : config.extracts) {
        const AdapterConfig* adapter = config.adapter(extract.adapter);
        if (!adapter || !adapter->adapter->history) continue;
        if (auto history = adapter->adapter->history(adapter->settings))
            histories.push_back({extract.adapter, std::move(history)});
    }
    return histories;
}

/// One History, its thread and who waits for it.
class HistoryDesk::Clerk {
  public:
    Clerk(NamedHistory named, const HistoryRules& rules, const Logger& logger)
        : adapter_(std::move(named.adapter)),
          history_(std::move(named.history)),
          rules_(rules),
          logger_(logger),
          thread_([this](const std::stop_token& stop) { run(stop); }) {}

    bool speaks(std::string_view series) const { return history_->speaks(series); }

    void ask(HistoryQuestion question, HistoryDone done) {
        {
            const std::scoped_lock lock(mutex_);
            if (waiting_.size() < rules_.most_waiting) {
                waiting_.push_back({std::move(question), std::move(done)});
                changed_.notify_one();
                return;
            }
        }
        done(refused(Kind::busy, "too many wait for this series' app; ask again later"));
    }

    void request_stop() { thread_.request_stop(); }
    bool finished() const { return finished_.load(); }
    void abandon() { thread_.detach(); }
    const std::string& adapter() const { return adapter_; }

  private:
    struct Item {
        HistoryQuestion question;
        HistoryDone done;
    };

    void run(const std::stop_token& stop) {
        while (auto item = next(stop)) {
            if (!item->question.stop.stop_requested())
                item->done(answer(item->question, stop));
            else
                item->done(refused(Kind::failed, "cancelled"));
        }
        finished_ = true;
    }

    std::optional<Item> next(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        if (!changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) return std::nullopt;
        if (stop.stop_requested()) return std::nullopt;
        Item item = std::move(waiting_.front());
        waiting_.pop_front();
        return item;
    }

    HistoryOutcome answer(const HistoryQuestion& question, const std::stop_token& stop) {
        std::stop_source either;
        const std::stop_callback program_stops(stop, [&] { either.request_stop(); });
        const std::stop_callback asker_leaves(question.stop, [&] { either.request_stop(); });
        Filling filling(rules_.page_bytes);
        const Call call{.now = rules_.clock(),
                        .deadline = std::chrono::steady_clock::now() + rules_.timeout,
                        .stop = either.get_token(),
                        .max_readings = rules_.page_bytes / 80 + 1};
        try {
            const auto take = [&](const senml::Pack& chunk) { return filling.take(chunk); };
            if (question.resolution.empty())
                history_->read(question.range, call, take);
            else
                read_periods(*history_, question.range, question.resolution, rules_.aggregation,
                             call, take);
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
        if (!question.known_as.empty())
            filling.page.readings = renamed(filling.page.readings, question.known_as);
        return std::move(filling.page);
    }

    std::string adapter_;
    std::unique_ptr<History> history_;
    HistoryRules rules_;
    Logger logger_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Item> waiting_;
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

void HistoryDesk::ask(HistoryQuestion question, HistoryDone done) {
    auto right = std::make_shared<HistoryRight>();
    auto asked = std::make_shared<HistoryQuestion>(std::move(question));
    store_.post([this, right, asked, now = rules_.clock()](
                    Mailboxes& m) { *right = may_read_(m, asked->asker, asked->range, now); },
                [this, right, asked, done = std::move(done)](const std::exception_ptr& failure) {
                    if (failure)
                        return done(refused(Kind::busy, "the proxy's store is away; ask again"));
                    if (!right->refusal.empty()) {
                        counters_.get("courant_history_refused_total").add();
                        return done(refused(Kind::forbidden, right->refusal));
                    }
                    asked->resolution = right->resolution;
                    if (!right->series.empty())
                        asked->known_as = std::exchange(asked->range.series, right->series);
                    permitted(std::move(*asked), done);
                });
}

void HistoryDesk::permitted(HistoryQuestion question, HistoryDone done) {
    for (const auto& clerk : clerks_) {
        if (!clerk->speaks(question.range.series)) continue;
        counters_.get("courant_history_questions_total", {{"adapter", clerk->adapter()}}).add();
        return clerk->ask(std::move(question), std::move(done));
    }
    const std::string& asked =
        question.known_as.empty() ? question.range.series : question.known_as;
    done(refused(Kind::bad_request,
                 fmt::format("no app here has a history of {}", named_series(asked).name)));
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
