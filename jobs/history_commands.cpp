#include "jobs/history_commands.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/federation/quoalise.hpp"
#include "senml/codec.hpp"
#include "senml/name.hpp"

namespace courant {
namespace {

using Kind = CommandRefusal::Kind;

CommandOutcome refused(Kind kind, std::string text) {
    return tl::unexpected(CommandRefusal{.kind = kind, .text = std::move(text)});
}

CommandOutcome bad(std::string text) {
    return refused(Kind::bad_request, std::move(text));
}

/// A range, or what is wrong with the fields that should say it.
tl::expected<HistoryRange, std::string> range_in(const Form& form, std::string_view from_field,
                                                 std::string_view to_field) {
    HistoryRange range;
    for (const auto& [field, time] : {std::pair{from_field, &range.from}, {to_field, &range.to}}) {
        const auto text = form.value(field);
        const auto read = time_from_people(text);
        if (!read)
            return tl::unexpected(fmt::format(
                "{}: \"{}\" is no time; one looks like 2026-11-20T00:00:00+01:00", field, text));
        *time = *read;
    }
    if (range.to <= range.from)
        return tl::unexpected(fmt::format("{} must be after {}", to_field, from_field));
    return range;
}

// --- ours

CommandOutcome page_answer(const std::string& series, const HistoryRange& range,
                           const HistoryPage& page) {
    CommandAnswer answer;
    answer.form = {.type = Form::Type::result,
                   .title = "History",
                   .fields = {{.var = "readings",
                               .label = series,
                               .values = {std::to_string(page.readings.size())},
                               .type = "fixed"}}};
    answer.payload = "<history";
    append_attribute(answer.payload, "xmlns", courant_namespace);
    append_attribute(answer.payload, "series", series);
    append_attribute(answer.payload, "from", to_timestamp(range.from));
    append_attribute(answer.payload, "to", to_timestamp(range.to));
    append_attribute(answer.payload, "count", std::to_string(page.readings.size()));
    if (page.next) append_attribute(answer.payload, "next", to_timestamp(*page.next));
    answer.payload += '>';
    if (!page.readings.empty()) {
        const auto xml = senml::write(senml::Format::xml, page.readings);
        if (!xml) return refused(Kind::failed, "a reading cannot be written: " + xml.error().what);
        answer.payload += *xml;
    }
    answer.payload += "</history>";
    return answer;
}

void run_history(HistoryDesk& desk, CommandQuestion question, CommandReply reply) {
    const auto series = senml::Name::parse(question.form.value("series"));
    if (!series) return reply(bad("series: " + series.error().what));
    auto range = range_in(question.form, "from", "to");
    if (!range) return reply(bad(range.error()));
    range->series = series->senml();
    desk.ask({.asker = question.asker, .range = *range, .stop = question.stop},
             [name = series->people(), range = *range, reply](HistoryOutcome outcome) {
                 if (!outcome) return reply(tl::unexpected(std::move(outcome.error())));
                 reply(page_answer(name, range, *outcome));
             });
}

// --- Quoalise

// What the deployed servers suggest: yesterday, as the clocks of Paris have it.
std::pair<Time, Time> yesterday(Time now) {
    const auto* paris = date::locate_zone("Europe/Paris");
    const auto local =
        paris->to_local(date::sys_time<std::chrono::nanoseconds>(now.time_since_epoch()));
    const auto today = date::floor<date::days>(local);
    const auto at = [&](date::local_days day) {
        return Time(paris->to_sys(day, date::choose::earliest).time_since_epoch());
    };
    return {at(today - date::days(1)), at(today)};
}

CommandOutcome client_answer(const QuoaliseName& name, const HistoryPage& page) {
    if (page.next)
        return bad(
            fmt::format("the range holds more than fits into one answer: {} readings until "
                        "{}, and more after; ask for a shorter one",
                        page.readings.size(), to_timestamp(*page.next)));
    const auto records = page.readings.records();
    const bool numbers = std::all_of(records.begin(), records.end(), [](const auto& record) {
        return record.kind == senml::Kind::number;
    });
    if (!numbers) return bad(name.identifier + " holds texts, which your client cannot read");
    const bool one_unit = std::all_of(records.begin(), records.end(), [&](const auto& record) {
        return record.unit == records.front().unit;
    });
    if (!one_unit)
        return bad("the unit of " + name.identifier +
                   " changes within the range; ask for a shorter one");
    CommandAnswer answer;
    answer.form = {.type = Form::Type::result,
                   .title = "Get history",
                   .fields = {{.var = "result",
                               .label = "Get " + name.identifier,
                               .values = {"Success"},
                               .type = "fixed"}}};
    std::vector<std::size_t> all(records.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    append_quoalise(answer.payload, name.identifier, name.series, page.readings, all);
    return answer;
}

void run_quoalise(HistoryDesk& desk, const std::vector<QuoaliseName>& names,
                  CommandQuestion question, CommandReply reply) {
    const auto identifier = question.form.value("identifier");
    const auto name = std::find_if(names.begin(), names.end(), [&](const QuoaliseName& candidate) {
        return candidate.identifier == identifier;
    });
    if (name == names.end())
        return reply(bad(fmt::format("{} measurement is not known",
                                     identifier.empty() ? "an unnamed" : identifier)));
    // The client leaves out what its user did not say.
    const auto [from, to] = yesterday(question.now);
    Form form = question.form;
    if (form.value("start_time").empty())
        form.fields.insert(form.fields.begin(),
                           {.var = "start_time", .values = {to_timestamp(from)}});
    if (form.value("end_time").empty())
        form.fields.insert(form.fields.begin(), {.var = "end_time", .values = {to_timestamp(to)}});
    auto range = range_in(form, "start_time", "end_time");
    if (!range) return reply(bad(range.error()));
    range->series = name->series;
    desk.ask({.asker = question.asker, .range = *range, .stop = question.stop},
             [name = *name, reply](HistoryOutcome outcome) {
                 if (outcome) return reply(client_answer(name, *outcome));
                 CommandRefusal refusal = std::move(outcome.error());
                 // Of all conditions it understands this one, and shows its text.
                 if (refusal.kind == Kind::forbidden) refusal.kind = Kind::not_authorized;
                 reply(tl::unexpected(std::move(refusal)));
             });
}

}  // namespace

Command history_command(HistoryDesk& desk, const Jid& self) {
    return {.node = std::string(history_node),
            .title = "History",
            .may_run = peers_only(self),
            .form =
                [](Time now) {
                    const auto [from, to] = yesterday(now);
                    return Form{.title = "History",
                                .fields = {{.var = "series",
                                            .label = "Series",
                                            .description = "app@server/subject@server/level",
                                            .required = true},
                                           {.var = "from",
                                            .label = "From",
                                            .values = {to_timestamp(from)},
                                            .required = true},
                                           {.var = "to",
                                            .label = "To, and not at it",
                                            .values = {to_timestamp(to)},
                                            .required = true}}};
                },
            .run =
                [&desk](CommandQuestion question, CommandReply reply) {
                    run_history(desk, std::move(question), std::move(reply));
                }};
}

Command quoalise_history_command(HistoryDesk& desk, const Jid& self,
                                 std::vector<QuoaliseName> names) {
    const std::string first = names.empty() ? std::string() : names.front().identifier;
    return {.node = std::string(quoalise_history_node),
            .title = "Get history",
            .may_run = peers_only(self, Kind::not_authorized),
            .form =
                [first](Time now) {
                    const auto [from, to] = yesterday(now);
                    return Form{.title = "Get history",
                                .fields = {{.var = "identifier",
                                            .label = "Identifier",
                                            .values = {first},
                                            .required = true},
                                           {.var = "start_time",
                                            .label = "Start date",
                                            .values = {to_timestamp(from)},
                                            .description = "ISO 8601",
                                            .required = true},
                                           {.var = "end_time",
                                            .label = "End date",
                                            .values = {to_timestamp(to)},
                                            .description = "ISO 8601",
                                            .required = true}}};
                },
            .run =
                [&desk, names = std::move(names)](CommandQuestion question, CommandReply reply) {
                    run_quoalise(desk, names, std::move(question), std::move(reply));
                }};
}

}  // namespace courant
