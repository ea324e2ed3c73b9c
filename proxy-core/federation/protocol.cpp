#include "proxy-core/federation/protocol.hpp"

#include <date/date.h>
#include <fmt/format.h>

#include <charconv>
#include <locale>

#include "proxy-core/federation/base64.hpp"
#include "proxy-core/federation/notice.hpp"
#include "proxy-core/mailbox/body.hpp"
#include "senml/number.hpp"

namespace courant {
namespace {

constexpr std::size_t max_lane_id = 64;
constexpr std::size_t max_word = 256;     // retain, grant
constexpr std::size_t max_reason = 1024;  // what a peer may tell our operator
constexpr std::size_t max_hops = 32;
constexpr std::size_t max_ranges = 1024;  // missing and rejects in one receipt
constexpr Seq max_seq = Seq{1} << 53;     // exact in every language

using Unusable = tl::unexpected<std::string>;

std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

tl::expected<Seq, std::string> number_of(const Element& element, std::string_view key, Seq least) {
    const auto value = whole_number(element.attribute(key));
    if (!value || *value < least || *value > max_seq)
        return Unusable(fmt::format("<{}> has no usable {}=", element.name, key));
    return *value;
}

tl::expected<LaneId, std::string> lane_of(const Element& element) {
    const auto lane = element.attribute("lane");
    if (lane.empty() || lane.size() > max_lane_id)
        return Unusable(fmt::format("<{}> has no usable lane=", element.name));
    return LaneId{std::string(lane)};
}

// Cut between two characters: half of one would end the stream that it is sent on.
std::string shortened(std::string_view text, std::size_t most) {
    if (text.size() <= most) return std::string(text);
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
    return std::string(text.substr(0, most));
}

tl::expected<std::vector<Jid>, std::string> hops_of(std::string_view text) {
    std::vector<Jid> hops;
    while (!text.empty()) {
        const auto space = text.find(' ');
        const auto word = text.substr(0, space);
        text = space == std::string_view::npos ? std::string_view{} : text.substr(space + 1);
        if (word.empty()) continue;
        const auto jid = Jid::parse(word);
        if (!jid) return Unusable("hops= holds something that is no JID");
        if (hops.size() == max_hops) return Unusable("hops= is longer than 32 proxies");
        hops.push_back(jid->bare());
    }
    return hops;
}

constexpr std::string_view pack_type = "application/senml+cbor";
constexpr std::string_view pack_coding = "zstd";
constexpr std::string_view open_pack =
    "<pack xmlns='urn:courant:0' type='application/senml+cbor' coding='zstd'>";
constexpr std::string_view close_pack = "</pack>";

// The compact body that a <pack> holds.
tl::expected<std::string, std::string> unpacked(const Element& pack) {
    if (pack.attribute("type") != pack_type || pack.attribute("coding") != pack_coding)
        return Unusable(fmt::format("<pack> has another type= or coding= than {} and {}", pack_type,
                                    pack_coding));
    if (!pack.children.empty()) return Unusable("<pack> holds an element");
    auto body = decode_base64(pack.text);
    if (!body) return Unusable(fmt::format("the pack is {}", body.error()));
    if (form_of(*body) != BodyForm::compact) return Unusable("the pack is no zstd frame");
    return body;
}

// XML counts where both forms stand: it is what everybody reads.
void take_pack(const Element& element, Readings& readings) {
    if (const Element* sensml = element.child("sensml", senml_namespace)) {
        readings.body = sensml->source;
    } else if (const Element* pack = element.child("pack", courant_namespace)) {
        auto body = unpacked(*pack);
        if (body) {
            readings.body = std::move(*body);
        } else {
            readings.body = pack->text;
            if (readings.fault.empty()) readings.fault = body.error();
        }
    } else {
        readings.fault = "there is no <sensml> in it";
    }
}

tl::expected<Payload, std::string> readings_of(const Element& element) {
    Readings readings;
    const auto lane = lane_of(element);
    const auto seq = number_of(element, "seq", 1);
    const auto hops = hops_of(element.attribute("hops"));
    const auto quality =
        quality_from(element.attribute("quality").empty() ? "raw" : element.attribute("quality"));
    if (!lane) return Unusable(lane.error());
    if (!seq) return Unusable(seq.error());
    readings.lane = *lane;
    readings.seq = *seq;
    // From here on the number is known: whatever else is wrong is answered with a reject of that
    // number.
    readings.envelope.retain = shortened(element.attribute("retain"), max_word);
    readings.envelope.grant = shortened(element.attribute("grant"), max_word);
    if (hops)
        readings.envelope.hops = *hops;
    else
        readings.fault = hops.error();
    if (quality)
        readings.envelope.quality = *quality;
    else
        readings.fault = "quality= is none that we know";
    if (element.attribute("grant").size() > max_word)
        readings.fault = "grant= is longer than 256 bytes";
    if (readings.envelope.retain.empty()) readings.fault = "retain= is missing";
    take_pack(element, readings);
    return readings;
}

tl::expected<Payload, std::string> notice_message_of(const Element& element) {
    const auto lane = lane_of(element);
    const auto seq = number_of(element, "seq", 1);
    if (!lane) return Unusable(lane.error());
    if (!seq) return Unusable(seq.error());
    NoticeMessage message{.lane = *lane, .seq = *seq, .body = {}, .fault = {}};
    if (const auto notice = notice_of(element))
        message.body = notice_body(*notice);
    else
        message.fault = notice.error();
    return message;
}

tl::expected<Payload, std::string> void_of(const Element& element) {
    const auto lane = lane_of(element);
    const auto seq = number_of(element, "seq", 1);
    if (!lane) return Unusable(lane.error());
    if (!seq) return Unusable(seq.error());
    return Void{*lane, *seq, shortened(element.attribute("reason"), max_reason)};
}

tl::expected<Payload, std::string> receipt_of(const Element& element) {
    const auto lane = lane_of(element);
    const auto through = number_of(element, "through", 0);
    if (!lane) return Unusable(lane.error());
    if (!through) return Unusable(through.error());
    Receipt receipt{.lane = *lane,
                    .through = *through,
                    .at = from_timestamp(element.attribute("at")),
                    .missing = {},
                    .rejects = {}};
    if (element.children.size() > max_ranges) return Unusable("<receipt> has too many children");
    for (const Element& child : element.children) {
        if (child.space != courant_namespace) continue;
        if (child.name == "missing") {
            const auto from = number_of(child, "from", 1);
            const auto to = number_of(child, "to", 1);
            if (!from || !to || *to < *from)
                return Unusable("<missing> has no usable from= and to=");
            receipt.missing.emplace_back(*from, *to);
        } else if (child.name == "reject") {
            const auto seq = number_of(child, "seq", 1);
            if (!seq) return Unusable(seq.error());
            Reject reject{.seq = *seq,
                          .record = {},
                          .reason = shortened(child.attribute("reason"), max_reason)};
            if (!child.attribute("record").empty()) {
                const auto record = number_of(child, "record", 1);
                if (!record) return Unusable(record.error());
                reject.record = *record;
            }
            receipt.rejects.push_back(std::move(reject));
        }
    }
    return receipt;
}

tl::expected<Payload, std::string> resume_of(const Element& element) {
    const auto lane = lane_of(element);
    const auto next = number_of(element, "next", 1);
    if (!lane) return Unusable(lane.error());
    if (!next) return Unusable(next.error());
    return Resume{*lane, *next};
}

std::string open_message(const Jid& to, std::string_view id) {
    std::string out = "<message type='normal'";
    append_attribute(out, "to", to.to_string());
    if (!id.empty()) append_attribute(out, "id", id);
    out += '>';
    return out;
}

// Opens one of our elements; the caller closes it.
void open_ours(std::string& out, std::string_view name, const LaneId& lane) {
    out += '<';
    out += name;
    append_attribute(out, "xmlns", courant_namespace);
    append_attribute(out, "lane", lane.value);
}

void open_readings(std::string& out, const LaneId& lane, Seq seq, const Envelope& envelope) {
    open_ours(out, "readings", lane);
    append_attribute(out, "seq", std::to_string(seq));
    if (!envelope.grant.empty()) append_attribute(out, "grant", envelope.grant);
    append_attribute(out, "retain", envelope.retain);
    if (envelope.quality != Quality::raw)
        append_attribute(out, "quality", to_word(envelope.quality));
    std::string hops;
    for (const Jid& hop : envelope.hops) hops += (hops.empty() ? "" : " ") + hop.to_string();
    append_attribute(out, "hops", hops);
    out += '>';
}

constexpr std::string_view close_readings = "</readings></message>";

}  // namespace

tl::expected<std::optional<Payload>, std::string> payload_of(const Element& message) {
    for (const Element& child : message.children) {
        if (child.space != courant_namespace) continue;
        tl::expected<Payload, std::string> payload =
            Unusable(fmt::format("<{}> is no element of {}", child.name, courant_namespace));
        if (child.name == "readings")
            payload = readings_of(child);
        else if (child.name == "notice")
            payload = notice_message_of(child);
        else if (child.name == "void")
            payload = void_of(child);
        else if (child.name == "receipt")
            payload = receipt_of(child);
        else if (child.name == "resume")
            payload = resume_of(child);
        else if (child.name == "where")
            payload = Where{std::string(child.attribute("id"))};
        else if (child.name == "here")
            payload = Here{std::string(child.attribute("id"))};
        if (!payload) return Unusable(payload.error());
        return std::optional<Payload>(std::move(*payload));
    }
    return std::optional<Payload>{};
}

std::string stanza_id(const LaneId& lane, Seq seq) {
    return lane.value + '.' + std::to_string(seq);
}

std::optional<std::pair<LaneId, Seq>> from_stanza_id(std::string_view id) {
    const auto point = id.rfind('.');
    if (point == std::string_view::npos || point == 0) return std::nullopt;
    const auto seq = whole_number(id.substr(point + 1));
    if (!seq || *seq < 1) return std::nullopt;
    return std::pair{LaneId{std::string(id.substr(0, point))}, *seq};
}

namespace {

std::string notice_stanza(const Message& message) {
    std::string out = open_message(message.peer.bare(), stanza_id(message.lane, message.seq));
    open_ours(out, "notice", message.lane);
    append_attribute(out, "seq", std::to_string(message.seq));
    out += message.body.substr(message.body.find('>'));
    return out + "</message>";
}

}  // namespace

std::string to_stanza(const Message& message) {
    if (!message.void_reason.empty())
        return to_stanza(Void{message.lane, message.seq, message.void_reason}, message.peer);
    if (is_notice(message.body)) return notice_stanza(message);
    std::string out = open_message(message.peer.bare(), stanza_id(message.lane, message.seq));
    out.reserve(out.size() + pack_bytes(message.body) + 512);
    open_readings(out, message.lane, message.seq, message.envelope);
    append_pack(out, message.body);
    out += close_readings;
    return out;
}

void append_pack(std::string& out, std::string_view body) {
    if (form_of(body) == BodyForm::xml) {
        out += body;
        return;
    }
    out += open_pack;
    append_base64(out, body);
    out += close_pack;
}

std::size_t pack_bytes(std::string_view body) {
    if (form_of(body) == BodyForm::xml) return body.size();
    return open_pack.size() + base64_size(body.size()) + close_pack.size();
}

std::string to_stanza(const Void& gap, const Jid& to) {
    std::string out = open_message(to.bare(), stanza_id(gap.lane, gap.seq));
    open_ours(out, "void", gap.lane);
    append_attribute(out, "seq", std::to_string(gap.seq));
    append_attribute(out, "reason", gap.reason);
    return out + "/></message>";
}

std::string to_stanza(const Receipt& receipt, const Jid& to) {
    std::string out = open_message(to, {});
    open_ours(out, "receipt", receipt.lane);
    append_attribute(out, "through", std::to_string(receipt.through));
    if (receipt.at) append_attribute(out, "at", to_timestamp(*receipt.at));
    out += '>';
    for (const auto& [from, to_seq] : receipt.missing)
        out += fmt::format("<missing from='{}' to='{}'/>", from, to_seq);
    for (const Reject& reject : receipt.rejects) {
        out += fmt::format("<reject seq='{}'", reject.seq);
        if (reject.record) append_attribute(out, "record", std::to_string(*reject.record));
        append_attribute(out, "reason", shortened(reject.reason, max_reason));
        out += "/>";
    }
    return out + "</receipt></message>";
}

std::string to_stanza(const Resume& resume, const Jid& to) {
    std::string out = open_message(to, {});
    open_ours(out, "resume", resume.lane);
    append_attribute(out, "next", std::to_string(resume.next));
    return out + "/></message>";
}

namespace {

// Whom it concerns is online now, or it concerns nobody: headlines are not kept for later.
std::string headline(const Jid& to, std::string_view id, std::string_view element) {
    std::string out = "<message type='headline'";
    append_attribute(out, "to", to.to_string());
    append_attribute(out, "id", id);
    out += "><";
    out += element;
    append_attribute(out, "xmlns", courant_namespace);
    append_attribute(out, "id", id);
    return out + "/></message>";
}

}  // namespace

std::string to_stanza(const Where& where, const Jid& to) {
    return headline(to.bare(), where.id, "where");
}

std::string to_stanza(const Here& here, const Jid& to) {
    return headline(to, here.id, "here");
}

std::string delivery_receipt(std::string_view id, std::string_view to) {
    std::string out = "<message";
    append_attribute(out, "to", to);
    out += '>';
    out += "<received";
    append_attribute(out, "xmlns", receipts_namespace);
    append_attribute(out, "id", id);
    return out + "/></message>";
}

std::size_t stanza_overhead(const Envelope& envelope, const Jid& to) {
    constexpr std::size_t addresses_that_servers_add =
        std::size_t{2} * 3072;  // from= with resource, to=
    std::string out = open_message(to, stanza_id(LaneId{std::string(max_lane_id, 'x')}, max_seq));
    open_readings(out, LaneId{std::string(max_lane_id, 'x')}, max_seq, envelope);
    return out.size() + close_readings.size() + addresses_that_servers_add;
}

std::string to_timestamp(Time time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    std::string out = date::format(std::locale::classic(), "%Y-%m-%dT%H:%M:%S",
                                   date::sys_seconds(seconds.time_since_epoch()));
    if (const auto rest = (time - seconds).count(); rest != 0) {
        std::string decimals = fmt::format(".{:09}", rest);
        decimals.erase(decimals.find_last_not_of('0') + 1);
        out += decimals;
    }
    return out + 'Z';
}

std::string to_timestamp_for_people(Time time) {
    return to_timestamp(std::chrono::floor<std::chrono::seconds>(time));
}

std::optional<Time> from_timestamp(std::string_view text) {
    // YYYY-MM-DDThh:mm:ss[.fraction]Z, as to_timestamp writes it.
    constexpr std::string_view form = "0000-00-00T00:00:00";
    if (text.size() <= form.size() || text.back() != 'Z') return std::nullopt;
    for (std::size_t i = 0; i < form.size(); ++i)
        if (form[i] == '0' ? !(text[i] >= '0' && text[i] <= '9') : text[i] != form[i])
            return std::nullopt;
    const auto number = [&](std::size_t at, std::size_t size) {
        return static_cast<int>(whole_number(text.substr(at, size)).value_or(0));
    };
    const date::year_month_day day = date::year(number(0, 4)) / number(5, 2) / number(8, 2);
    const auto seconds = senml::parse_seconds(text.substr(17, text.size() - 18));
    if (!day.ok() || number(11, 2) > 23 || number(14, 2) > 59 || !seconds) return std::nullopt;
    return Time(date::sys_days(day).time_since_epoch() + std::chrono::hours(number(11, 2)) +
                std::chrono::minutes(number(14, 2)) + *seconds);
}

std::optional<Time> time_from_people(std::string_view text) {
    constexpr std::string_view day = "2026-11-20";
    constexpr std::string_view to_the_minute = "2026-11-20T00:00";
    constexpr std::string_view offset_form = "+00:00";
    if (text.size() < day.size()) return std::nullopt;
    std::string whole(text);
    if (whole.size() == day.size()) return from_timestamp(whole + "T00:00:00Z");
    std::chrono::minutes offset{0};
    if (whole.back() != 'Z' && whole.size() > to_the_minute.size()) {
        const std::string end = whole.substr(whole.size() - offset_form.size());
        if ((end[0] != '+' && end[0] != '-') || end[3] != ':') return std::nullopt;
        const auto hours = whole_number(end.substr(1, 2));
        const auto minutes = whole_number(end.substr(4));
        if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
        offset = (end[0] == '-' ? -1 : 1) *
                 std::chrono::minutes(static_cast<int>(*hours * 60 + *minutes));
        whole.replace(whole.size() - offset_form.size(), offset_form.size(), "Z");
    }
    if (whole.size() == to_the_minute.size() + 1) whole.insert(to_the_minute.size(), ":00");
    const auto time = from_timestamp(whole);
    if (!time) return std::nullopt;
    return *time - offset;
}

}  // namespace courant
