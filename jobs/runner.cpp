#include "jobs/runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "jobs/exchange.hpp"
#include "jobs/extract.hpp"
#include "jobs/housekeeping.hpp"
#include "jobs/receive.hpp"
#include "proxy-core/config/duration.hpp"

namespace courant {
namespace {

constexpr std::string_view housekeeping = "housekeeping";
constexpr std::string_view exchange = "exchange";
constexpr std::size_t most_told_series = 1'000;

std::chrono::milliseconds milliseconds(std::chrono::nanoseconds span) {
    return std::chrono::ceil<std::chrono::milliseconds>(span);
}

Schedule schedule(const Triggers& triggers, Time began, const std::string& what) {
    auto made = Schedule::make(triggers, began);
    if (!made) throw ConfigError(what + ": " + made.error());
    return *made;
}

Triggers every(std::chrono::nanoseconds interval) {
    Triggers triggers;
    triggers.every = interval;
    return triggers;
}

const AdapterConfig& adapter_of(const Config& config, const std::string& name) {
    const AdapterConfig* adapter = config.adapter(name);
    if (!adapter) throw ConfigError("there is no adapter " + name);
    return *adapter;
}

}  // namespace

Runner::Runner(const Config& config, StoreThread& store, SpaceWatch& space, Worker& worker,
               const OutboxGrew& outbox_grew, Logger logger, Counters& counters)
    : store_(store),
      space_(space),
      logger_(std::move(logger)),
      counters_(counters),
      worker_(worker),
      caps_(config.outbox, logger_, counters_),
      hang_after_(config.limits.adapter_timeout + config.limits.hang_notice) {
    rules_.timeout = config.limits.adapter_timeout;
    rules_.retry_first = milliseconds(config.limits.retry_first);
    rules_.retry_max = milliseconds(config.limits.retry_max);
    const Time began = rules_.clock();
    for (const ExtractConfig& extract : config.extracts)
        add_extract(config, extract, outbox_grew, began);
    HousekeepingRules tidying{
        .sinks = {},
        .sharing = worker.id().empty() ? Sharing::alone : Sharing::with_others,
        .retention = config.retention,
        .tally = tally_};
    for (const ReceiveConfig& receive : config.receives) {
        add_receive(config, receive, began);
        tidying.sinks.push_back(receive.adapter);
    }
    add_exchange(config, began);
    thread_of(std::string(housekeeping))
        .add(
            std::make_unique<HousekeepingJob>(std::move(tidying), space_, caps_, store_, counters_),
            schedule(every(std::chrono::seconds(10)), began, "housekeeping"), OnWake::sleeps_on);
}

Runner::~Runner() {
    for (auto& [adapter, thread] : threads_) thread->request_stop();
    for (auto& feed : feeds_) feed->request_stop();
}

JobThread& Runner::thread_of(const std::string& adapter) {
    auto& thread = threads_[adapter];
    if (!thread) thread = std::make_unique<JobThread>(adapter, rules_, store_, logger_, counters_);
    return *thread;
}

Outbound Runner::outbound(const Config& config, const ExtractConfig& extract,
                          const OutboxGrew& outbox_grew) {
    const auto obstacle = [this](Mailboxes& m, std::int64_t bytes, Time now) {
        auto why = space_.obstacle(m, bytes, now);
        return why.empty() ? caps_.obstacle(m, bytes, now) : why;
    };
    // Once for each series and run; the counter tells the rest.
    const auto withheld = [log = logger_, told = std::set<std::string, std::less<>>()](
                              std::string_view series, std::int64_t readings) mutable {
        if (told.size() >= most_told_series || !told.emplace(series).second) return;
        log.warning(
            "readings are withheld: they may only go aggregated, and what they mean is "
            "not said",
            {{"series", series},
             {"readings", readings},
             {"hint", "[[series]] series = \"" + std::string(series) +
                          "\", meaning = \"instant|mean|sum|index\""}});
    };
    return {extract.adapter,
            {.self = config.identity.jid,
             .records_per_message = config.limits.records_per_message,
             .packed_records_per_message = config.limits.packed_records_per_message,
             .encodings = config.federation.encodings,
             .stanza_bytes = config.limits.stanza_bytes,
             .quality = extract.quality,
             .pseudonyms = {.key = config.pseudonyms.key_file, .names = config.pseudonyms.file},
             .aggregation = {.series = config.series, .time_zone = config.federation.time_zone}},
            store_,
            outbox_grew,
            counters_,
            audience_,
            {.right = worker_.right("source " + extract.adapter),
             .obstacle = obstacle,
             .withheld = withheld},
            tally_,
            {.length = nominal_length(config.archive.keep), .quality = extract.quality}};
}

void Runner::add_extract(const Config& config, const ExtractConfig& extract,
                         const OutboxGrew& outbox_grew, Time began) {
    const AdapterConfig& adapter = adapter_of(config, extract.adapter);
    if (adapter.adapter->source) {
        if (auto source = adapter.adapter->source(adapter.settings)) {
            thread_of(extract.adapter)
                .add(std::make_unique<ExtractJob>(extract.adapter, std::move(source),
                                                  outbound(config, extract, outbox_grew), logger_),
                     schedule(extract.triggers, began, "extract " + extract.adapter),
                     OnWake::sleeps_on, worker_.right("source " + extract.adapter));
            return;
        }
    }
    std::unique_ptr<Feed> feed =
        adapter.adapter->feed ? adapter.adapter->feed(adapter.settings) : nullptr;
    if (!feed)
        throw ConfigError(
            fmt::format("adapters.{}: {} cannot be extracted from as it is configured",
                        extract.adapter, adapter.adapter->name));
    feeds_.push_back(std::make_unique<FeedThread>(
        extract.adapter, std::move(feed), outbound(config, extract, outbox_grew), rules_, store_,
        logger_, worker_.right("source " + extract.adapter)));
}

void Runner::add_receive(const Config& config, const ReceiveConfig& receive, Time began) {
    const AdapterConfig& adapter = adapter_of(config, receive.adapter);
    std::unique_ptr<Sink> sink =
        adapter.adapter->sink ? adapter.adapter->sink(adapter.settings) : nullptr;
    if (!sink)
        throw ConfigError(fmt::format("adapters.{}: {} cannot be written to as it is configured",
                                      receive.adapter, adapter.adapter->name));
    // The federation wakes the job; the interval is for messages that others (courant dead retry)
    // put into the inbox.
    thread_of(receive.adapter)
        .add(std::make_unique<ReceiveJob>(
                 receive.adapter, std::move(sink),
                 ReceiveRules{.series = receive.series,
                              .give_up_after = config.limits.give_up_after},
                 store_, logger_, counters_, worker_.right("sink " + receive.adapter)),
             schedule(every(std::chrono::seconds(5)), began, "receive " + receive.adapter),
             OnWake::runs, worker_.right("sink " + receive.adapter));
}

// The federation wakes it, too; the interval is for what the CLI or another worker did.
void Runner::add_exchange(const Config& config, Time began) {
    ExchangeRules rules{.sinks = {},
                        .announce = std::chrono::duration_cast<std::chrono::seconds>(
                            config.federation.expiry_notice)};
    for (const ReceiveConfig& receive : config.receives) rules.sinks.push_back(receive.adapter);
    thread_of(std::string(exchange))
        .add(std::make_unique<ExchangeJob>(std::move(rules), store_, logger_, counters_,
                                           worker_.right("job exchange")),
             schedule(every(std::chrono::seconds(5)), began, "exchange"), OnWake::runs,
             worker_.right("job exchange"));
}

void Runner::start() {
    for (auto& [adapter, thread] : threads_) thread->start();
    for (auto& feed : feeds_) feed->start();
}

void Runner::inbox_grew() {
    for (auto& [adapter, thread] : threads_) thread->wake();
}

void Runner::watch() {
    for (const auto& [adapter, thread] : threads_) {
        const auto call = thread->running();
        std::string& reported = hanging_[adapter];
        if (!call || call->lasts < hang_after_) {
            if (!reported.empty())
                logger_.info("a call that hung has come back", {{"job", reported}});
            reported.clear();
        } else if (reported.empty()) {
            reported = call->job;
            counters_.get("courant_hanging_calls_total", {{"job", call->job}}).add();
            logger_.error(
                "a call hangs; only this adapter waits for it",
                {{"job", call->job},
                 {"seconds",
                  std::chrono::duration_cast<std::chrono::seconds>(call->lasts).count()}});
        }
    }
}

bool Runner::extract_once(const std::stop_token& stop) {
    bool all_well = true;
    for (auto& [adapter, thread] : threads_)
        all_well = thread->run_once(OnWake::sleeps_on, stop) && all_well;
    return all_well;
}

bool Runner::receive_once(const std::stop_token& stop) {
    bool all_well = true;
    for (auto& [adapter, thread] : threads_)
        all_well = thread->run_once(OnWake::runs, stop) && all_well;
    return all_well;
}

bool Runner::stop(std::chrono::milliseconds grace) {
    const auto until = std::chrono::steady_clock::now() + grace;
    for (auto& [adapter, thread] : threads_) thread->request_stop();
    for (auto& feed : feeds_) feed->request_stop();
    const auto all_finished = [&] {
        return std::all_of(threads_.begin(), threads_.end(),
                           [](const auto& entry) { return entry.second->finished(); }) &&
               std::all_of(feeds_.begin(), feeds_.end(),
                           [](const auto& feed) { return feed->finished(); });
    };
    while (!all_finished() && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (all_finished()) return true;
    const auto leave = [&](auto& thread) {
        if (thread.finished()) return;
        logger_.error("an adapter did not stop in time and is left behind",
                      {{"adapter", thread.adapter()}});
        thread.abandon();
    };
    for (auto& [adapter, thread] : threads_) leave(*thread);
    for (auto& feed : feeds_) leave(*feed);
    return false;
}

void Runner::tidy_up() {
    JobThread& thread = thread_of(std::string(housekeeping));
    if (thread.finished()) thread.run_once(OnWake::sleeps_on);
}

}  // namespace courant
