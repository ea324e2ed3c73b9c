// `courant dead`: what was set aside, and what becomes of it. Works beside a running proxy or
// without one.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/command.hpp"
#include "cli/dead/exporting.hpp"
#include "cli/dead/retry.hpp"
#include "cli/dead/selection.hpp"
#include "proxy-core/federation/protocol.hpp"

namespace courant::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t table_width = 100;

/// What was asked for, and the store.
struct Visit {
    cxxopts::ParseResult given;
    std::string action;
    DeadSelection selection;
    Config config;
    std::unique_ptr<Store> store;
};

ordered_json row(const DeadLetter& letter) {
    ordered_json out{{"id", letter.id},
                     {"at", to_timestamp_for_people(letter.at)},
                     {"origin", to_word(letter.origin)},
                     {"whom", letter.whom}};
    out["lane"] = letter.lane ? ordered_json(letter.lane->value) : ordered_json(nullptr);
    out["seq"] = letter.seq ? ordered_json(*letter.seq) : ordered_json(nullptr);
    out["record"] = letter.record ? ordered_json(*letter.record) : ordered_json(nullptr);
    out["reason"] = letter.reason;
    return out;
}

std::string to_json(const ordered_json& value, int indent) {
    return value.dump(indent, ' ', false, ordered_json::error_handler_t::replace);
}

// Where a line of this text may be broken: behind the last blank that fits, or in a long word.
std::size_t line_end(std::string_view text, std::size_t most) {
    if (text.size() <= most) return text.size();
    const auto blank = text.rfind(' ', most);
    if (blank != std::string_view::npos && blank > most / 2) return blank;
    while (most > 1 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
    return most;
}

// A text in lines of the table's width, all but the first indented.
void print_wrapped(std::ostream& out, std::string_view text) {
    constexpr std::size_t indent = 9;
    for (std::size_t room = table_width; !text.empty(); room = table_width - indent) {
        if (room < table_width) out << std::string(indent, ' ');
        const auto end = line_end(text, room);
        out << text.substr(0, end) << '\n';
        text.remove_prefix(end < text.size() && text[end] == ' ' ? end + 1 : end);
    }
}

// A line of facts, and the reason below it, as long as it is: it is what people look for.
void print(std::ostream& out, const DeadLetter& letter) {
    std::string facts =
        fmt::format("{:>7}  {}  {:<7}  {}", letter.id, to_timestamp_for_people(letter.at),
                    to_word(letter.origin), one_line(letter.whom));
    if (letter.seq) facts += fmt::format(", message {}", *letter.seq);
    if (letter.record) facts += fmt::format(", record {}", *letter.record);
    print_wrapped(out, facts);
    print_wrapped(out, "         " + one_line(letter.reason));
}

// What was asked for by its number and is not there.
int told_missing(const Visit& visit, Console& console) {
    for (const auto id : visit.selection.missing())
        console.err << "there is no dead letter " << id << ", or a filter leaves it out\n";
    return visit.selection.missing().empty() ? Exit::done : Exit::failed;
}

int list(Visit& visit, Console& console) {
    const bool json = listing_of(visit.given) == Listing::json;
    std::int64_t count = 0;
    if (json) console.out << '[';
    visit.selection.walk(*visit.store, [&](const std::vector<DeadLetter>& letters) {
        for (const DeadLetter& letter : letters) {
            if (json)
                console.out << (count > 0 ? ",\n" : "\n") << to_json(row(letter), -1);
            else if (count == 0)
                console.out << "     ID  SET ASIDE             ORIGIN   OF, TO OR FROM WHOM\n";
            if (!json) print(console.out, letter);
            ++count;
        }
    });
    if (json) console.out << (count > 0 ? "\n]\n" : "]\n");
    return told_missing(visit, console);
}

int show(Visit& visit, Console& console) {
    visit.selection.walk(*visit.store, [&](const std::vector<DeadLetter>& letters) {
        for (const DeadLetter& letter : letters) {
            ordered_json facts = row(letter);
            facts["retain"] = letter.envelope.retain;
            facts["grant"] = letter.envelope.grant;
            facts["quality"] = to_word(letter.envelope.quality);
            console.err << to_json(facts, 2) << '\n';
            console.out << letter.payload << '\n';
        }
    });
    return told_missing(visit, console);
}

// Each letter in a work of its own: one that cannot go stays, and keeps no other back.
int retry_each(Visit& visit, Console& console) {
    const Time now = std::chrono::system_clock::now();
    const Jid self = visit.config.identity.jid.bare();
    std::int64_t gone = 0;
    std::int64_t stay = 0;
    visit.selection.walk(*visit.store, [&](const std::vector<DeadLetter>& letters) {
        std::vector<Work> works;
        works.reserve(letters.size());
        for (const DeadLetter& letter : letters)
            works.emplace_back([&](Mailboxes& m) { retry(m, letter, self, now); });
        const auto outcome = visit.store->commit_together(works);
        for (std::size_t i = 0; i < letters.size(); ++i) {
            try {
                if (outcome[i]) std::rethrow_exception(outcome[i]);
                console.err << "dead letter " << letters[i].id << " goes again\n";
                ++gone;
            } catch (const Error& error) {
                console.err << "dead letter " << letters[i].id
                            << " stays: " << one_line(error.what()) << '\n';
                ++stay;
            }
        }
    });
    if (gone + stay > 1) console.err << gone << " go again, " << stay << " stay\n";
    const int missing = told_missing(visit, console);
    return stay > 0 ? Exit::failed : missing;
}

int purge(Visit& visit, Console& console) {
    const bool dry = visit.given.count("dry-run") > 0;
    std::int64_t count = 0;
    visit.selection.walk(*visit.store, [&](const std::vector<DeadLetter>& letters) {
        count += static_cast<std::int64_t>(letters.size());
        if (dry) {
            for (const DeadLetter& letter : letters) print(console.out, letter);
            return;
        }
        visit.store->commit([&](Mailboxes& m) {
            for (const DeadLetter& letter : letters) m.remove_dead(letter.id);
        });
    });
    console.err << count << (count == 1 ? " dead letter " : " dead letters ")
                << (dry ? "would be removed" : "removed") << '\n';
    return told_missing(visit, console);
}

// It holds what people consume: a new file is for its owner alone.
std::ofstream file_for(const std::string& path) {
    std::error_code unknown;
    const bool is_new = !std::filesystem::exists(path, unknown);
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    if (!file) throw Error(path + ": cannot be written", Retry::useless);
    if (is_new)
        std::filesystem::permissions(
            path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return file;
}

int export_to(std::ostream& out, Visit& visit, Console& console) {
    const auto format = visit.given["format"].as<std::string>();
    const auto target = make_dead_export(format, out);
    std::int64_t count = 0;
    visit.selection.walk(*visit.store, [&](const std::vector<DeadLetter>& letters) {
        for (const DeadLetter& letter : letters) target->write(letter);
        count += static_cast<std::int64_t>(letters.size());
    });
    target->end();
    console.err << count - target->left_out() << " dead letters exported\n";
    if (target->left_out() > 0)
        console.err << target->left_out() << " hold no readings that " << format
                    << " could carry; --format ndjson carries everything\n";
    return told_missing(visit, console);
}

int export_all(Visit& visit, Console& console) {
    if (visit.given.count("output") == 0) return export_to(console.out, visit, console);
    const auto path = visit.given["output"].as<std::string>();
    auto file = file_for(path);
    const int code = export_to(file, visit, console);
    file.close();
    if (!file) throw Error(path + ": could not be written to its end", Retry::useless);
    return code;
}

cxxopts::Options options() {
    auto options = options_for("dead", "What was set aside, and why");
    options.add_options()("action", "", cxxopts::value<std::string>()->default_value("list"))(
        "numbers", "", cxxopts::value<std::vector<std::string>>()->default_value(""))(
        "json", "list: as JSON")("dry-run", "purge: only say what would go")(
        "format", "export: ndjson, csv, or senml for the readings alone",
        cxxopts::value<std::string>()->default_value("ndjson"),
        "WORD")("o,output", "export: to this file instead of stdout", cxxopts::value<std::string>(),
                "FILE");
    DeadSelection::add_options(options);
    options.parse_positional({"action", "numbers"});
    options.positional_help("[list | show | retry | purge | export] [7 12-19 ...]");
    return options;
}

}  // namespace

int dead_command(Words words, Console& console) {
    auto understood = options();
    const auto given = parse(understood, words, console);
    if (!given) return Exit::done;
    std::vector<std::string> numbers;
    if (given->count("numbers") > 0) numbers = (*given)["numbers"].as<std::vector<std::string>>();
    DeadSelection selection(*given, numbers, std::chrono::system_clock::now());
    const auto action = (*given)["action"].as<std::string>();
    const auto visit = [&] {
        Config config = config_of(*given);
        auto store = shared_store(config);
        return Visit{*given, action, std::move(selection), std::move(config), std::move(store)};
    };
    if (action != "list" && action != "export") {
        if (action != "show" && action != "retry" && action != "purge" && action != "remove")
            throw UsageError("dead list, show, retry, purge or export");
        selection.insist_on_choice();
    }
    Visit visited = visit();
    if (action == "list") return list(visited, console);
    if (action == "show") return show(visited, console);
    if (action == "retry") return retry_each(visited, console);
    if (action == "export") return export_all(visited, console);
    return purge(visited, console);  // remove: its name before
}

}  // namespace courant::cli
