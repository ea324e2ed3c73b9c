// `courant status`: the state of a proxy at a glance, from its store; beside a running proxy or
// without one.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/command.hpp"
#include "cli/store.hpp"
#include "jobs/outbox_caps.hpp"
#include "jobs/share_out.hpp"
#include "jobs/worker.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/mailbox/space_watch.hpp"

namespace courant::cli {
namespace {

using nlohmann::ordered_json;

/// Everything that status shows, read in one transaction.
struct Snapshot {
    bool running = false;
    std::string session;
    std::vector<OutgoingLane> outgoing;
    std::vector<IncomingLane> incoming;
    InboxSize inbox;
    std::int64_t dead = 0;
    StoreRoom room;
    std::optional<std::int64_t> free;
    std::vector<std::string> obstacles;  ///< why nothing comes in
    std::vector<Peer> peers;
    std::map<std::string, std::string> troubles;  ///< by peer: why its lane does not move
    std::map<std::string, std::string>
        circuits;  ///< by peer: open or half-open, where it is not closed
    std::vector<JobState> jobs;
    std::map<std::string, std::int64_t> counters;
    bool shared = false;  ///< several workers may run
    std::vector<Colleague> workers;
};

Snapshot snapshot(Mailboxes& m, const Config& config) {
    Snapshot now;
    now.session = m.note("session");
    now.outgoing = m.outgoing_lanes();
    now.incoming = m.incoming_lanes();
    std::int64_t delivered = 0;  // what the slowest sink still has before it
    for (std::size_t i = 0; i < config.receives.size(); ++i) {
        const auto position = m.delivered(config.receives[i].adapter);
        delivered = i == 0 ? position : std::min(delivered, position);
    }
    now.inbox = m.inbox_size(delivered);
    now.dead = m.dead_count();
    now.room = m.room();
    now.free = free_bytes(now.room, {.max_bytes = config.space.max_bytes});
    for (const auto key : {space_note, outbox_note})
        if (auto obstacle = m.note(key); !obstacle.empty())
            now.obstacles.push_back(std::move(obstacle));
    now.peers = m.peers();
    for (const OutgoingLane& lane : now.outgoing) {
        const std::string peer = lane.peer.to_string();
        now.troubles[peer] = m.note("lane " + peer);
        now.circuits[peer] = m.note("circuit " + peer);
    }
    now.jobs = m.job_states();
    now.counters = m.counters();
    now.shared = is_shared(config.store);
    now.workers = colleagues(m, std::chrono::system_clock::now());
    return now;
}

ordered_json lanes(const Snapshot& now) {
    ordered_json rows = ordered_json::array();
    for (const OutgoingLane& lane : now.outgoing) {
        const std::string peer = lane.peer.to_string();
        const std::string& circuit = now.circuits.at(peer);
        rows.push_back({{"direction", "out"},
                        {"peer", peer},
                        {"lane", lane.lane.value},
                        {"circuit", now.running ? ordered_json(circuit.empty() ? "closed" : circuit)
                                                : ordered_json(nullptr)},
                        {"through", lane.acknowledged},
                        {"waiting", lane.waiting_messages},
                        {"readings", lane.waiting_records},
                        {"oldest", time_or_null(lane.oldest)},
                        {"last_trouble", now.troubles.at(peer)}});
    }
    for (const IncomingLane& lane : now.incoming)
        rows.push_back({{"direction", "in"},
                        {"peer", lane.peer.to_string()},
                        {"lane", lane.lane.value},
                        {"circuit", nullptr},
                        {"through", lane.next - 1},
                        {"waiting", std::max<Seq>(0, lane.highest - lane.next + 1)},
                        {"readings", nullptr},
                        {"oldest", nullptr},
                        {"last_trouble", ""}});
    return rows;
}

ordered_json jobs(const Snapshot& now) {
    ordered_json rows = ordered_json::array();
    for (const JobState& job : now.jobs)
        rows.push_back({{"job", job.job},
                        {"last_start", time_or_null(job.last_start)},
                        {"last_success", time_or_null(job.last_success)},
                        {"failures", job.failures},
                        {"last_error", job.last_error}});
    return rows;
}

ordered_json peers(const Snapshot& now) {
    ordered_json rows = ordered_json::array();
    for (const Peer& peer : now.peers)
        rows.push_back({{"peer", peer.jid.to_string()},
                        {"relay", peer.relay},
                        {"xml_only", peer.xml_only},
                        {"packed", peer.packed ? ordered_json(*peer.packed) : nullptr}});
    return rows;
}

// What a worker holds of one kind, without its lanes' long names.
std::string held(const Colleague& worker, std::string_view kind) {
    std::string names;
    for (const auto& what : worker.holds) {
        if (kind_of(what) != kind) continue;
        names += (names.empty() ? "" : ", ") + what.substr(kind.size() + 1);
    }
    return names;
}

ordered_json workers(const Snapshot& now) {
    ordered_json rows = ordered_json::array();
    for (const Colleague& worker : now.workers)
        rows.push_back({{"worker", worker.id},
                        {"session", worker.session},
                        {"sources", held(worker, "source")},
                        {"sinks", held(worker, "sink")},
                        {"lanes", std::count_if(worker.holds.begin(), worker.holds.end(),
                                                [](const std::string& what) {
                                                    return kind_of(what) == "lane";
                                                })}});
    return rows;
}

ordered_json page(const Config& config, const Snapshot& now) {
    std::int64_t messages = 0;
    std::int64_t readings = 0;
    std::int64_t bytes = 0;
    std::optional<Time> oldest;
    for (const OutgoingLane& lane : now.outgoing) {
        messages += lane.waiting_messages;
        readings += lane.waiting_records;
        bytes += lane.waiting_bytes;
        if (lane.oldest && *lane.oldest < oldest.value_or(Time::max())) oldest = lane.oldest;
    }
    return {{"jid", config.identity.jid.to_string()},
            {"running", now.running},
            {"session", now.session},
            {"workers", workers(now)},
            {"outbox",
             {{"messages", messages},
              {"readings", readings},
              {"bytes", bytes},
              {"oldest", time_or_null(oldest)}}},
            {"inbox",
             {{"messages", now.inbox.messages},
              {"readings", now.inbox.records},
              {"bytes", now.inbox.bytes},
              {"oldest", time_or_null(now.inbox.oldest)}}},
            {"dead", now.dead},
            {"store",
             {{"bytes", now.room.bytes},
              {"empty", now.room.empty},
              {"free", now.free ? ordered_json(*now.free) : ordered_json(nullptr)}}},
            {"obstacles", now.obstacles},
            {"lanes", lanes(now)},
            {"peers", peers(now)},
            {"jobs", jobs(now)},
            {"counters", now.counters}};
}

// "412 KiB", "1.3 GiB": three digits are enough at a glance.
std::string size(std::int64_t bytes) {
    constexpr std::array<std::string_view, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
    auto amount = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; amount >= 1000 && unit + 1 < units.size(); ++unit) amount /= 1024;
    const int decimals = unit > 0 && amount < 10 ? 1 : 0;
    return fmt::format("{:.{}f} {}", amount, decimals, units[unit]);
}

// "12 messages, 500 readings, 31 KiB wait for a receipt, the oldest since …"
std::string waiting_line(const ordered_json& box, std::string_view for_what) {
    std::string line = fmt::format(
        "{} messages, {} readings, {} wait for {}", box["messages"].get<std::int64_t>(),
        box["readings"].get<std::int64_t>(), size(box["bytes"].get<std::int64_t>()), for_what);
    if (box["oldest"].is_string()) line += ", the oldest since " + box["oldest"].get<std::string>();
    return line;
}

std::string store_line(const Snapshot& now) {
    std::string line = size(now.room.bytes);
    if (now.room.empty > 0) line += fmt::format(", {} of them empty", size(now.room.empty));
    return line + (now.free ? fmt::format("; room for {}", size(*now.free)) : "");
}

// Whoever was killed could not write that it is gone.
std::string session_line(const Snapshot& now) {
    if (now.shared)
        return now.running ? fmt::format("{} workers", now.workers.size()) : "no worker runs";
    if (now.session.empty()) return now.running ? "running, not online yet" : "has not run yet";
    return (now.running ? "" : "not running; the last word was: ") + one_line(now.session);
}

void print_section(std::ostream& out, std::string_view heading, const ordered_json& rows) {
    if (rows.empty()) return;
    out << '\n' << heading << '\n';
    print_list(out, rows, Listing::table);
}

}  // namespace

int status_command(Words words, Console& console) {
    auto options = options_for("status", "Mailboxes, lanes, peers and jobs at a glance");
    options.add_options()("json", "as JSON");
    const auto given = parse(options, words, console);
    if (!given) return Exit::done;
    const Config config = config_of(*given);
    const auto store = shared_store(config);
    Snapshot now = read_from(*store, [&](Mailboxes& m) { return snapshot(m, config); });
    now.running = now.shared ? !now.workers.empty() : running_on(config.store.path).has_value();
    const ordered_json status = page(config, now);
    if (listing_of(*given) == Listing::json) {
        console.out << status.dump(2, ' ', false, ordered_json::error_handler_t::replace) << '\n';
        return Exit::done;
    }
    console.out << status["jid"].get<std::string>() << "  " << session_line(now) << '\n'
                << "outbox  " << waiting_line(status["outbox"], "a receipt") << '\n'
                << "inbox   " << waiting_line(status["inbox"], "their app") << '\n'
                << "dead    " << status["dead"] << " letters\n"
                << "store   " << store_line(now) << '\n';
    for (const auto& obstacle : now.obstacles)
        console.out << "STOPPED " << one_line(obstacle) << '\n';
    if (now.shared) print_section(console.out, "WORKERS", status["workers"]);
    print_section(console.out, "LANES", status["lanes"]);
    print_section(console.out, "JOBS", status["jobs"]);
    return Exit::done;
}

}  // namespace courant::cli
