#include "proxy-core/config/detail/bind.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <tuple>

#include "proxy-core/config/duration.hpp"
#include "proxy-core/mailbox/postgres_store.hpp"
#include "senml/name.hpp"

namespace courant::detail {
namespace {

// "host:port" or "[2001:db8::1]:port"; the port must be there, so that an address and a typo of one
// differ.
std::optional<ServerAddress> parse_server(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    auto host = text.substr(0, colon);
    const auto port = text.substr(colon + 1);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (host.empty() || (!bracketed && host.find(':') != std::string_view::npos))
        return std::nullopt;

    ServerAddress address{std::string(host), 0};
    const auto read = std::from_chars(port.data(), port.data() + port.size(), address.port);
    const bool whole = read.ec == std::errc{} && read.ptr == port.data() + port.size();
    return whole && address.port != 0 ? std::optional(address) : std::nullopt;
}

bool is_zone(const std::string& name) {
    try {
        date::locate_zone(name);
        return true;
    } catch (const std::runtime_error&) {
        return false;
    }
}

// What stands under time_zone, if anything.
std::optional<std::string> zone_in(const CheckedTable& table, Faults& faults) {
    if (!table.settings.has("time_zone")) return std::nullopt;
    const auto& zone = table.settings.text("time_zone");
    if (!is_zone(zone))
        table.fault(faults, "time_zone",
                    fmt::format("there is no time zone \"{}\". Write it as Europe/Paris", zone));
    return zone;
}

// A text of at most so many bytes; empty where it is not given.
std::string short_text(const CheckedTable& table, std::string_view key, std::size_t most_bytes,
                       Faults& faults) {
    std::string text = table.settings.text_or_empty(key);
    if (text.size() > most_bytes)
        table.fault(faults, key,
                    fmt::format("has {} bytes, and at most {} are shown", text.size(), most_bytes));
    return text;
}

// "47.75, -3.37": latitude and longitude.
std::optional<std::pair<double, double>> parse_position(std::string_view text) {
    const auto comma = text.find(',');
    if (comma == std::string_view::npos) return std::nullopt;
    const auto degrees = [](std::string_view part, double most) -> std::optional<double> {
        part.remove_prefix(std::min(part.find_first_not_of(' '), part.size()));
        double value = 0;
        const auto read = std::from_chars(part.data(), part.data() + part.size(), value);
        const bool whole = read.ec == std::errc{} && read.ptr == part.data() + part.size();
        return whole && std::abs(value) <= most ? std::optional(value) : std::nullopt;
    };
    const auto latitude = degrees(text.substr(0, comma), 90);
    const auto longitude = degrees(text.substr(comma + 1), 180);
    if (!latitude || !longitude) return std::nullopt;
    return std::pair(*latitude, *longitude);
}

Offer bind_offer(const CheckedTable& table, Faults& faults) {
    constexpr std::size_t longest_conditions = 1'024;
    const auto& settings = table.settings;
    return {.title = short_text(table, "title", longest_card_text, faults),
            .licence = short_text(table, "licence", longest_card_text, faults),
            .price = short_text(table, "price", longest_card_text, faults),
            .conditions = short_text(table, "conditions", longest_conditions, faults),
            .to = offered_from(settings.text_or_empty("offered")).value_or(Offered::granted),
            .sample = settings.has("sample") && settings.flag("sample")};
}

void bind_jid(IdentityConfig& identity, const CheckedTable& table, Faults& faults) {
    if (!table.settings.has("jid")) return;
    const auto& text = table.settings.text("jid");
    const auto jid = Jid::parse(text);
    if (!jid)
        table.fault(faults, "jid",
                    fmt::format("\"{}\" is no JID. Write it as app@example.org", text));
    else if (!jid->resource().empty())
        table.fault(faults, "jid", "must be without a resource; that has a key of its own");
    else
        identity.jid = *jid;
}

}  // namespace

IdentityConfig bind_identity(const CheckedTable& table, Faults& faults) {
    const auto& settings = table.settings;
    IdentityConfig identity;
    bind_jid(identity, table, faults);
    identity.password = Secret(settings.text_or_empty("password"));
    if (settings.has("resource")) identity.resource = settings.text("resource");
    if (identity.resource.empty()) table.fault(faults, "resource", "must not be empty");
    for (const auto& entry : settings.tables("server")) {
        if (!entry.has(list_element)) continue;
        const auto& text = entry.text(list_element);
        if (const auto address = parse_server(text))
            identity.servers.push_back(*address);
        else
            table.fault(faults, "server",
                        fmt::format("\"{}\" is none; it must be host:port, as "
                                    "xmpp.example.org:5222",
                                    text));
    }
    if (settings.has("ca_file")) {
        identity.ca_file = settings.text("ca_file");
        std::error_code unknown;
        if (!std::filesystem::exists(*identity.ca_file, unknown))
            table.fault(faults, "ca_file",
                        fmt::format("there is no file {}", identity.ca_file->string()));
    }
    return identity;
}

Card bind_organisation(const CheckedTable& table, Faults& faults) {
    const auto& settings = table.settings;
    Card card;
    for (const auto& [key, text] : {std::pair{"name", &card.name},
                                    {"contact", &card.contact},
                                    {"website", &card.website},
                                    {"place", &card.place},
                                    {"code_of_conduct", &card.code_of_conduct},
                                    {"dpo", &card.dpo},
                                    {"complaint_authority", &card.complaint_authority}})
        *text = short_text(table, key, longest_card_text, faults);
    card.listed = settings.has("listed") && settings.flag("listed");
    if (const auto position = settings.text_or_empty("position"); !position.empty()) {
        if (const auto degrees = parse_position(position))
            std::tie(card.latitude, card.longitude) = *degrees;
        else
            table.fault(faults, "position",
                        fmt::format("\"{}\" is no place on this planet. Write latitude and "
                                    "longitude in degrees, as 47.75, -3.37",
                                    position));
    }
    if (card.name.empty() && !card.empty())
        table.fault(faults, "name", "missing: without a name nobody is shown the rest");
    return card;
}

StoreConfig bind_store(const CheckedTable& table, Faults& faults) {
    const auto& settings = table.settings;
    StoreConfig store;
    if (settings.has("path")) store.path = settings.text("path");
    if (settings.has("schema")) store.schema = settings.text("schema");
    if (settings.has("lease")) store.lease = settings.duration("lease");
    if (store.schema.empty()) table.fault(faults, "schema", "must not be empty");
    if (!settings.has("url")) return store;
    store.url = Secret(settings.text("url"));
    const auto* key = table.node->find("url_file") != nullptr ? "url_file" : "url";
    if (table.node->find("path") != nullptr)
        table.fault(faults, key, "given together with path; keep one of them");
    if (const auto wrong = postgres_url_fault(store.url)) table.fault(faults, key, *wrong);
    return store;
}

FederationConfig bind_federation(const CheckedTable& table, Faults& faults) {
    FederationConfig federation;
    if (table.settings.has("packed") && !table.settings.flag("packed"))
        federation.encodings = Encodings::xml_only;
    if (table.settings.has("expiry_notice"))
        federation.expiry_notice = table.settings.duration("expiry_notice");
    if (const auto zone = zone_in(table, faults)) federation.time_zone = *zone;
    return federation;
}

LimitsConfig bind_limits(const CheckedTable& table, Faults& faults) {
    const auto& settings = table.settings;
    // Every limit has a fallback; only of what is no table nothing is set.
    if (!settings.has("stanza_bytes")) return {};
    const auto count = [&](std::string_view key) {
        return static_cast<std::size_t>(settings.integer(key));
    };
    const LimitsConfig limits{
        .stanza_bytes = count("stanza_bytes"),
        .records_per_message = count("records_per_message"),
        .packed_records_per_message = count("packed_records_per_message"),
        .window_messages = count("window_messages"),
        .window_bytes = count("window_bytes"),
        .answer_timeout = settings.duration("answer_timeout"),
        .lane_bytes_per_second = count("lane_bytes_per_second"),
        .coalesce = settings.duration("coalesce"),
        .receive_stanza_bytes = count("receive_stanza_bytes"),
        .receive_pack_bytes = count("receive_pack_bytes"),
        .receive_depth = count("receive_depth"),
        .adapter_timeout = settings.duration("adapter_timeout"),
        .hang_notice = settings.duration("hang_notice"),
        .give_up_after = settings.duration("give_up_after"),
        .retry_first = settings.duration("retry_first"),
        .retry_max = settings.duration("retry_max"),
        .ping_interval = settings.duration("ping_interval"),
    };
    if (limits.retry_max < limits.retry_first)
        table.fault(faults, "retry_max", "must not be shorter than retry_first");
    if (limits.window_bytes < limits.stanza_bytes)
        table.fault(faults, "window_bytes", "must hold at least one stanza (stanza_bytes)");
    return limits;
}

SpaceConfig bind_space(const CheckedTable& table) {
    const auto& settings = table.settings;
    if (!settings.has("reserve_bytes")) return {};
    return {.reserve_bytes = settings.integer("reserve_bytes"),
            .reserve_percent = settings.integer("reserve_percent"),
            .max_bytes = settings.integer("max_bytes")};
}

OutboxConfig bind_outbox(const CheckedTable& table) {
    const auto& settings = table.settings;
    if (!settings.has("max_bytes")) return {};
    return {.max_bytes = settings.integer("max_bytes"),
            .max_age = settings.duration("max_age"),
            .when_full = settings.text("when_full") == "drop-oldest"
                             ? OutboxConfig::WhenFull::drop_oldest
                             : OutboxConfig::WhenFull::stop,
            .peer_max_bytes = settings.integer("peer_max_bytes"),
            .peer_max_age = settings.duration("peer_max_age")};
}

RetentionConfig bind_retention(const CheckedTable& table, Faults& faults) {
    const auto& settings = table.settings;
    if (!settings.has("dead_max_age")) return {};
    RetentionConfig retention{.dead_max_age = settings.duration("dead_max_age"),
                              .dead_max_number = settings.integer("dead_max_number"),
                              .received = settings.text("received"),
                              .calls = settings.text("calls")};
    for (const auto& [key, value] :
         {std::pair{"received", &retention.received}, {"calls", &retention.calls}})
        if (!is_iso_duration(*value))
            table.fault(faults, key,
                        fmt::format("\"{}\" is no ISO 8601 duration, as P3Y or P90D", *value));
    return retention;
}

ArchiveConfig bind_archive(const CheckedTable& table, Faults& faults) {
    ArchiveConfig archive;
    if (!table.settings.has("keep")) return archive;
    const auto& keep = table.settings.text("keep");
    if (keep != archive.keep && !is_iso_duration(keep))
        table.fault(
            faults, "keep",
            fmt::format("\"{}\" is no ISO 8601 duration, as P1Y or P90D; P0D keeps nothing", keep));
    archive.keep = keep;
    return archive;
}

PseudonymsConfig bind_pseudonyms(const CheckedTable& table, Faults& faults) {
    PseudonymsConfig pseudonyms;
    for (auto [key, file] :
         {std::pair{"key_file", &pseudonyms.key_file}, std::pair{"file", &pseudonyms.file}}) {
        if (table.settings.has(key)) *file = table.settings.text(key);
        if (others_may_read(*file))
            faults.warn(
                table.line_of(key), table.way + "." + key,
                fmt::format("others than its owner may read {0}. chmod 600 {0}", file->string()));
    }
    if (pseudonyms.key_file == pseudonyms.file)
        table.fault(faults, "file", "must not be the key's file");
    return pseudonyms;
}

LogConfig bind_log(const CheckedTable& table) {
    LogConfig log;
    log.level = log_level_from(table.settings.text_or_empty("level")).value_or(log.level);
    log.format = log_format_from(table.settings.text_or_empty("format")).value_or(log.format);
    return log;
}

ExtractConfig bind_extract(const CheckedTable& table, const CronFault& cron_fault, Faults& faults) {
    const auto& settings = table.settings;
    ExtractConfig extract;
    extract.adapter = settings.text_or_empty("adapter");
    extract.quality = quality_from(settings.text_or_empty("quality")).value_or(extract.quality);
    auto& triggers = extract.triggers;
    if (settings.has("at_start")) triggers.at_start = settings.flag("at_start");
    if (settings.has("every")) triggers.every = settings.duration("every");
    if (settings.has("cron")) {
        triggers.cron = settings.text("cron");
        const auto wrong = cron_fault ? cron_fault(*triggers.cron) : std::nullopt;
        if (wrong) table.fault(faults, "cron", *wrong);
    }
    if (const auto zone = zone_in(table, faults)) triggers.time_zone = *zone;
    return extract;
}

ReceiveConfig bind_receive(const CheckedTable& table) {
    ReceiveConfig receive;
    receive.adapter = table.settings.text_or_empty("adapter");
    const auto patterns = table.settings.tables("series");
    if (patterns.empty()) return receive;
    receive.series.clear();
    for (const auto& pattern : patterns)
        if (pattern.has(list_element)) receive.series.push_back(pattern.text(list_element));
    return receive;
}

SeriesConfig bind_series(const CheckedTable& table, Faults& faults) {
    const auto& settings = table.settings;
    SeriesConfig series{.series = settings.text_or_empty("series"),
                        .meaning = meaning_from(settings.text_or_empty("meaning")),
                        .period = settings.text_or_empty("period"),
                        .offer = bind_offer(table, faults)};
    if (table.node->find("series") != nullptr && series.series.empty())
        table.fault(faults, "series", "an empty pattern fits no series");
    if (!series.period.empty() && !is_iso_duration(series.period))
        table.fault(
            faults, "period",
            fmt::format("\"{}\" is no ISO 8601 duration. Write it as PT15M or P1D", series.period));
    return series;
}

QuoaliseConfig bind_quoalise(const CheckedTable& table, const StoreConfig& store, Faults& faults) {
    const auto& settings = table.settings;
    QuoaliseConfig quoalise{.resource = settings.text_or_empty("resource"), .names = {}};
    if (!quoalise.resource.empty() && !store.url.empty())
        table.fault(faults, "resource",
                    "several workers may run on this store, and each needs a resource of its own; "
                    "answer the Quoalise client from a proxy that keeps its store in a file");
    if (quoalise.resource.empty() && settings.has("map"))
        faults.warn(table.line_of("map"), "quoalise.map",
                    "does nothing without quoalise.resource, which the client's users type");
    for (const Settings& entry : settings.tables("map")) {
        if (!entry.has("identifier") || !entry.has("series")) continue;
        const auto series = senml::Name::parse(entry.text("series"));
        if (series)
            quoalise.names.push_back({entry.text("identifier"), series->senml()});
        else
            table.fault(faults, "map",
                        fmt::format("\"{}\": {}", entry.text("series"), series.error().what));
    }
    return quoalise;
}

}  // namespace courant::detail
