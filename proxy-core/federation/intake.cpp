#include "proxy-core/federation/intake.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "proxy-core/config/duration.hpp"
#include "senml/codec.hpp"
#include "senml/name.hpp"

namespace courant {
namespace {

using senml::Format;
using senml::Pack;

// The first name that is no federated name, or that the sender may not speak.
void check_names(const Pack& pack, const Jid& from, Inspection& inspection) {
    const std::string authority = from.bare().to_string();
    for (std::uint32_t i = 0; i < pack.name_count(); ++i) {
        const auto spelling = pack.name(senml::NameId{i});
        const auto name = senml::Name::parse(spelling);
        if (!name) {
            inspection.fault =
                fmt::format("{} is no federated name: {}", spelling, name.error().what);
            return;
        }
        if (inspection.foreign_name.empty() && name->authority() != authority)
            inspection.foreign_name = name->people();
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

std::string refusal(const Inspection& inspection, const Peer& peer) {
    if (!inspection.fault.empty()) return inspection.fault;
    if (inspection.foreign_name.empty() || peer.relay) return {};
    return peer.jid.to_string() + " may not speak " + inspection.foreign_name;
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

}  // namespace courant
