// `courant outbox`, `inbox` and `dead`: look into the mailboxes, beside a running proxy or without
// one.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/command.hpp"
#include "proxy-core/federation/intake.hpp"
#include "proxy-core/federation/protocol.hpp"
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

ordered_json row(const DeadLetter& letter) {
    ordered_json out{{"id", letter.id},
                     {"at", to_timestamp_for_people(letter.at)},
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
        for (Seq after = lane.acknowledged;;) {
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
        console.err << "no such message waits; it may have been acknowledged\n";
        return Exit::failed;
    }
    console.out << message->body << '\n';
    return Exit::done;
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
    console.out << found.front().message.body << '\n';
    return Exit::done;
}

int list_dead(Visit& visit, Console& console) {
    ordered_json rows = ordered_json::array();
    for (std::int64_t after = 0;;) {
        const auto letters = read_from(
            *visit.store, [&](Mailboxes& m) { return m.dead(after, {.messages = page}); });
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

[[noreturn]] void refuse_retry(const std::string& why) {
    throw Error("it cannot go again: " + why, Retry::useless);
}

/// How many readings a letter holds; refuses one that holds none.
std::int64_t readings_in(const DeadLetter& letter) {
    const auto pack = senml::read(senml::Format::xml, letter.payload,
                                  {.now = letter.at, .names = senml::NameRule::federated});
    if (!pack) refuse_retry(pack.error().to_string());
    return static_cast<std::int64_t>(pack->size());
}

// What was wrong with an attribute does not show in the envelope that was kept.
bool envelope_was_at_fault(const DeadLetter& letter) {
    constexpr std::array<std::string_view, 4> attributes{"hops=", "quality=", "grant=", "retain="};
    return std::any_of(attributes.begin(), attributes.end(), [&](std::string_view attribute) {
        return letter.reason.starts_with(attribute);
    });
}

// What we refused comes in only if it would come in today: a retry is no way around the checks.
void check_again(Mailboxes& m, const DeadLetter& letter, const Jid& self, Time now) {
    if (envelope_was_at_fault(letter)) refuse_retry(letter.reason);
    const Jid from = jid_from(letter.whom);
    const auto peer = m.find_peer(from);
    if (!peer) refuse_retry(letter.whom + " is no peer (courant peer add)");
    const Inspection inspection = inspect(
        {.lane = {}, .seq = 1, .envelope = letter.envelope, .body = letter.payload, .fault = {}},
        from, self, now);
    const Refusal refused = refusal(inspection, *peer);
    if (!refused.whole.empty()) refuse_retry(refused.whole);
    if (!refused.records.empty()) refuse_retry(refused.records.front().reason);
}

/// Puts a letter into the inbox once more, in a lane from ourselves that all retries share.
void take_in_again(Mailboxes& m, const DeadLetter& letter, const Jid& self, Time now) {
    Message message{.peer = self,
                    .lane = {"retry"},
                    .seq = 1,
                    .envelope = letter.envelope,
                    .body = letter.payload,
                    .records = readings_in(letter),
                    .stored_at = now};
    for (const IncomingLane& lane : m.incoming_lanes(self))
        if (lane.lane == message.lane) message.seq = lane.next;
    m.take_in(message, now);
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
    const Jid self = visit.config.identity.jid.bare();
    visit.store->commit([&](Mailboxes& m) {
        if (!m.remove_dead(letter.id))
            throw Error(fmt::format("dead letter {} is gone already", letter.id), Retry::useless);
        if (letter.origin == DeadOrigin::sent) {
            m.enqueue({.peer = jid_from(letter.whom),
                       .envelope = letter.envelope,
                       .body = letter.payload,
                       .records = readings_in(letter)},
                      now);
            return;
        }
        if (letter.origin == DeadOrigin::arrived) check_again(m, letter, self, now);
        take_in_again(m, letter, self, now);
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
