#include "cli/program.hpp"

#include <fmt/format.h>

#include <numeric>
#include <random>
#include <utility>

namespace courant::cli {
namespace {

constexpr std::chrono::seconds stop_grace{8};
constexpr std::chrono::seconds once_patience{30};  // without any progress
constexpr std::chrono::milliseconds look_again{25};

std::chrono::milliseconds milliseconds(std::chrono::nanoseconds span) {
    return std::chrono::ceil<std::chrono::milliseconds>(span);
}

FederationSettings federation_settings(const Config& config, SpaceWatch& space) {
    FederationSettings settings;
    settings.admits = [&space](Mailboxes& m, std::int64_t bytes, Time now) {
        return space.obstacle(m, bytes, now).empty();
    };
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
    return settings;
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
      session_(xmpp_settings(config)),
      federation_(federation_settings(config, space_), session_, store,
                  {.inbox_grew = [this] { runner_.inbox_grew(); }}, logger_, counters_),
      runner_(
          config, store, space_,
          [this](std::vector<Enqueued> messages) { federation_.outbox_grew(std::move(messages)); },
          logger_, counters_) {
    session_.when_refused([this](std::string_view why) {
        counters_.get("courant_stanzas_refused_total").add();
        logger_.warning("stanza refused", {{"reason", why}});
    });
}

void Program::start() {
    federation_thread_ =
        std::jthread([this](const std::stop_token& stop) { federation_.run(stop); });
    runner_.start();
}

bool Program::stop() {
    const bool all_back = runner_.stop(stop_grace);
    if (federation_thread_.joinable()) {
        federation_thread_.request_stop();
        federation_thread_.join();
    }
    runner_.tidy_up();
    return all_back;
}

bool Program::run_once(const std::stop_token& stop) {
    federation_thread_ =
        std::jthread([this](const std::stop_token& ended) { federation_.run(ended); });
    bool all_well = runner_.extract_once(stop);
    all_well = drain_outbox(stop) && all_well;
    if (receives_) settle_inbox(stop);
    all_well = runner_.receive_once(stop) && all_well;
    this->stop();
    return all_well;
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
