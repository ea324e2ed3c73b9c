#include "proxy-core/federation/quoalise.hpp"

#include <fmt/format.h>

#include <charconv>

#include "proxy-core/federation/commands.hpp"
#include "senml/name.hpp"
#include "senml/number.hpp"
#include "senml/time.hpp"

namespace courant {
namespace {

void append_meta(std::string& out, std::string_view name, std::string_view unit) {
    out += "<meta><device type='series'><identifier authority='courant' type='series'";
    append_attribute(out, "value", name);
    out += "/></device><measurement";
    append_attribute(out, "name", name.substr(name.rfind('/') + 1));
    if (unit == "W") out += " quantity='power' type='electrical'";
    if (unit == "J" || unit == "Wh") out += " quantity='energy' type='electrical'";
    append_attribute(out, "unit", unit);
    out += "/></meta>";
}

void append_sensml(std::string& out, std::string_view identifier, const senml::Pack& pack,
                   std::span<const std::size_t> records) {
    out += "<sensml";
    append_attribute(out, "xmlns", senml_namespace);
    out += '>';
    const senml::Record& first = pack[records.front()];
    for (const std::size_t place : records) {
        const senml::Record& record = pack[place];
        out += "<senml";
        std::string time;
        if (place == records.front()) {
            append_attribute(out, "bn", identifier);
            senml::append_seconds(time, first.time.time_since_epoch());
            append_attribute(out, "bt", time);
            if (record.unit != senml::no_unit) append_attribute(out, "bu", pack.unit(record.unit));
        } else {
            senml::append_seconds(time, record.time - first.time);
            append_attribute(out, "t", time);
        }
        std::string value;
        senml::append_number(value, record.number);
        append_attribute(out, "v", value);
        out += "/>";
    }
    out += "</sensml>";
}

}  // namespace

std::string ping_for(const Message& message, std::string_view server) {
    std::string out = "<iq type='get'";
    append_attribute(out, "to", server);
    append_attribute(out, "id", stanza_id(message.lane, message.seq));
    return out + "><ping xmlns='urn:xmpp:ping'/></iq>";
}

QuoaliseParts quoalise_parts(const senml::Pack& pack) {
    QuoaliseParts cut;
    std::map<std::pair<senml::NameId, senml::UnitId>, std::size_t> places;
    for (std::size_t i = 0; i < pack.size(); ++i) {
        const senml::Record& record = pack[i];
        if (record.kind != senml::Kind::number) {
            cut.unreadable.push_back(i);
            continue;
        }
        const auto [place, is_new] =
            places.try_emplace({record.name, record.unit}, cut.parts.size());
        if (is_new) cut.parts.emplace_back();
        cut.parts[place->second].push_back(i);
    }
    return cut;
}

void append_quoalise(std::string& out, std::string_view identifier, std::string_view series,
                     const senml::Pack& pack, std::span<const std::size_t> records) {
    const auto name = senml::Name::parse(series);
    const auto unit = records.empty() ? senml::no_unit : pack[records.front()].unit;
    out += "<quoalise";
    append_attribute(out, "xmlns", quoalise_namespace);
    out += "><data>";
    append_meta(out, name ? name->people() : series,
                unit == senml::no_unit ? std::string_view() : pack.unit(unit));
    if (!records.empty()) append_sensml(out, identifier, pack, records);
    out += "</data></quoalise>";
}

Written written_for_quoalise(const Message& message, const senml::Pack& pack,
                             const QuoaliseNames& names, std::string_view server) {
    Written written;
    const QuoaliseParts cut = quoalise_parts(pack);
    for (const auto& records : cut.parts) {
        const auto name = pack.name(pack[records.front()].name);
        const auto parsed = senml::Name::parse(name);
        const std::string series = parsed ? parsed->senml() : std::string(name);
        const auto known = names.find(series);
        std::string stanza = "<message";
        append_attribute(stanza, "to", message.peer.bare().to_string());
        append_attribute(
            stanza, "id",
            fmt::format("{}/{}", stanza_id(message.lane, message.seq), written.stanzas.size()));
        stanza += '>';
        append_quoalise(stanza, known == names.end() ? series : known->second, series, pack,
                        records);
        written.stanzas.push_back(stanza + "</message>");
    }
    for (const std::size_t place : cut.unreadable)
        written.left_out.push_back({.seq = message.seq,
                                    .record = static_cast<std::int64_t>(place) + 1,
                                    .reason = "a Quoalise client reads numbers only"});
    written.stanzas.push_back(ping_for(message, server));
    return written;
}

std::optional<QuoalisePush> quoalise_push_from(std::string_view id) {
    const auto slash = id.rfind('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto message = from_stanza_id(id.substr(0, slash));
    std::size_t part = 0;
    const char* const end = id.data() + id.size();
    const auto [rest, error] = std::from_chars(id.data() + slash + 1, end, part);
    if (!message || error != std::errc{} || rest != end) return std::nullopt;
    return QuoalisePush{.lane = message->first, .seq = message->second, .part = part};
}

}  // namespace courant
