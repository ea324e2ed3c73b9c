// `courant catalog`: what a peer has for us, or what this proxy has and who is told of it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/catalog/rules.hpp"
#include "cli/command.hpp"
#include "cli/history/asking_session.hpp"
#include "jobs/catalog_commands.hpp"
#include "proxy-core/access/access_book.hpp"
#include "proxy-core/access/series_pattern.hpp"
#include "proxy-core/catalog/catalog_element.hpp"
#include "proxy-core/federation/protocol.hpp"

namespace courant::cli {
namespace {

using nlohmann::ordered_json;

// --- a peer's

ordered_json full_row(const CatalogEntry& entry) {
    ordered_json row{{"series", entry.series},
                     {"title", entry.title},
                     {"unit", entry.unit},
                     {"kind", to_word(entry.kind)},
                     {"meaning", entry.meaning},
                     {"period", entry.period},
                     {"from", time_or_null(entry.first)},
                     {"to", time_or_null(entry.last)},
                     {"licence", entry.licence},
                     {"price", entry.price},
                     {"conditions", entry.conditions},
                     {"grant", nullptr},
                     {"sample", ordered_json::array()}};
    if (entry.grant)
        row["grant"] = {{"id", entry.grant->id},
                        {"purpose", entry.grant->purpose},
                        {"history", entry.grant->history},
                        {"resolution", entry.grant->resolution},
                        {"until", time_or_null(entry.grant->until)}};
    for (const auto& [time, value] : entry.sample)
        row["sample"].push_back({{"time", to_timestamp(time)}, {"value", value}});
    return row;
}

// What we may have: how far back, how fine.
std::string to_be_had(const CatalogEntry& entry) {
    if (!entry.grant) return "ask for it";
    std::string text = entry.grant->history.empty() ? "live" : "live, past " + entry.grant->history;
    if (!entry.grant->resolution.empty()) text += " by " + entry.grant->resolution;
    return text;
}

ordered_json short_row(const CatalogEntry& entry) {
    return {{"series", entry.series},
            {"unit", entry.unit},
            {"meaning", entry.period.empty() ? entry.meaning : entry.meaning + ' ' + entry.period},
            {"from", time_or_null(entry.first)},
            {"to", time_or_null(entry.last)},
            {"licence", entry.price.empty() ? entry.licence : entry.licence + ", " + entry.price},
            {"to be had", to_be_had(entry)}};
}

CatalogPage page_of(const Jid& peer, const CommandResult& answer, const std::string& after) {
    const auto wrong = [&](std::string_view what) {
        return Error(fmt::format("{}: its answer cannot be used: {}", peer.to_string(), what),
                     Retry::useless);
    };
    if (!answer)
        throw Error(answer.error().text,
                    answer.error().worth_retrying() ? Retry::worthwhile : Retry::useless);
    const Element* catalog = answer->child("catalog", courant_namespace);
    if (!catalog) throw wrong("it holds no <catalog>");
    auto page = catalog_in(*catalog);
    if (!page) throw wrong(page.error());
    // A page that goes back would never end.
    if (page->more && page->entries.back().series <= after) throw wrong("it goes back");
    return std::move(*page);
}

int list_of_peer(const cxxopts::ParseResult& given, const Config& config, Console& console) {
    const Jid peer = jid_from(text_of(given, "peer"));
    AskingSession session(config, "catalog");
    ordered_json rows = ordered_json::array();
    const Listing listing = listing_of(given);
    for (std::string after;;) {
        Form form{.type = Form::Type::submit,
                  .fields = {{.var = "pattern", .values = {text_of(given, "series")}},
                             {.var = "max", .values = {"200"}}}};
        if (!after.empty()) form.fields.push_back({.var = "after", .values = {after}});
        const CatalogPage page = page_of(
            peer,
            session.ask({.to = peer, .node = std::string(catalog_node), .form = std::move(form)}),
            after);
        for (const CatalogEntry& entry : page.entries)
            rows.push_back(listing == Listing::json ? full_row(entry) : short_row(entry));
        if (!page.more) break;
        after = page.entries.back().series;
    }
    print_list(console.out, rows, listing);
    if (rows.empty()) console.err << peer.to_string() << " shows us no series\n";
    return Exit::done;
}

// --- our own

// Who is told of a series: "bmhs@coop.example", "peers", "everyone".
std::vector<std::string> told_of(const NamedSeries& series, const CatalogRules& rules,
                                 const std::vector<Grant>& grants, Time now) {
    std::vector<std::string> told;
    const SeriesDescription* said = rules.description(series.name);
    if (said && said->offer.to != Offered::granted) told.emplace_back(to_word(said->offer.to));
    for (const Grant& grant : grants)
        if (obstacle(grant, now).empty() && covers(grant, series))
            told.push_back(grant.peer.to_string());
    std::sort(told.begin(), told.end());
    told.erase(std::unique(told.begin(), told.end()), told.end());
    return told;
}

// All that fit the pattern: what passed, and what is declared and has not.
std::vector<SeriesSeen> own_series(Mailboxes& m, const CatalogRules& rules,
                                   const std::string& pattern) {
    std::map<std::string, SeriesSeen> all;
    for (const std::string& name : rules.declared) all[name] = {.name = name};
    constexpr std::int64_t portion = 1'000;
    for (std::string after;;) {
        const auto page = m.series().page(after, portion);
        for (const SeriesSeen& series : page) all[series.name] = series;
        if (static_cast<std::int64_t>(page.size()) < portion) break;
        after = page.back().name;
    }
    std::vector<SeriesSeen> fitting;
    for (auto& [name, series] : all)
        if (series_matches(pattern, name)) fitting.push_back(std::move(series));
    return fitting;
}

int list_own(const cxxopts::ParseResult& given, const Config& config, Console& console) {
    const CatalogRules rules = catalog_rules(config);
    const auto store = shared_store(config);
    const Time now = std::chrono::system_clock::now();
    const auto grants = read_from(*store, [](Mailboxes& m) { return m.access().grants(); });
    const auto all = read_from(
        *store, [&](Mailboxes& m) { return own_series(m, rules, text_of(given, "series")); });
    const Listing listing = listing_of(given);
    ordered_json rows = ordered_json::array();
    for (const SeriesSeen& series : all) {
        const SeriesDescription* said = rules.description(series.name);
        const auto told =
            told_of({series.name, named_series(series.name).subject}, rules, grants, now);
        const bool seen = series.readings > 0;
        rows.push_back({{"series", series.name},
                        {"unit", series.unit},
                        {"meaning", said ? said->meaning : ""},
                        {"readings", series.readings},
                        {"from", time_or_null(seen ? std::optional(series.first) : std::nullopt)},
                        {"to", time_or_null(seen ? std::optional(series.last) : std::nullopt)}});
        if (listing == Listing::json)
            rows.back()["shown to"] = told;
        else
            rows.back()["shown to"] =
                told.empty() ? "nobody" : fmt::format("{}", fmt::join(told, ", "));
    }
    print_list(console.out, rows, listing);
    return Exit::done;
}

// A series that is no more, or of which no value may be kept.
int forget(const std::string& name, const Config& config, Console& console) {
    bool was_there = false;
    shared_store(config)->commit(
        [&](Mailboxes& m) { was_there = m.series().forget(named_series(name).name); });
    console.err << one_line(name)
                << (was_there ? " is forgotten; it comes back with its next reading\n"
                              : " has not been seen\n");
    return was_there ? Exit::done : Exit::failed;
}

}  // namespace

int catalog_command(Words words, Console& console) {
    auto options = options_for(
        "catalog", "What a peer has for us; without a PEER what we have, and who is told of it");
    options.add_options()("peer", "the peer's JID", cxxopts::value<std::string>())(
        "series", "which series; * stands for any run of characters",
        cxxopts::value<std::string>()->default_value("*"), "PATTERN")("json",
                                                                      "as JSON, with all "
                                                                      "that is said")(
        "forget", "forget what has been seen of a series of ours, its sample with it",
        cxxopts::value<std::string>(), "NAME");
    options.parse_positional({"peer"});
    options.positional_help("[PEER]");
    const auto given = parse(options, words, console);
    if (!given) return Exit::done;
    const Config config = config_of(*given);
    if (given->count("forget") > 0) return forget(text_of(*given, "forget"), config, console);
    return given->count("peer") > 0 ? list_of_peer(*given, config, console)
                                    : list_own(*given, config, console);
}

}  // namespace courant::cli
