// `courant publish`: open data on a XEP-0060 node of the organisation's server. A running proxy
// goes by it at once.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "cli/command.hpp"
#include "proxy-core/access/access_book.hpp"
#include "proxy-core/access/series_pattern.hpp"
#include "proxy-core/federation/pubsub.hpp"
#include "proxy-core/mailbox/lane_id.hpp"
#include "senml/name.hpp"

namespace courant::cli {
namespace {

using nlohmann::ordered_json;

/// A publication and the grant under which it runs.
struct Published {
    Grant grant;
    Publication publication;
};

std::vector<Published> all_published(Mailboxes& m) {
    std::vector<Published> all;
    for (const Grant& grant : m.access().grants())
        if (auto publication = find_publication(m, grant.id))
            all.push_back({grant, std::move(*publication)});
    return all;
}

std::string word_of(const cxxopts::ParseResult& given, const std::string& what) {
    const auto words = given.count("words") > 0 ? given["words"].as<std::vector<std::string>>()
                                                : std::vector<std::string>{};
    if (words.size() != 1) throw UsageError(what);
    return words[0];
}

// The subject of a pattern that says one; "*" is nobody in particular.
std::string subject_in(const std::string& pattern) {
    const auto first = pattern.find('/');
    if (first == std::string::npos) return {};
    const auto second = pattern.find('/', first + 1);
    if (second == std::string::npos) return {};
    return pattern.substr(first + 1, second - first - 1);
}

bool names_subject(const std::string& pattern, const std::string& subject) {
    return !pattern.empty() && pattern != "*" && series_matches(pattern, subject);
}

// One from before grants had a basis tells nothing once it is replaced.
bool is_about_nobody(const Grant& grant) {
    return grant.basis == LegalBasis::not_personal ||
           (grant.basis == LegalBasis::unrecorded &&
            (grant.state == GrantState::withdrawn || grant.state == GrantState::erased));
}

// What is about a person, or was said to be, is never published: a grant on another basis tells,
// in whatever state it is.
void refuse_personal(const std::vector<Grant>& grants, const NamedSeries& series) {
    for (const Grant& grant : grants) {
        if (is_about_nobody(grant)) continue;
        if (!covers(grant, series) && !names_subject(grant.subject, series.subject) &&
            !names_subject(subject_in(grant.series), series.subject))
            continue;
        throw Error(
            fmt::format("{} is about a person: grant {} for {} has the basis {}. What is "
                        "about persons is not published",
                        series.name, grant.id, grant.peer.to_string(), to_word(grant.basis)),
            Retry::useless);
    }
}

// Servers and clients show it, and we keep it in one line.
std::string one_line_option(const cxxopts::ParseResult& given, const std::string& option) {
    constexpr std::size_t longest = 1000;
    std::string text = text_of(given, option);
    const bool plain = std::ranges::none_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
    if (!plain || text.size() > longest)
        throw UsageError(fmt::format("--{} is one line of {} bytes at most", option, longest));
    return text;
}

Jid service_of(const cxxopts::ParseResult& given, const Config& config) {
    const std::string named = text_of(given, "service");
    const std::string text = named.empty() ? "pubsub." + config.identity.jid.domain() : named;
    const auto jid = Jid::parse_any(text);
    if (!jid || !jid->resource().empty())
        throw UsageError(text + " is no service; one looks like pubsub.lorient.example");
    return *jid;
}

Grant open_data_grant(const Jid& service, const NamedSeries& series, Time now) {
    Grant grant;
    grant.id = make_lane_id(now).value;
    grant.subject = series.subject;
    grant.series = series.name;
    grant.peer = service;
    grant.purpose = "open-data";
    grant.basis = LegalBasis::not_personal;
    grant.retain = "P100Y";  // nobody can take back what everybody has
    grant.from = grant.state_since = grant.added_at = now;
    return grant;
}

void make_peer(Mailboxes& m, const Jid& service, Time now) {
    const auto known = m.find_peer(service);
    if (known && known->dialect != Dialect::pubsub)
        throw Error(fmt::format("{} is a peer already, and no publish-subscribe service: courant "
                                "peer list",
                                service.to_string()),
                    Retry::useless);
    if (!known) m.put_peer({.jid = service, .added_at = now, .dialect = Dialect::pubsub});
}

int add(const cxxopts::ParseResult& given, const Config& config, Store& store, Console& console) {
    const auto name = senml::Name::parse(word_of(given, "publish add SERIES [--node NAME]"));
    if (!name) throw UsageError("the series: " + name.error().what);
    const NamedSeries series = named_series(name->senml());
    if (series.name.find('*') != std::string::npos)
        throw UsageError("open data is published series by series, so that nobody's comes with it");
    const Jid service = service_of(given, config);
    Publication publication{.node = one_line_option(given, "node"),
                            .series = series.name,
                            .licence = one_line_option(given, "licence")};
    if (publication.node.empty()) publication.node = series.name;
    const Time now = std::chrono::system_clock::now();
    const Grant grant = open_data_grant(service, series, now);
    store.commit([&](Mailboxes& m) {
        refuse_personal(m.access().grants(), series);
        for (const Published& one : all_published(m))
            if (one.publication.series == series.name && one.grant.peer == service)
                throw Error(fmt::format("{} is published already, on the node {}: courant publish "
                                        "remove it first",
                                        series.name, one.publication.node),
                            Retry::useless);
        make_peer(m, service, now);
        m.access().add_grant(grant);
        put_publication(m, grant.id, publication);
        m.put_subscription({.id = 0,
                            .peer = service,
                            .series = series.name,
                            .retain = grant.retain,
                            .grant = grant.id,
                            .added_at = now});
    });
    console.err << fmt::format("{} appears on the node {} of {} from now on, for everybody\n",
                               series.name, publication.node, service.to_string());
    return Exit::done;
}

int list(const cxxopts::ParseResult& given, Store& store, Console& console) {
    ordered_json rows = ordered_json::array();
    for (const auto& [grant, publication] : read_from(store, all_published))
        rows.push_back({{"node", publication.node},
                        {"service", grant.peer.to_string()},
                        {"series", publication.series},
                        {"licence", publication.licence},
                        {"grant", grant.id},
                        {"state", to_word(grant.state)}});
    print_list(console.out, rows, listing_of(given));
    return Exit::done;
}

int remove(const cxxopts::ParseResult& given, Store& store, Console& console) {
    const std::string what = word_of(given, "publish remove NODE, or the series");
    const Time now = std::chrono::system_clock::now();
    int removed = 0;
    store.commit([&](Mailboxes& m) {
        removed = 0;
        for (const auto& [grant, publication] : all_published(m)) {
            if (publication.node != what && publication.series != what) continue;
            for (const Subscription& one : m.subscriptions())
                if (one.grant == grant.id) m.remove_subscription(one.id);
            if (may_become(grant.state, GrantState::withdrawn))
                m.access().set_grant_state(grant.id, GrantState::withdrawn, "published no longer",
                                           now);
            remove_publication(m, grant.id);
            ++removed;
        }
    });
    if (removed == 0) throw Error("nothing is published as " + what, Retry::useless);
    console.err << "nothing more goes to " << what
                << "; what the service has, its administrator can delete\n";
    return Exit::done;
}

}  // namespace

int publish_command(Words words, Console& console) {
    auto options = options_for("publish", "Open data, for whoever subscribes at our XMPP server");
    options.add_options()("action", "", cxxopts::value<std::string>()->default_value("list"))(
        "words", "", cxxopts::value<std::vector<std::string>>())(
        "node", "where it appears; the series' name, unless it is said",
        cxxopts::value<std::string>(), "NAME")(
        "licence", "under which others may use it: CC-BY-4.0", cxxopts::value<std::string>(),
        "SPDX")("service", "the publish-subscribe service (XEP-0060); pubsub. and our domain",
                cxxopts::value<std::string>(), "JID")("json", "list: as JSON");
    options.parse_positional({"action", "words"});
    options.positional_help("[list | add SERIES | remove NODE]");
    const auto given = parse(options, words, console);
    if (!given) return Exit::done;
    const Config config = config_of(*given);
    const auto store = shared_store(config);
    const auto action = (*given)["action"].as<std::string>();
    if (action == "list") return list(*given, *store, console);
    if (action == "add") return add(*given, config, *store, console);
    if (action == "remove") return remove(*given, *store, console);
    throw UsageError("publish list, add SERIES, or remove NODE");
}

}  // namespace courant::cli
