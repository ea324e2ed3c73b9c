// `courant directory`: the organisations that our peers know and that want to be known.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

#include "cli/command.hpp"
#include "cli/history/asking_session.hpp"
#include "jobs/catalog_commands.hpp"
#include "proxy-core/catalog/card.hpp"
#include "proxy-core/federation/protocol.hpp"

namespace courant::cli {
namespace {

using nlohmann::ordered_json;

// A peer that says that there is always more is believed for so long.
constexpr std::size_t most_of_one_peer = 10'000;

/// An organisation, and through whom we know of it.
struct Known {
    Card card;
    std::set<Jid> through;
};
using Directory = std::map<Jid, Known>;

// What it says itself counts; else what was heard first.
void add(Directory& directory, const Listed& one, const Jid& through) {
    const auto [known, is_new] = directory.try_emplace(one.jid);
    if (is_new || through == one.jid) known->second.card = one.card;
    known->second.through.insert(through);
}

// All pages of one peer; what went wrong, or nothing.
std::string ask(AskingSession& session, const Jid& peer, Directory& directory) {
    std::string after;
    for (std::size_t heard = 0; heard < most_of_one_peer;) {
        Form form{.type = Form::Type::submit, .fields = {{.var = "max", .values = {"200"}}}};
        if (!after.empty()) form.fields.push_back({.var = "after", .values = {after}});
        const auto answer = session.ask({.to = peer,
                                         .node = std::string(directory_node),
                                         .form = std::move(form),
                                         .patience = std::chrono::seconds(20)});
        if (!answer) return answer.error().text;
        const Element* element = answer->child("directory", courant_namespace);
        if (!element) return peer.to_string() + ": its answer holds no <directory>";
        const DirectoryPage page = directory_in(*element);
        for (const Listed& one : page.organisations) add(directory, one, peer);
        if (!page.more) return {};
        if (page.organisations.empty() || page.organisations.back().jid.to_string() <= after)
            return peer.to_string() + ": its answer cannot be used: it goes back";
        after = page.organisations.back().jid.to_string();
        heard += page.organisations.size();
    }
    return peer.to_string() + ": it lists more organisations than we read";
}

std::vector<std::string> texts(const std::set<Jid>& jids) {
    std::vector<std::string> all;
    for (const Jid& jid : jids) all.push_back(jid.to_string());
    return all;
}

ordered_json or_null(const std::optional<double>& degrees) {
    return degrees ? ordered_json(*degrees) : ordered_json();
}

ordered_json full_row(const Jid& jid, const Known& known) {
    const Card& card = known.card;
    return {{"jid", jid.to_string()},
            {"name", card.name},
            {"contact", card.contact},
            {"website", card.website},
            {"place", card.place},
            {"latitude", or_null(card.latitude)},
            {"longitude", or_null(card.longitude)},
            {"code_of_conduct", card.code_of_conduct},
            {"dpo", card.dpo},
            {"complaint_authority", card.complaint_authority},
            {"through", texts(known.through)}};
}

ordered_json short_row(const Jid& jid, const Known& known) {
    return {{"organisation", known.card.name},
            {"jid", jid.to_string()},
            {"place", known.card.place},
            {"contact", known.card.contact},
            {"code", known.card.code_of_conduct},
            {"through", fmt::format("{}", fmt::join(texts(known.through), ", "))}};
}

// RFC 7946: longitude first; who says no place is there without one.
ordered_json geojson(const Directory& directory) {
    ordered_json features = ordered_json::array();
    for (const auto& [jid, known] : directory) {
        ordered_json place;
        if (known.card.latitude)
            place = {{"type", "Point"},
                     {"coordinates", {*known.card.longitude, *known.card.latitude}}};
        ordered_json properties = full_row(jid, known);
        properties.erase("latitude");
        properties.erase("longitude");
        features.push_back(
            {{"type", "Feature"}, {"geometry", place}, {"properties", std::move(properties)}});
    }
    return {{"type", "FeatureCollection"}, {"features", std::move(features)}};
}

void print(const Directory& directory, const cxxopts::ParseResult& given, Console& console) {
    if (given.count("geojson") > 0) {
        console.out << geojson(directory).dump(2, ' ', false,
                                               ordered_json::error_handler_t::replace)
                    << '\n';
        return;
    }
    const Listing listing = listing_of(given);
    ordered_json rows = ordered_json::array();
    for (const auto& [jid, known] : directory)
        rows.push_back(listing == Listing::json ? full_row(jid, known) : short_row(jid, known));
    print_list(console.out, rows, listing);
}

}  // namespace

int directory_command(Words words, Console& console) {
    auto options =
        options_for("directory", "The organisations that our peers know and that want to be known");
    options.add_options()("json", "as JSON, with all that is said")("geojson",
                                                                    "as GeoJSON, for a map");
    const auto given = parse(options, words, console);
    if (!given) return Exit::done;
    const Config config = config_of(*given);
    const auto peers = read_from(*shared_store(config), [](Mailboxes& m) { return m.peers(); });
    AskingSession session(config, "directory");
    Directory directory;
    bool all_answered = true;
    for (const Peer& peer : peers) {
        if (peer.dialect != Dialect::courant || !peer.terms.suspended.empty()) continue;
        const std::string trouble = ask(session, peer.jid, directory);
        if (trouble.empty()) continue;
        all_answered = false;
        console.err << "courant directory: " << one_line(trouble) << '\n';
    }
    print(directory, *given, console);
    return all_answered || !directory.empty() ? Exit::done : Exit::failed;
}

}  // namespace courant::cli
