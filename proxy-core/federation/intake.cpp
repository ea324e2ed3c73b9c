#include "proxy-core/federation/intake.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "proxy-core/config/duration.hpp"
#include "proxy-core/error.hpp"
#include "senml/codec.hpp"
#include "senml/name.hpp"

namespace courant {
namespace {

using senml::Format;
using senml::Pack;

// More dead letters are not kept for one message.
constexpr std::size_t most_records = 64;

// What is wrong with each name, at its id; empty where nothing is.
struct NameFaults {
    std::vector<std::string> nameless;
    std::vector<std::string> foreign;
    bool any = false;
};

NameFaults name_faults(const Pack& pack, const Jid& from) {
    const std::string speaker = from.bare().to_string();
    NameFaults faults;
    faults.nameless.resize(pack.name_count());
    faults.foreign.resize(pack.name_count());
    for (std::uint32_t i = 0; i < pack.name_count(); ++i) {
        const auto spelling = pack.name(senml::NameId{i});
        const auto name = senml::Name::parse(spelling);
        if (!name)
            faults.nameless[i] =
                fmt::format("{} is no federated name: {}", spelling, name.error().what);
        else if (name->authority() != speaker)
            faults.foreign[i] = fmt::format("{} may not speak {}", speaker, name->people());
        faults.any = faults.any || !name || !faults.foreign[i].empty();
    }
    return faults;
}

void check_names(const Pack& pack, const Jid& from, Inspection& inspection) {
    const NameFaults faults = name_faults(pack, from);
    if (!faults.any) return;
    for (std::size_t i = 0; i < pack.size(); ++i) {
        const auto name = static_cast<std::size_t>(pack[i].name);
        const auto record = static_cast<std::int64_t>(i) + 1;
        if (!faults.nameless[name].empty())
            inspection.nameless.push_back({record, faults.nameless[name]});
        if (!faults.foreign[name].empty())
            inspection.foreign.push_back({record, faults.foreign[name]});
    }
}

}  // namespace

Inspection inspect(const Readings& readings, const Jid& from, const Jid& self, Time now,
                   BodyReader& reader, Pack& pack) {
    Inspection inspection;
    if (!readings.fault.empty()) {
        inspection.fault = readings.fault;
        return inspection;
    }
    if (!is_iso_duration(readings.envelope.retain)) {
        inspection.fault = "retain= is no ISO 8601 duration";
        return inspection;
    }
    const auto& hops = readings.envelope.hops;
    if (std::find(hops.begin(), hops.end(), self) != hops.end()) {
        inspection.fault = "it has passed here before (hops)";
        return inspection;
    }
    if (const auto read = reader.read(readings.body, now, pack); !read) {
        inspection.fault = read.error();
        return inspection;
    }
    inspection.records = static_cast<std::int64_t>(pack.size());
    check_names(pack, from, inspection);
    return inspection;
}

Inspection inspect(const Readings& readings, const Jid& from, const Jid& self, Time now) {
    BodyReader reader;
    Pack pack;
    return inspect(readings, from, self, now, reader, pack);
}

Refusal refusal(const Inspection& inspection, const Peer& peer) {
    Refusal refusal{.whole = inspection.fault, .records = inspection.nameless};
    if (!refusal.whole.empty()) return refusal;
    auto& records = refusal.records;
    if (!peer.relay) {
        const auto own =
            records.insert(records.end(), inspection.foreign.begin(), inspection.foreign.end());
        std::inplace_merge(records.begin(), own, records.end(),
                           [](const auto& a, const auto& b) { return a.record < b.record; });
    }
    const bool all = std::cmp_equal(records.size(), inspection.records);
    if (!records.empty() && (all || records.size() > most_records)) {
        refusal.whole = records.front().reason;
        if (!all) refusal.whole += fmt::format(" (and {} records more)", records.size() - 1);
        records.clear();
    }
    return refusal;
}

std::string payload_text(const std::string& body, Time now) {
    if (auto xml = BodyReader().to_xml(body, now)) return std::move(*xml);
    std::string text;
    append_pack(text, body);
    return text;
}

std::string single_record(const std::string& body, std::int64_t index, Time now) {
    Pack pack;
    if (!BodyReader().read(body, now, pack) || index < 1 ||
        index > static_cast<std::int64_t>(pack.size()))
        return payload_text(body, now);
    Pack one;
    one.add_from(pack, static_cast<std::size_t>(index - 1));
    auto xml = senml::write(Format::xml, one);
    return xml ? std::move(*xml) : payload_text(body, now);
}

std::string without_records(const std::string& body, const std::vector<RecordFault>& records,
                            Time now) {
    Pack pack;
    if (const auto read = BodyReader(stored_body_limits).read(body, now, pack); !read)
        throw Error("a pack that was read cannot be read again: " + read.error(), Retry::useless);
    Pack rest;
    auto refused = records.begin();
    for (std::size_t i = 0; i < pack.size(); ++i) {
        if (refused != records.end() && std::cmp_equal(refused->record, i + 1))
            ++refused;
        else
            rest.add_from(pack, i);
    }
    auto xml = senml::write(Format::xml, rest);
    if (!xml) throw Error("a pack cannot be written: " + xml.error().to_string(), Retry::useless);
    return std::move(*xml);
}

}  // namespace courant
