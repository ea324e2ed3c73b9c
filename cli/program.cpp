#include "cli/program.hpp"

#include <fmt/format.h>

#include <numeric>
#include <random>
#include <utility>

#include "cli/catalog/rules.hpp"
#include "cli/store.hpp"
#include "jobs/catalog_commands.hpp"
#include "jobs/history_commands.hpp"
#include "jobs/kept_history.hpp"
#include "jobs/quoalise_subscriptions.hpp"
#include "jobs/subscription_commands.hpp"
#include "proxy-core/access/pseudonym.hpp"
#include "proxy-core/config/duration.hpp"
#include "senml/name.hpp"

namespace courant::cli {
namespace {

constexpr std::chrono::seconds stop_grace{8};
constexpr std::chrono::seconds once_patience{30};  // without any progress
constexpr std::chrono::milliseconds look_again{25};
constexpr std::chrono::milliseconds longest_period{2000};  // a new worker waits for its share

std::chrono::milliseconds milliseconds(std::chrono::nanoseconds span) {
    return std::chrono::ceil<std::chrono::milliseconds>(span);
}

std::unique_ptr<Worker> worker_of(const Config& config, StoreThread& store, const Logger& logger) {
    if (!is_shared(config.store)) return Worker::alone();
    return std::make_unique<Worker>(
        WorkerSettings{.id = WorkerId::of_this_process(config.identity.resource),
                       .term = milliseconds(config.store.lease),
                       .period = std::min(milliseconds(config.store.lease / 15), longest_period)},
        store, logger);
}

int drawn(int least, int most) {
    std::random_device device;
    return std::uniform_int_distribution(least, most)(device);
}

// Of several workers the server gives what comes to the bare JID to the one with the highest
// priority. Which that is does not matter, as long as it is one: drawn, so that nobody need say.
XmppSettings session_settings(const Config& config, const Worker& worker) {
    XmppSettings settings = xmpp_settings(config);
    // Who asks by the full JID has to know all of it.
    if (!config.quoalise.resource.empty()) settings.whole_resource = config.quoalise.resource;
    if (worker.id().empty()) return settings;
    settings.whole_resource = WorkerId::resource_in(worker.id());
    settings.priority = drawn(1, 127);
    return settings;
}

std::string lane_right(const LaneId& lane) {
    return "lane " + lane.value;
}

FederationSettings federation_settings(const Config& config, Worker& worker, SpaceWatch& space) {
    FederationSettings settings;
    settings.admits = [&space](Mailboxes& m, std::int64_t bytes, Time now) {
        return space.obstacle(m, bytes, now).empty();
    };
    settings.session_note = Worker::session_note(worker.id());
    if (!worker.id().empty())
        settings.rights = LaneRights{
            .tenure = [&worker](const LaneId& lane) { return worker.tenure(lane_right(lane)); },
            .insist = [&worker](Mailboxes& m,
                                const LaneId& lane) { worker.insist(m, lane_right(lane)); },
            .confirm = [&worker](Mailboxes& m,
                                 const LaneId& lane) { worker.confirm(m, lane_right(lane)); },
            .sender =
                [&worker](const LaneId& lane) {
                    return worker.resource_of_holder(lane_right(lane));
                },
            .first = [&worker](Mailboxes& m) { return worker.is_first(m); },
            .lane_made = [&worker] { worker.hurry(); }};
    settings.self = config.identity.jid;
    settings.lanes.window_messages = static_cast<std::int64_t>(config.limits.window_messages);
    settings.lanes.window_bytes = static_cast<std::int64_t>(config.limits.window_bytes);
    settings.lanes.bytes_per_second =
        static_cast<std::int64_t>(config.limits.lane_bytes_per_second);
    settings.lanes.answer_timeout = milliseconds(config.limits.answer_timeout);
    settings.lanes.first_pause = milliseconds(config.limits.retry_first);
    settings.lanes.longest_pause = milliseconds(config.limits.retry_max);
    settings.lanes.coalesce = milliseconds(config.limits.coalesce);
    settings.lanes.records_per_message =
        static_cast<std::int64_t>(config.limits.records_per_message);
    settings.lanes.stanza_bytes = static_cast<std::int64_t>(config.limits.stanza_bytes);
    settings.seed = std::random_device{}();
    settings.stanzas.max_depth = config.limits.receive_depth;
    settings.encodings = config.federation.encodings;
    settings.bodies.unpacked_bytes = config.limits.receive_pack_bytes;
    settings.quoalise_names = quoalise_names(config.quoalise.names);
    if (!config.organisation.empty()) settings.description = card_form(config.organisation);
    settings.hears_strangers = catalog_rules(config).has_open_data();
    return settings;
}

// What it takes beside the page itself: the form, addresses, the command.
constexpr std::size_t bytes_around_a_page = 12'000;

std::size_t page_bytes(const Config& config) {
    return config.limits.stanza_bytes -
           std::min(config.limits.stanza_bytes / 2, bytes_around_a_page);
}

HistoryRules history_rules(const Config& config) {
    HistoryRules rules;
    rules.timeout = config.limits.adapter_timeout;
    rules.aggregation = {.series = config.series, .time_zone = config.federation.time_zone};
    rules.page_bytes = page_bytes(config);
    return rules;
}

// Those of the apps, and behind them the archive, where there is one.
std::vector<NamedHistory> all_histories(const Config& config, StoreThread& store) {
    auto histories = histories_of(config);
    if (nominal_length(config.archive.keep).count() > 0)
        histories.push_back({"archive", std::make_unique<KeptHistory>(store)});
    return histories;
}

// The catalog says the names that peers get, and is asked on the store's thread alone.
std::shared_ptr<const CatalogRules> rules_of_catalog(const Config& config) {
    auto rules = std::make_shared<CatalogRules>(catalog_rules(config));
    rules->shown_name = [names = std::make_shared<PseudonymsAtNeed>(
                             PseudonymFiles{config.pseudonyms.key_file, config.pseudonyms.file})](
                            const Grant& grant, const std::string& name) {
        const Disguise disguise = disguise_of(grant);
        const auto series = senml::Name::parse(name);
        if (disguise.none()) return name;
        if (!series)
            throw StoreError(name + " is no federated name, and has no pseudonym", Retry::useless);
        const auto other =
            names->get().conceal(*series, grant.peer, disguise, std::chrono::system_clock::now());
        if (!other) throw StoreError(other.error(), Retry::useless);
        return other->people();
    };
    return rules;
}

/// How far the outbox is: both numbers stand still when nothing moves.
struct Backlog {
    std::int64_t waiting = 0;
    std::int64_t acknowledged = 0;
    bool operator==(const Backlog&) const = default;
};

Backlog backlog(Mailboxes& m) {
    Backlog sum;
    for (const OutgoingLane& lane : m.outgoing_lanes()) {
        sum.waiting += lane.waiting_messages;
        sum.acknowledged += lane.acknowledged;
    }
    return sum;
}

}  // namespace

XmppSettings xmpp_settings(const Config& config) {
    XmppSettings settings;
    settings.account = config.identity.jid;
    settings.password = config.identity.password.reveal();
    for (const ServerAddress& server : config.identity.servers)
        settings.servers.push_back(fmt::format("{}:{}", server.host, server.port));
    if (config.identity.ca_file) settings.ca_file = config.identity.ca_file->string();
    settings.resource = config.identity.resource;
    settings.ping_after = milliseconds(config.limits.ping_interval);
    settings.backoff_first = milliseconds(config.limits.retry_first);
    settings.backoff_max = std::min(settings.backoff_max, milliseconds(config.limits.retry_max));
    settings.backoff_operator = std::max(settings.backoff_operator, settings.backoff_max);
    settings.max_stanza_bytes = config.limits.receive_stanza_bytes;
    settings.max_stanza_depth = config.limits.receive_depth;
    return settings;
}

Program::Program(const Config& config, StoreThread& store, Logger logger)
    : store_(store),
      logger_(std::move(logger)),
      receives_(!config.receives.empty()),
      space_({.reserve_bytes = config.space.reserve_bytes,
              .reserve_percent = config.space.reserve_percent,
              .max_bytes = config.space.max_bytes},
             logger_, counters_),
      worker_(worker_of(config, store, logger_)),
      session_(session_settings(config, *worker_)),
      federation_(federation_settings(config, *worker_, space_), session_, store,
                  {.inbox_grew = [this] { runner_.inbox_grew(); }}, logger_, counters_),
      runner_(
          config, store, space_, *worker_,
          [this](std::vector<Enqueued> messages) { federation_.outbox_grew(std::move(messages)); },
          logger_, counters_),
      history_(all_histories(config, store), store,
               grants_may_read(config.identity.jid, config.pseudonyms.file), history_rules(config),
               logger_, counters_),
      catalog_(rules_of_catalog(config), config.identity.jid, store),
      cards_(store, [this](CommandRequest request, CommandDone done) {
          federation_.ask(std::move(request), std::move(done));
      }) {
    const Jid& self = config.identity.jid;
    const PageBytes page{page_bytes(config)};
    federation_.offer(catalog_command(catalog_, page));
    federation_.offer(directory_command(self, config.organisation, store, page));
    if (!config.organisation.empty()) federation_.offer(about_command(config.organisation));
    if (!history_.empty()) federation_.offer(history_command(history_, self));
    if (!history_.empty() && !config.quoalise.resource.empty())
        federation_.offer(quoalise_history_command(history_, self, config.quoalise.names));
    if (!config.quoalise.resource.empty())
        for (Command& command : quoalise_subscription_commands(store, self, config.quoalise.names))
            federation_.offer(std::move(command));
    if (!config.extracts.empty()) {
        federation_.offer(subscribe_command(store, self, config.federation.time_zone, logger_));
        federation_.offer(unsubscribe_command(store, self, logger_));
    }
    worker_->on_change([this] {
        federation_.rights_changed();
        runner_.rights_changed();
    });
    session_.when_refused([this](std::string_view why) {
        counters_.get("courant_stanzas_refused_total").add();
        logger_.warning("stanza refused", {{"reason", why}});
    });
}

Program::~Program() {
    // Its thread speaks to what goes before it.
    worker_->stop();
}

void Program::start() {
    worker_->start();
    federation_thread_ =
        std::jthread([this](const std::stop_token& stop) { federation_.run(stop); });
    runner_.start();
}

void Program::watch() {
    runner_.watch();
    if (federation_.online()) cards_.look(std::chrono::system_clock::now());
}

bool Program::stop() {
    const bool histories_back = history_.stop(stop_grace);
    const bool all_back = runner_.stop(stop_grace) && histories_back;
    if (federation_thread_.joinable()) {
        federation_thread_.request_stop();
        federation_thread_.join();
    }
    worker_->stop();
    runner_.tidy_up();
    return all_back;
}

bool Program::run_once(const std::stop_token& stop) {
    refuse_company();
    worker_->start();
    federation_thread_ =
        std::jthread([this](const std::stop_token& ended) { federation_.run(ended); });
    bool all_well = runner_.extract_once(stop);
    all_well = drain_outbox(stop) && all_well;
    if (receives_) settle_inbox(stop);
    all_well = runner_.receive_once(stop) && all_well;
    // What was made of notices is an answer, which goes at once.
    all_well = drain_outbox(stop) && all_well;
    this->stop();
    return all_well;
}

// Whoever runs does every job anyway; we would take some of them over, do nothing with them, and
// wait for the others' outbox to become empty.
void Program::refuse_company() {
    if (store_.ask([this](Mailboxes& m) { return worker_->is_first(m); })) return;
    throw StoreError(
        "a worker runs on this store already and does every job by itself: nothing is left for "
        "--once. courant status shows who it is; what was killed on another machine counts for "
        "[store] lease",
        Retry::worthwhile);
}

bool Program::drain_outbox(const std::stop_token& stop) {
    Backlog last;
    auto moved = std::chrono::steady_clock::now();
    while (!stop.stop_requested()) {
        const Backlog now = store_.ask(backlog);
        if (now.waiting == 0 && federation_.online()) return true;
        if (now != last) moved = std::chrono::steady_clock::now();
        last = now;
        if (std::chrono::steady_clock::now() - moved > once_patience) {
            logger_.warning("the outbox keeps messages for another run",
                            {{"messages", now.waiting}, {"online", federation_.online()}});
            return now.waiting == 0;
        }
        std::this_thread::sleep_for(look_again);
    }
    return false;
}

// What peers have for us comes by itself once we are online; a second without anything new means
// that it is here.
void Program::settle_inbox(const std::stop_token& stop) {
    const auto arrived = [this] {
        return store_.ask([](Mailboxes& m) {
            const auto lanes = m.incoming_lanes();
            return std::accumulate(
                lanes.begin(), lanes.end(), Seq{0},
                [](Seq sum, const IncomingLane& lane) { return sum + lane.next; });
        });
    };
    constexpr std::chrono::seconds quiet{1};
    Seq last = arrived();
    for (auto since = std::chrono::steady_clock::now();
         !stop.stop_requested() && std::chrono::steady_clock::now() - since < quiet;) {
        std::this_thread::sleep_for(look_again);
        if (const Seq now = arrived(); now != std::exchange(last, now))
            since = std::chrono::steady_clock::now();
    }
}

}  // namespace courant::cli
