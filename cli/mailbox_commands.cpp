// `courant outbox`, `inbox` and `dead`: look into the mailboxes, beside a running proxy or without
// one.
#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/command.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/mailbox/lane_id.hpp"

namespace courant::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::int64_t page = 200;

std::int64_t number_from(const std::string& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        throw UsageError(text + " is no number");
    return value;
}

/// A mailbox command's words: an action, its arguments, and the store.
struct Visit {
    cxxopts::ParseResult given;
    std::string action;
    std::vector<std::string> arguments;
    Config config;
    std::unique_ptr<Store> store;
};

std::optional<Visit> visit(const std::string& name, const std::string& summary,
                           const std::string& help, Words words, Console& console) {
    auto options = options_for(name, summary);
    options.add_options()("action", "", cxxopts::value<std::string>()->default_value("list"))(
        "arguments", "", cxxopts::value<std::vector<std::string>>()->default_value(""))("json",
                                                                                        "as JSON");
    options.parse_positional({"action", "arguments"});
    options.positional_help(help);
    auto given = parse(options, words, console);
    if (!given) return std::nullopt;
    std::vector<std::string> arguments;
    if (given->count("arguments") > 0)
        arguments = (*given)["arguments"].as<std::vector<std::string>>();
    Config config = config_of(*given);
    auto store = shared_store(config);
    return Visit{*given, (*given)["action"].as<std::string>(), std::move(arguments),
                 std::move(config), std::move(store)};
}

ordered_json row(const Message& message) {
    return {{"peer", message.peer.to_string()},
            {"lane", message.lane.value},
            {"seq", message.seq},
            {"readings", message.records},
            {"bytes", message.body.size()},
            {"stored", to_timestamp(message.stored_at)}};
}

ordered_json row(const DeadLetter& letter) {
    ordered_json out{{"id", letter.id},
                     {"at", to_timestamp(letter.at)},
                     {"origin", to_word(letter.origin)},
                     {"whom", letter.whom}};
    out["seq"] = letter.seq ? ordered_json(*letter.seq) : ordered_json(nullptr);
    out["record"] = letter.record ? ordered_json(*letter.record) : ordered_json(nullptr);
    out["reason"] = letter.reason;
    return out;
}

int list_outbox(Visit& visit, Console& console) {
    ordered_json rows = ordered_json::array();
    for (const OutgoingLane& lane :
         read_from(*visit.store, [](Mailboxes& m) { return m.outgoing_lanes(); }))
        for (const Message& message : read_from(*visit.store, [&](Mailboxes& m) {
                 return m.outbox(lane.lane, lane.acknowledged, {.messages = page});
             }))
            rows.push_back(row(message));
    print_list(console.out, rows, listing_of(visit.given));
    return Exit::done;
}

int show_outgoing(Visit& visit, Console& console) {
    const Seq seq = number_from(visit.arguments[1]);
    const auto message = read_from(*visit.store, [&](Mailboxes& m) {
        return m.find_outgoing(LaneId{visit.arguments[0]}, seq);
    });
    if (!message) {
        console.err << "no such message waits; it may have been acknowledged\n";
        return Exit::failed;
    }
    console.out << message->body << '\n';
    return Exit::done;
}

int list_inbox(Visit& visit, Console& console) {
    ordered_json rows = ordered_json::array();
    for (const Arrival& arrival :
         read_from(*visit.store, [](Mailboxes& m) { return m.inbox(0, {.messages = page}); })) {
        rows.push_back(row(arrival.message));
        rows.back()["position"] = arrival.position;
    }
    print_list(console.out, rows, listing_of(visit.given));
    return Exit::done;
}

int show_arrival(Visit& visit, Console& console) {
    const std::int64_t position = number_from(visit.arguments[0]);
    const auto found = read_from(
        *visit.store, [&](Mailboxes& m) { return m.inbox(position - 1, {.messages = 1}); });
    if (found.empty() || found.front().position != position) {
        console.err << "the inbox has nothing at position " << position << '\n';
        return Exit::failed;
    }
    console.out << found.front().message.body << '\n';
    return Exit::done;
}

int list_dead(Visit& visit, Console& console) {
    ordered_json rows = ordered_json::array();
    for (std::int64_t after = 0;;) {
        const auto letters =
            read_from(*visit.store, [&](Mailboxes& m) { return m.dead(after, page); });
        if (letters.empty()) break;
        for (const DeadLetter& letter : letters) rows.push_back(row(letter));
        after = letters.back().id;
    }
    print_list(console.out, rows, listing_of(visit.given));
    return Exit::done;
}

DeadLetter dead_letter(Visit& visit) {
    const std::int64_t id = number_from(visit.arguments[0]);
    auto letter = read_from(*visit.store, [&](Mailboxes& m) { return m.find_dead(id); });
    if (!letter) throw Error(fmt::format("there is no dead letter {}", id), Retry::useless);
    return std::move(*letter);
}

int show_dead(Visit& visit, Console& console) {
    const DeadLetter letter = dead_letter(visit);
    console.err << row(letter).dump(2, ' ', false, ordered_json::error_handler_t::replace) << '\n';
    console.out << letter.payload << '\n';
    return Exit::done;
}

/// The peer whose readings a letter of the inbox side holds.
Jid sender_of(const DeadLetter& letter) {
    if (letter.origin == DeadOrigin::arrived) return jid_from(letter.whom);
    if (!letter.envelope.hops.empty()) return letter.envelope.hops.back();
    throw Error("the letter does not say from which peer it came", Retry::useless);
}

// Gives a letter another try where it was: to the peer that refused it, or to the apps. It gets a
// new number: the old one is settled.
int retry_dead(Visit& visit, Console& console) {
    const DeadLetter letter = dead_letter(visit);
    if (letter.origin == DeadOrigin::source)
        throw Error(
            "a source could not use this; mend it there (courant dead show) and let the source "
            "bring it again",
            Retry::useless);
    const Time now = std::chrono::system_clock::now();
    visit.store->commit([&](Mailboxes& m) {
        if (letter.origin == DeadOrigin::sent) {
            m.enqueue({.peer = jid_from(letter.whom),
                       .envelope = letter.envelope,
                       .body = letter.payload,
                       .records = 1},
                      now);
        } else {
            m.take_in({.peer = sender_of(letter),
                       .lane = make_lane_id(now),
                       .seq = 1,
                       .envelope = letter.envelope,
                       .body = letter.payload,
                       .records = 1,
                       .stored_at = now},
                      now);
        }
        m.remove_dead(letter.id);
    });
    console.err << "dead letter " << letter.id << " goes again\n";
    return Exit::done;
}

int remove_dead(Visit& visit, Console& console) {
    const DeadLetter letter = dead_letter(visit);
    visit.store->commit([&](Mailboxes& m) { m.remove_dead(letter.id); });
    console.err << "dead letter " << letter.id << " removed\n";
    return Exit::done;
}

}  // namespace

int outbox_command(Words words, Console& console) {
    auto visited = visit("outbox", "Messages that wait for a receipt", "[list | show LANE SEQ]",
                         words, console);
    if (!visited) return Exit::done;
    if (visited->action == "list") return list_outbox(*visited, console);
    if (visited->action == "show" && visited->arguments.size() == 2)
        return show_outgoing(*visited, console);
    throw UsageError("outbox list, or outbox show LANE SEQ");
}

int inbox_command(Words words, Console& console) {
    auto visited = visit("inbox", "Messages that arrived and are not delivered everywhere",
                         "[list | show POSITION]", words, console);
    if (!visited) return Exit::done;
    if (visited->action == "list") return list_inbox(*visited, console);
    if (visited->action == "show" && visited->arguments.size() == 1)
        return show_arrival(*visited, console);
    throw UsageError("inbox list, or inbox show POSITION");
}

int dead_command(Words words, Console& console) {
    auto visited = visit("dead", "What was set aside, and why",
                         "[list | show ID | retry ID | remove ID]", words, console);
    if (!visited) return Exit::done;
    if (visited->action == "list") return list_dead(*visited, console);
    if (visited->arguments.size() == 1) {
        if (visited->action == "show") return show_dead(*visited, console);
        if (visited->action == "retry") return retry_dead(*visited, console);
        if (visited->action == "remove") return remove_dead(*visited, console);
    }
    throw UsageError("dead list, or dead show | retry | remove ID");
}

}  // namespace courant::cli
