// `courant history`: the past of a series, asked from the peer that has it.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ostream>
#include <thread>

#include "cli/command.hpp"
#include "cli/history/asking_session.hpp"
#include "cli/history/reading_file.hpp"
#include "jobs/history_commands.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/mailbox/body.hpp"
#include "senml/name.hpp"

namespace courant::cli {
namespace {

/// What is asked for.
struct Wanted {
    Jid peer;
    senml::Name series;
    Time from;
    Time to;
    std::chrono::hours portion;
};

/// One answer.
struct Page {
    senml::Pack readings;
    std::optional<Time> next;
};

/// What went wrong, and whether asking again is worth it.
struct Trouble {
    std::string text;
    Retry retry = Retry::useless;
};

Wanted wanted_from(const cxxopts::ParseResult& given) {
    if (given.count("peer") == 0 || given.count("name") == 0 || given.count("from") == 0)
        throw UsageError("history PEER NAME --from TIME");
    auto series = senml::Name::parse(given["name"].as<std::string>());
    if (!series)
        throw UsageError(
            fmt::format("{}: {}", given["name"].as<std::string>(), series.error().what));
    const auto peer = Jid::parse(given["peer"].as<std::string>());
    if (!peer) throw UsageError(given["peer"].as<std::string>() + " is no JID");
    Wanted wanted{.peer = *peer,
                  .series = std::move(*series),
                  .from = *moment(given, "from"),
                  .to = moment(given, "to").value_or(std::chrono::system_clock::now()),
                  .portion = std::chrono::days(given["days"].as<int>())};
    if (wanted.to <= wanted.from) throw UsageError("--to must be after --from");
    if (wanted.portion < std::chrono::hours(24)) throw UsageError("--days must be 1 or more");
    return wanted;
}

// What a peer says is looked at before it is written: a page that goes back would never end.
tl::expected<Page, Trouble> page_in(const Element& command, const Wanted& wanted, Time from,
                                    Time to) {
    const auto wrong = [&](std::string_view what) {
        return tl::unexpected(Trouble{
            fmt::format("{}: its answer cannot be used: {}", wanted.peer.to_string(), what)});
    };
    const Element* history = command.child("history", courant_namespace);
    if (!history) return wrong("it holds no <history>");
    Page page;
    if (const auto next = history->attribute("next"); !next.empty()) {
        page.next = from_timestamp(next);
        if (!page.next || *page.next <= from || *page.next >= to)
            return wrong("it goes on at " + std::string(next));
    }
    if (const Element* sensml = history->child("sensml", senml_namespace)) {
        const auto read = BodyReader().read(sensml->source, {}, page.readings);
        if (!read) return wrong(read.error());
    }
    if (history->attribute("count") != std::to_string(page.readings.size()))
        return wrong(fmt::format("it says {} readings and holds {}", history->attribute("count"),
                                 page.readings.size()));
    const std::string series = wanted.series.senml();
    Time after = from - std::chrono::nanoseconds(1);
    for (const senml::Record& record : page.readings.records()) {
        if (page.readings.name(record.name) != series || record.time <= after ||
            record.time >= page.next.value_or(to))
            return wrong("a reading of another series or time");
        after = record.time;
    }
    return page;
}

tl::expected<Page, Trouble> ask(AskingSession& session, const Wanted& wanted, Time from, Time to) {
    const Form form{.type = Form::Type::submit,
                    .fields = {{.var = "series", .values = {wanted.series.people()}},
                               {.var = "from", .values = {to_timestamp(from)}},
                               {.var = "to", .values = {to_timestamp(to)}}}};
    const auto result =
        session.ask({.to = wanted.peer, .node = std::string(history_node), .form = form});
    if (!result)
        return tl::unexpected(Trouble{result.error().text, result.error().worth_retrying()
                                                               ? Retry::worthwhile
                                                               : Retry::useless});
    return page_in(*result, wanted, from, to);
}

/// Tells how far it is, on a terminal.
class Progress {
  public:
    Progress(const Wanted& wanted, std::ostream& err)
        : wanted_(wanted), err_(err), shown_(::isatty(STDERR_FILENO) == 1) {}

    void at(Time time) const {
        if (!shown_) return;
        const double part = std::chrono::duration<double>(time - wanted_.from) /
                            std::chrono::duration<double>(wanted_.to - wanted_.from);
        err_ << fmt::format("\r{} {:3.0f} %, {} readings", to_timestamp_for_people(time),
                            part * 100, readings)
             << std::flush;
    }
    void end() const {
        if (shown_) err_ << '\n';
    }

    std::size_t readings = 0;

  private:
    const Wanted& wanted_;
    std::ostream& err_;
    bool shown_;
};

// Gets the range portion by portion. Once the peer has answered, each further one is asked for a
// few times: sessions break, and apps are busy.
template <class Out>
int fetch(const Config& config, const Wanted& wanted, Out& out, Console& console) {
    constexpr int tries = 5;
    AskingSession session(config, "history");
    Progress progress(wanted, console.err);
    int failures = tries;  // the first question is asked once
    for (Time from = wanted.from; from < wanted.to;) {
        progress.at(from);
        const Time to = std::min(wanted.to, from + wanted.portion);
        const auto page = ask(session, wanted, from, to);
        if (!page) {
            if (page.error().retry == Retry::worthwhile && ++failures < tries) {
                std::this_thread::sleep_for(std::chrono::seconds(failures));
                continue;
            }
            progress.end();
            console.err << "courant history: " << one_line(page.error().text) << '\n';
            return Exit::failed;
        }
        failures = 0;
        if (!page->readings.empty()) out.add(page->readings);
        progress.readings += page->readings.size();
        from = page->next.value_or(to);
    }
    progress.at(wanted.to);
    progress.end();
    return Exit::done;
}

}  // namespace

int history_command(Words words, Console& console) {
    auto options = options_for(
        "history", "Gets the past of a series from the peer that has it, from --from until --to");
    options.add_options()("peer", "the peer's JID", cxxopts::value<std::string>())(
        "name", "the series", cxxopts::value<std::string>())(
        "from", "the first time, as 2026-11-20 (UTC) or 2026-11-20T08:00:00+01:00",
        cxxopts::value<std::string>(), "TIME")("to",
                                               "the first time no longer wanted; now, if not "
                                               "given",
                                               cxxopts::value<std::string>(), "TIME")(
        "format", "csv, ndjson or senml", cxxopts::value<std::string>()->default_value("csv"))(
        "o,output", "write to that file; one that is there is gone on with behind its last reading",
        cxxopts::value<std::string>(), "FILE")("days", "how many days to ask for at once",
                                               cxxopts::value<int>()->default_value("31"), "N");
    options.parse_positional({"peer", "name"});
    options.positional_help("PEER NAME");
    const auto given = parse(options, words, console);
    if (!given) return Exit::done;
    Wanted wanted = wanted_from(*given);
    const auto format = reading_format_from((*given)["format"].as<std::string>());
    if (!format) throw UsageError("--format csv|ndjson|senml");
    const Config config = config_of(*given);
    if (given->count("output") == 0) {
        ReadingStream out(console.out, *format);
        const int code = fetch(config, wanted, out, console);
        out.finish();
        return code;
    }
    ReadingFile out((*given)["output"].as<std::string>(), *format, wanted.series.senml());
    if (out.last()) wanted.from = std::max(wanted.from, *out.last() + std::chrono::nanoseconds(1));
    if (wanted.from >= wanted.to) {
        console.err << "courant history: the file holds all of it already\n";
        return Exit::done;
    }
    return fetch(config, wanted, out, console);
}

}  // namespace courant::cli
