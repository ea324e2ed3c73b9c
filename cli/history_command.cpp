// `courant history`: the past of a series, asked from the peer that has it.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <ostream>
#include <utility>

#include "cli/command.hpp"
#include "cli/history/answer.hpp"
#include "cli/history/asking_session.hpp"
#include "cli/history/gaps.hpp"
#include "cli/history/reading_file.hpp"
#include "cli/signals.hpp"
#include "jobs/history_commands.hpp"
#include "proxy-core/config/duration.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/mailbox/lane_id.hpp"
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
    /// Our name for all of it.
    std::string request;
    /// How far apart its readings are, where the user wants to hear of gaps.
    std::optional<std::chrono::nanoseconds> period;
};

/// What went wrong, and whether asking again is worth it.
struct Trouble {
    std::string text;
    Retry retry = Retry::useless;
};

std::optional<std::chrono::nanoseconds> period_of(const cxxopts::ParseResult& given) {
    const std::string text = text_of(given, "gaps");
    if (text.empty()) return std::nullopt;
    if (!is_iso_duration(text)) throw UsageError("--gaps PERIOD, as PT30M or P1D");
    return nominal_length(text);
}

Wanted wanted_from(const cxxopts::ParseResult& given) {
    if (given.count("peer") == 0 || given.count("name") == 0 || given.count("from") == 0)
        throw UsageError("history PEER NAME --from TIME");
    auto series = senml::Name::parse(given["name"].as<std::string>());
    if (!series)
        throw UsageError(
            fmt::format("{}: {}", given["name"].as<std::string>(), series.error().what));
    const auto peer = Jid::parse(given["peer"].as<std::string>());
    if (!peer) throw UsageError(given["peer"].as<std::string>() + " is no JID");
    const Time now = std::chrono::system_clock::now();
    Wanted wanted{.peer = *peer,
                  .series = std::move(*series),
                  .from = *moment(given, "from"),
                  .to = moment(given, "to").value_or(now),
                  .portion = std::chrono::days(given["days"].as<int>()),
                  .request = make_lane_id(now).value,
                  .period = period_of(given)};
    if (wanted.to <= wanted.from) throw UsageError("--to must be after --from");
    if (wanted.portion < std::chrono::hours(24)) throw UsageError("--days must be 1 or more");
    return wanted;
}

/// Tells how far it is, on a terminal.
class Progress {
  public:
    Progress(const Wanted& wanted, std::ostream& err)
        : wanted_(wanted), err_(err), shown_(::isatty(STDERR_FILENO) == 1) {}

    void at(Time time, std::int64_t readings) const {
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

  private:
    const Wanted& wanted_;
    std::ostream& err_;
    bool shown_;
};

/// One request, from its first page to its end.
template <class Out>
class Fetch {
  public:
    Fetch(const Config& config, const Wanted& wanted, Out& out, Console& console,
          const Signals& signals)
        : wanted_(wanted),
          out_(out),
          console_(console),
          signals_(signals),
          session_(config, "history"),
          progress_(wanted, console.err),
          gaps_(wanted.period, wanted.from, console.err) {}

    // Gets the range portion by portion. Once the peer has answered, each further one is asked for
    // a few times: sessions break, and apps are busy.
    int run() {
        constexpr int tries = 5;
        int failures = tries;  // the first question is asked once
        for (Time from = wanted_.from; from < wanted_.to;) {
            progress_.at(from, so_far_.readings);
            const Time to = std::min(wanted_.to, from + wanted_.portion);
            const auto page = ask(from, to);
            if (stopped_) return cancel(from);
            if (!page) {
                if (page.error().retry == Retry::worthwhile && ++failures < tries) {
                    pause(std::chrono::seconds(failures));
                    continue;
                }
                progress_.end();
                console_.err << "courant history: " << one_line(page.error().text) << '\n';
                return Exit::failed;
            }
            failures = 0;
            if (page->after) {
                wait_for(*page->after);
                continue;
            }
            if (!page->readings.empty()) out_.add(page->readings);
            gaps_.look_at(page->readings);
            from = page->next.value_or(to);
        }
        progress_.at(wanted_.to, so_far_.readings);
        progress_.end();
        gaps_.end(wanted_.to);
        tell_end();
        return Exit::done;
    }

  private:
    tl::expected<HistoryAnswer, Trouble> ask(Time from, Time to) {
        const auto field = [](std::string_view var, std::string value) {
            return FormField{.var = std::string(var), .values = {std::move(value)}};
        };
        const auto result =
            question({field("series", wanted_.series.people()), field("from", to_timestamp(from)),
                      field("to", to_timestamp(to)), field("request", wanted_.request),
                      field("until", to_timestamp(wanted_.to)),
                      field("readings", std::to_string(so_far_.readings)),
                      field("digest", so_far_.digest.text())},
                     [this] { return is_stopped(); });
        if (!result)
            return tl::unexpected(Trouble{result.error().text, result.error().worth_retrying()
                                                                   ? Retry::worthwhile
                                                                   : Retry::useless});
        auto answer = history_answer(*result, {wanted_.series.senml(), from, to}, so_far_);
        if (!answer)
            return tl::unexpected(Trouble{fmt::format("{}: its answer cannot be used: {}",
                                                      wanted_.peer.to_string(), answer.error())});
        return std::move(*answer);
    }

    CommandResult question(std::vector<FormField> fields, const std::function<bool()>& stopped) {
        return session_.ask({.to = wanted_.peer,
                             .node = std::string(history_node),
                             .form = Form{.type = Form::Type::submit, .fields = std::move(fields)}},
                            stopped);
    }

    // Ctrl-C: the peer is told, so that its app does not go on for nobody. What has arrived stays.
    int cancel(Time through) {
        progress_.end();
        std::string told = "and the peer knows";
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(5);
        const auto result = question({{.var = "cancel", .values = {wanted_.request}}},
                                     [&] { return std::chrono::steady_clock::now() > patience; });
        if (!result) told = "and the peer could not be told: " + one_line(result.error().text);
        console_.err << fmt::format("courant history: cancelled at {} with {} readings, {}\n",
                                    to_timestamp_for_people(through), so_far_.readings, told);
        return Exit::failed;
    }

    void wait_for(Time time) {
        console_.err << fmt::format("courant history: the peer's app may be asked again at {}\n",
                                    to_timestamp_for_people(time));
        // Clocks differ; who is early is told again, and not more than once a second.
        const auto left = time - std::chrono::system_clock::now();
        pause(std::max(std::chrono::ceil<std::chrono::milliseconds>(left),
                       std::chrono::milliseconds(1000)));
    }
    void pause(std::chrono::milliseconds span) {
        if (span > std::chrono::milliseconds(0) && signals_.wait(span) == Wish::stop)
            stopped_ = true;
    }
    bool is_stopped() {
        if (signals_.wait(std::chrono::milliseconds(0)) == Wish::stop) stopped_ = true;
        return stopped_;
    }

    void tell_end() {
        console_.err << fmt::format(
            "courant history: {} readings, {}\n", so_far_.readings,
            so_far_.confirmed ? "as the peer counted and digested them: " + so_far_.digest.text()
                              : "which the peer has not digested");
    }

    const Wanted& wanted_;
    Out& out_;
    Console& console_;
    const Signals& signals_;
    AskingSession session_;
    Progress progress_;
    Gaps gaps_;
    HistoryTally so_far_;
    bool stopped_ = false;
};

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
                                               cxxopts::value<int>()->default_value("31"), "N")(
        "gaps", "tell on stderr where readings are missing that should be so far apart: PT30M",
        cxxopts::value<std::string>(), "PERIOD");
    options.parse_positional({"peer", "name"});
    options.positional_help("PEER NAME");
    const auto given = parse(options, words, console);
    if (!given) return Exit::done;
    Wanted wanted = wanted_from(*given);
    const auto format = reading_format_from((*given)["format"].as<std::string>());
    if (!format) throw UsageError("--format csv|ndjson|senml");
    const Config config = config_of(*given);
    const Signals signals;
    if (given->count("output") == 0) {
        ReadingStream out(console.out, *format);
        const int code = Fetch(config, wanted, out, console, signals).run();
        out.finish();
        return code;
    }
    ReadingFile out((*given)["output"].as<std::string>(), *format, wanted.series.senml());
    if (out.last()) wanted.from = std::max(wanted.from, *out.last() + std::chrono::nanoseconds(1));
    if (wanted.from >= wanted.to) {
        console.err << "courant history: the file holds all of it already\n";
        return Exit::done;
    }
    return Fetch(config, wanted, out, console, signals).run();
}

}  // namespace courant::cli
