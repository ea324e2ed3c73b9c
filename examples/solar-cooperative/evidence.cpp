#include "examples/solar-cooperative/evidence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/mailbox/body.hpp"
#include "proxy-core/mailbox/sqlite_store.hpp"
#include "senml/name.hpp"

namespace courant::example {
namespace {

std::unique_ptr<Store> store_of(const Member& member) {
    SqliteOptions options;
    options.ownership = Ownership::shared;
    return open_sqlite_store(member.store(), options);
}

void add_message(SeriesByName& all, const Message& message) {
    senml::Pack pack;
    if (const auto read = BodyReader().read(message.body, message.stored_at, pack); !read)
        throw std::runtime_error(
            fmt::format("message {} of the outbox: {}", message.seq, read.error()));
    for (const senml::Record& record : pack.records()) {
        const auto name = senml::Name::parse(pack.name(record.name));
        if (!name || record.kind != senml::Kind::number)
            throw std::runtime_error("the outbox holds a record that the example does not send");
        Series& series = all[name->people()];
        series.unit = pack.unit(record.unit);
        series.readings.push_back({record.time, record.number});
    }
}

/// The series of a file of the adapter csv: "a@b+c@d+e.csv" holds a@b/c@d/e. The names of the
/// example need none of the adapter's other rules.
std::string series_of(const std::filesystem::path& file) {
    std::string name = file.stem().string();
    std::replace(name.begin(), name.end(), '+', '/');
    return name;
}

/// "2025-06-18T22:00:00Z,0,W"
Reading reading_from(const std::string& row, std::string& unit) {
    const auto first = row.find(',');
    const auto second = row.find(',', first + 1);
    if (first == std::string::npos || second == std::string::npos)
        throw std::runtime_error("not time,value,unit: " + row);
    const auto time = from_timestamp(row.substr(0, first));
    Reading reading;
    const char* const end = row.data() + second;
    const auto [stop, error] = std::from_chars(row.data() + first + 1, end, reading.value);
    if (!time || stop != end || error != std::errc{})
        throw std::runtime_error("not a time and a number: " + row);
    reading.time = *time;
    unit = row.substr(second + 1);
    return reading;
}

std::vector<std::filesystem::path> files_received(const Plan& plan) {
    std::vector<std::filesystem::path> files;
    if (std::filesystem::exists(plan.received()))
        for (const auto& entry : std::filesystem::directory_iterator(plan.received()))
            if (entry.path().extension() == ".csv") files.push_back(entry.path());
    return files;
}

}  // namespace

StoreState store_state(const Member& member, const Plan& plan) {
    StoreState state;
    store_of(member)->read([&](Mailboxes& m) {
        for (const OutgoingLane& lane : m.outgoing_lanes()) {
            if (lane.peer == plan.auditor) state.kept_readings = lane.waiting_records;
            if (lane.peer != plan.coop.jid) continue;
            state.sent_messages = lane.next - 1;
            state.unacknowledged = lane.waiting_messages;
        }
        for (const IncomingLane& lane : m.incoming_lanes()) {
            state.arrived_messages += lane.next - 1;
            state.beyond_a_hole += std::max<Seq>(0, lane.highest - lane.next + 1);
        }
        state.before_the_app = m.inbox_size(m.delivered("books")).messages;
        state.dead_letters = m.dead_count();
        for (const JobState& job : m.job_states())
            if (job.job.starts_with("extract") && job.last_success) state.extracted = true;
    });
    return state;
}

SeriesByName sent_by(const Member& sender, const Plan& plan) {
    SeriesByName all;
    store_of(sender)->read([&](Mailboxes& m) {
        for (const OutgoingLane& lane : m.outgoing_lanes()) {
            if (lane.peer != plan.auditor) continue;
            Seq after = lane.acknowledged;
            for (auto page = m.outbox(lane.lane, after, {}); !page.empty();
                 page = m.outbox(lane.lane, after, {})) {
                for (const Message& message : page)
                    if (message.records > 0) add_message(all, message);
                after = page.back().seq;
            }
        }
    });
    return all;
}

SeriesByName received(const Plan& plan) {
    SeriesByName all;
    for (const auto& file : files_received(plan)) {
        std::ifstream in(file);
        std::string row;
        std::getline(in, row);
        if (row != "time,value,unit")
            throw std::runtime_error(file.string() + " does not begin with time,value,unit");
        Series& series = all[series_of(file)];
        while (std::getline(in, row)) series.readings.push_back(reading_from(row, series.unit));
    }
    return all;
}

std::int64_t rows_received(const Plan& plan) {
    std::int64_t rows = 0;
    for (const auto& file : files_received(plan)) {
        std::ifstream in(file);
        const auto lines = std::count(std::istreambuf_iterator<char>(in), {}, '\n');
        rows += std::max<std::int64_t>(0, lines - 1);  // but for the heading
    }
    return rows;
}

std::vector<Acknowledged> acknowledged(const Member& sender, const Plan& plan) {
    std::vector<Acknowledged> all;
    std::ifstream in(sender.log());
    for (std::string line; std::getline(in, line);) {
        const auto event = nlohmann::json::parse(line, nullptr, false);
        if (event.is_discarded() || event.value("event", "") != "message acknowledged" ||
            event.value("peer", "") != plan.coop.jid.to_string())
            continue;
        all.push_back(
            {event.value("readings", std::int64_t{0}), event.value("delay_seconds", 0.0)});
    }
    return all;
}

}  // namespace courant::example
