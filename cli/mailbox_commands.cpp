// `courant outbox` and `inbox`: look into the mailboxes, beside a running proxy or without one.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/command.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/mailbox/body.hpp"
#include "senml/codec.hpp"

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
    if (name != "dead")
        options.add_options()("format", "of a message that is shown",
                              cxxopts::value<std::string>()->default_value("xml"), "xml|json|cbor");
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
            {"stored", to_timestamp_for_people(message.stored_at)}};
}

// Prints a message's pack for whoever asked, whatever form it is kept in.
int show_body(const Visit& visit, const Message& message, Console& console) {
    const auto format = senml::format_from(visit.given["format"].as<std::string>());
    if (!format) throw UsageError("--format: " + format.error().what);
    BodyReader reader(stored_body_limits);
    senml::Pack pack;
    if (const auto read = reader.read(message.body, message.stored_at, pack); !read)
        throw Error(fmt::format("message {} cannot be read: {}", message.seq, read.error()),
                    Retry::useless);
    const auto text = senml::write(*format, pack);
    if (!text) throw Error(text.error().to_string(), Retry::useless);
    console.out << *text;
    if (*format != senml::Format::cbor) console.out << '\n';
    return Exit::done;
}

int list_outbox(Visit& visit, Console& console) {
    ordered_json rows = ordered_json::array();
    for (const OutgoingLane& lane :
         read_from(*visit.store, [](Mailboxes& m) { return m.outgoing_lanes(); }))
        for (Seq after = std::max(lane.acknowledged, lane.voided);;) {
            const auto messages = read_from(*visit.store, [&](Mailboxes& m) {
                return m.outbox(lane.lane, after, {.messages = page});
            });
            if (messages.empty()) break;
            for (const Message& message : messages) rows.push_back(row(message));
            after = messages.back().seq;
        }
    print_list(console.out, rows, listing_of(visit.given));
    return Exit::done;
}

int show_outgoing(Visit& visit, Console& console) {
    const Seq seq = number_from(visit.arguments[1]);
    const auto message = read_from(*visit.store, [&](Mailboxes& m) {
        return m.find_outgoing(LaneId{visit.arguments[0]}, seq);
    });
    if (!message) {
        console.err << "no such message waits; it may have been acknowledged, or dropped\n";
        return Exit::failed;
    }
    return show_body(visit, *message, console);
}

int list_inbox(Visit& visit, Console& console) {
    ordered_json rows = ordered_json::array();
    for (std::int64_t after = 0;;) {
        const auto arrivals = read_from(
            *visit.store, [&](Mailboxes& m) { return m.inbox(after, {.messages = page}); });
        if (arrivals.empty()) break;
        for (const Arrival& arrival : arrivals) {
            rows.push_back(row(arrival.message));
            rows.back()["position"] = arrival.position;
        }
        after = arrivals.back().position;
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
    return show_body(visit, found.front().message, console);
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

}  // namespace courant::cli
