// `courant subscription`: what goes to whom, and what peers ask for; and the way to ask a peer. A
// running proxy sees the change at once.
#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/command.hpp"
#include "cli/history/asking_session.hpp"
#include "jobs/subscription_commands.hpp"
#include "proxy-core/access/access_book.hpp"
#include "proxy-core/access/period.hpp"
#include "proxy-core/access/series_pattern.hpp"
#include "proxy-core/access/subscribing.hpp"
#include "proxy-core/config/duration.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "senml/number.hpp"

namespace courant::cli {
namespace {

using nlohmann::ordered_json;

std::vector<std::string> words_of(const cxxopts::ParseResult& given) {
    return given.count("words") > 0 ? given["words"].as<std::vector<std::string>>()
                                    : std::vector<std::string>{};
}

// What is wanted of the series, as the options say.
Shape shape_from(const cxxopts::ParseResult& given) {
    Shape shape{.every = text_of(given, "every"), .heartbeat = text_of(given, "heartbeat")};
    if (given.count("dead-band") > 0) shape.dead_band = given["dead-band"].as<double>();
    if (given.count("quality") > 0) {
        const auto quality = quality_from(text_of(given, "quality"));
        if (!quality)
            throw UsageError(
                "--quality is missing, estimated, raw, corrected, validated or invoiced");
        shape.quality = *quality;
    }
    if (const auto fault = fault_of(shape); !fault.empty()) throw UsageError(fault);
    return shape;
}

std::string retention_from(const cxxopts::ParseResult& given) {
    std::string retain = text_of(given, "retain");
    if (!retain.empty() && !is_iso_duration(retain))
        throw UsageError("--retain takes an ISO 8601 duration, such as P3Y or P18M");
    return retain;
}

// In one column: "PT15M, moved by 0.5 or PT1H old, validated".
std::string text_of_shape(const Shape& shape) {
    std::string text = shape.every;
    const auto add = [&](const std::string& part) {
        if (!text.empty()) text += ", ";
        text += part;
    };
    if (shape.dead_band > 0)
        add(fmt::format("moved by {}{}", shape.dead_band,
                        shape.heartbeat.empty() ? "" : " or " + shape.heartbeat + " old"));
    if (shape.quality > Quality::missing) add(std::string(to_word(shape.quality)));
    return text;
}

// The grant under which a new subscription runs: the one that is named, or the only one that covers
// it now.
Grant grant_for(const std::string& named, const Subscription& wanted,
                const std::vector<Grant>& grants) {
    const std::string peer = wanted.peer.to_string();
    auto fitting = grants_for(wanted.peer, wanted.series, grants, wanted.added_at);
    if (!named.empty()) {
        std::erase_if(fitting, [&](const Grant& grant) { return grant.id != named; });
        for (const Grant& grant : grants)
            if (grant.id == named && grant.peer == wanted.peer)
                if (const auto why = obstacle(grant, wanted.added_at); !why.empty())
                    throw UsageError(why);
        if (fitting.empty())
            throw UsageError(
                fmt::format("no grant {} lets {} have {}", named, peer, wanted.series));
    }
    if (fitting.empty())
        throw UsageError(fmt::format(
            "no grant lets {0} have {1}; courant grant add {0} '{1}' --purpose WORD --basis WORD",
            peer, wanted.series));
    if (fitting.size() > 1)
        throw UsageError(
            fmt::format("several grants cover this; --grant {} or another of "
                        "courant grant list says which",
                        fitting.front().id));
    return fitting.front();
}

// Puts it in place under the grant; what more has to be done in that transaction is `also`.
template <class Also>
int put(Subscription subscription, const Grant& grant, const Config& config, Store& store,
        Console& console, Also also) {
    subscription.grant = grant.id;
    if (subscription.retain.empty()) subscription.retain = grant.retain;
    if (nominal_length(subscription.retain) > nominal_length(grant.retain))
        throw UsageError(
            fmt::format("the grant lets the peer keep it for {} at most", grant.retain));
    const auto shape = granted_shape(
        subscription.shape, grant, zone_named(config.federation.time_zone), subscription.added_at);
    if (!shape) throw UsageError(shape.error());
    subscription.shape = *shape;
    std::int64_t id = 0;
    store.commit([&](Mailboxes& m) {
        id = m.put_subscription(subscription);
        also(m);
    });
    const auto of = text_of_shape(subscription.shape);
    console.err << "subscription " << id << ": " << subscription.series << " goes to "
                << subscription.peer.to_string() << (of.empty() ? "" : ": " + of) << '\n';
    return Exit::done;
}

int add(const cxxopts::ParseResult& given, const Config& config, Store& store, Console& console) {
    const auto words = words_of(given);
    if (words.size() != 2) throw UsageError("subscription add PEER SERIES [--grant ID]");
    const Subscription subscription{.id = 0,
                                    .peer = any_jid_from(words[0]),
                                    .series = words[1],
                                    .retain = retention_from(given),
                                    .grant = {},
                                    .added_at = std::chrono::system_clock::now(),
                                    .shape = shape_from(given)};
    if (!read_from(store, [&](Mailboxes& m) { return m.find_peer(subscription.peer); }))
        throw UsageError(subscription.peer.to_string() + " is no peer yet; courant peer add " +
                         subscription.peer.to_string());
    const Grant grant =
        grant_for(text_of(given, "grant"), subscription,
                  read_from(store, [](Mailboxes& m) { return m.access().grants(); }));
    return put(subscription, grant, config, store, console, [](Mailboxes&) {});
}

int list(const cxxopts::ParseResult& given, Store& store, Console& console) {
    ordered_json rows = ordered_json::array();
    for (const Subscription& subscription :
         read_from(store, [](Mailboxes& m) { return m.subscriptions(); }))
        rows.push_back({{"id", subscription.id},
                        {"peer", subscription.peer.to_string()},
                        {"series", subscription.series},
                        {"shape", text_of_shape(subscription.shape)},
                        {"retain", subscription.retain},
                        {"grant", subscription.grant},
                        {"added", to_timestamp_for_people(subscription.added_at)}});
    print_list(console.out, rows, listing_of(given));
    return Exit::done;
}

int remove(const cxxopts::ParseResult& given, Store& store, Console& console) {
    const auto words = words_of(given);
    if (words.size() != 1) throw UsageError("subscription remove ID");
    bool removed = false;
    store.commit(
        [&](Mailboxes& m) { removed = m.remove_subscription(std::atoll(words[0].c_str())); });
    console.err << (removed ? "subscription removed; what is in the outbox still goes\n"
                            : "there is no such subscription\n");
    return removed ? Exit::done : Exit::failed;
}

// --- what peers ask for

int list_requests(const cxxopts::ParseResult& given, Store& store, Console& console) {
    ordered_json rows = ordered_json::array();
    for (const SubscriptionRequest& request :
         read_from(store, [](Mailboxes& m) { return m.shapes().requests(); }))
        rows.push_back({{"id", request.id},
                        {"peer", request.peer.to_string()},
                        {"series", one_line(request.series)},
                        {"shape", text_of_shape(request.shape)},
                        {"retain", request.retain},
                        {"asked", to_timestamp_for_people(request.asked_at)},
                        {"refused", request.refusal}});
    print_list(console.out, rows, listing_of(given));
    return Exit::done;
}

SubscriptionRequest request_named(const std::vector<std::string>& words, Store& store) {
    if (words.size() != 1) throw UsageError("which request? courant subscription requests");
    for (auto& request : read_from(store, [](Mailboxes& m) { return m.shapes().requests(); }))
        if (request.id == words[0]) return std::move(request);
    throw Error("there is no request " + words[0], Retry::useless);
}

int accept(const cxxopts::ParseResult& given, const Config& config, Store& store,
           Console& console) {
    const SubscriptionRequest request = request_named(words_of(given), store);
    Subscription subscription{.id = 0,
                              .peer = request.peer,
                              .series = request.series,
                              .retain = {},
                              .grant = {},
                              .added_at = std::chrono::system_clock::now(),
                              .shape = request.shape};
    const Grant grant =
        grant_for(text_of(given, "grant"), subscription,
                  read_from(store, [](Mailboxes& m) { return m.access().grants(); }));
    subscription.retain = granted_retention(request.retain, grant);
    return put(subscription, grant, config, store, console,
               [&](Mailboxes& m) { m.shapes().remove_request(request.id); });
}

int refuse(const cxxopts::ParseResult& given, Store& store, Console& console) {
    SubscriptionRequest request = request_named(words_of(given), store);
    request.refusal = text_of(given, "reason");
    if (request.refusal.empty()) throw UsageError("subscription refuse ID --reason TEXT");
    store.commit([&](Mailboxes& m) { m.shapes().put_request(request); });
    console.err << request.peer.to_string() << " hears so when it asks for "
                << one_line(request.series) << " again\n";
    return Exit::done;
}

// --- asking a peer

CommandRequest request_for(const cxxopts::ParseResult& given, std::string_view node) {
    const auto words = words_of(given);
    if (words.size() != 2)
        throw UsageError("subscription request PEER SERIES, or cancel PEER SERIES");
    Form form{.type = Form::Type::submit, .fields = {{.var = "series", .values = {words[1]}}}};
    if (node == subscribe_node) {
        const Shape shape = shape_from(given);
        std::string dead_band;
        if (shape.dead_band > 0) senml::append_number(dead_band, shape.dead_band);
        for (const auto& [name, value] : {std::pair<std::string, std::string>{"every", shape.every},
                                          {"dead_band", dead_band},
                                          {"heartbeat", shape.heartbeat},
                                          {"quality", text_of(given, "quality")},
                                          {"retain", retention_from(given)},
                                          {"grant", text_of(given, "grant")}})
            if (!value.empty()) form.fields.push_back({.var = name, .values = {value}});
    }
    const auto peer = Jid::parse(words[0]);
    if (!peer) throw UsageError(words[0] + " is no JID");
    return {.to = *peer, .node = std::string(node), .form = std::move(form)};
}

int ask_peer(const cxxopts::ParseResult& given, const Config& config, std::string_view node,
             Console& console) {
    CommandRequest request = request_for(given, node);
    AskingSession session(config, "subscription");
    const auto result = session.ask(std::move(request));
    if (!result) {
        console.err << "courant subscription: " << one_line(result.error().text) << '\n';
        return Exit::failed;
    }
    const Element* answer = result->child("subscription", courant_namespace);
    if (answer == nullptr) throw Error("the peer's answer is none", Retry::useless);
    ordered_json row;
    for (const auto* name :
         {"status", "series", "every", "dead-band", "heartbeat", "quality", "retain", "grant"})
        row[name] = one_line(answer->attribute(name));
    print_list(console.out, ordered_json::array({row}), listing_of(given));
    const auto form = form_in(*result);
    if (form && !form->fields.empty()) console.err << one_line(form->fields.front().label) << '\n';
    return answer->attribute("status") == "refused" ? Exit::failed : Exit::done;
}

cxxopts::Options options() {
    auto options = options_for("subscription", "Which series go to which peer, and how");
    options.add_options()("action", "", cxxopts::value<std::string>()->default_value("list"))(
        "words", "", cxxopts::value<std::vector<std::string>>())(
        "retain", "how long the peer may keep the readings; as the grant says, or less",
        cxxopts::value<std::string>(),
        "ISO8601")("grant", "the permission under which they go; needed where several cover them",
                   cxxopts::value<std::string>(), "ID")("json", "as JSON")(
        "reason", "refuse: why, in words for the peer", cxxopts::value<std::string>(), "TEXT");
    options.add_options("How much of them")(
        "every", "values of this period; without it every value", cxxopts::value<std::string>(),
        "ISO8601")("dead-band", "only what moved by this much, in the unit of the series",
                   cxxopts::value<double>(), "NUMBER")(
        "heartbeat", "but one after this long in any case", cxxopts::value<std::string>(),
        "ISO8601")("quality", "nothing that can be relied upon less than: raw, validated …",
                   cxxopts::value<std::string>(), "WORD");
    options.parse_positional({"action", "words"});
    options.positional_help(
        "[list | add PEER SERIES | remove ID | requests | accept ID | refuse ID | "
        "request PEER SERIES | cancel PEER SERIES]");
    return options;
}

}  // namespace

int subscription_command(Words words, Console& console) {
    auto understood = options();
    const auto given = parse(understood, words, console);
    if (!given) return Exit::done;
    const Config config = config_of(*given);
    const auto action = (*given)["action"].as<std::string>();
    if (action == "request") return ask_peer(*given, config, subscribe_node, console);
    if (action == "cancel") return ask_peer(*given, config, unsubscribe_node, console);
    const auto store = shared_store(config);
    if (action == "add") return add(*given, config, *store, console);
    if (action == "list") return list(*given, *store, console);
    if (action == "remove") return remove(*given, *store, console);
    if (action == "requests") return list_requests(*given, *store, console);
    if (action == "accept") return accept(*given, config, *store, console);
    if (action == "refuse") return refuse(*given, *store, console);
    throw UsageError("subscription list, add, remove, requests, accept, refuse, request or cancel");
}

}  // namespace courant::cli
