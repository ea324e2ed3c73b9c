#include "adapters/linky-tic/meter.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "senml/name.hpp"
#include "senml/number.hpp"

namespace courant::linky {

namespace {

// CCASN and CCASN-1 share a series: the last few stamps, not only the last.
constexpr std::size_t remembered_stamps = 4;

bool is_blank(std::string_view text) {
    return text.find_first_not_of(' ') == std::string_view::npos;
}

std::string_view without_blanks_at_end(std::string_view text) {
    return text.substr(0, text.find_last_not_of(' ') + 1);
}

std::string as_text(const Group& group) {
    return escaped(group.label + ' ' + group.horodate + ' ' + group.data);
}

// The name that follows from the subject and the label's path.
std::string default_name(const Settings& settings, const Label& label) {
    const std::string subject = settings.text_or_empty("subject");
    if (subject.empty())
        throw settings.error("subject",
                             "must be given, unless every label in `series` has a name: whom the "
                             "meter is about, app@server/subject@server");
    const auto name = senml::Name::parse(fmt::format("{}/{}", subject, label.path));
    if (!name) throw settings.error("subject", name.error().what);
    return name->senml();
}

Refused refusal(const Group& group, std::string_view where, std::string_view part,
                std::string_view what) {
    return {.where = std::string(where),
            .reason = fmt::format("{}: \"{}\" {}", group.label, escaped(part), what),
            .payload = as_text(group)};
}

void add_value(const Group& group, const Label& label, senml::Time time, std::string_view name,
               std::string_view where, senml::Pack& readings, std::vector<Refused>& refused) {
    const auto id = readings.intern_name(name);
    if (label.content == Content::text)
        return readings.add_text(id, senml::no_unit, time, without_blanks_at_end(group.data));
    const auto value = senml::parse_scaled(group.data, 0);
    if (!value) {
        refused.push_back(refusal(group, where, group.data, "is no number"));
        return;
    }
    const auto unit = label.unit.empty() ? senml::no_unit : readings.intern_unit(label.unit);
    // Whole numbers of nine digits: the product is exact in a double.
    readings.add(id, unit, time, *value * static_cast<double>(label.factor));
}

}  // namespace

std::optional<Horodate> date_of(const Frame& frame) {
    for (const Group& group : frame.groups)
        if (group.label == "DATE") return parse_horodate(group.horodate);
    return std::nullopt;
}

Meter::Meter(const Settings& settings)
    : load_curve_period_(settings.duration("load_curve_period")) {
    if (settings.tables("series").empty())
        select_default(settings);
    else
        select(settings);
}

void Meter::select_default(const Settings& settings) {
    const bool texts = settings.flag("texts");
    for (const Label& label : known_labels()) {
        if (label.chosen == Chosen::no && !(texts && label.content == Content::text)) continue;
        selected_[std::string(label.label)] = {.label = &label,
                                               .name = default_name(settings, label)};
    }
}

void Meter::select(const Settings& settings) {
    for (const Settings& table : settings.tables("series")) {
        const Label* label = find_label(table.text("label"));
        if (label == nullptr)
            throw table.error(
                "label",
                fmt::format("\"{}\" is no label of the TIC that has a value; the adapter's "
                            "page lists them",
                            table.text("label")));
        const bool has_name = !table.text_or_empty("name").empty();
        selected_[std::string(label->label)] = {
            .label = label,
            .name = has_name ? series_name(table, "name") : default_name(settings, *label)};
    }
}

void Meter::translate(const Frame& frame, senml::Time time, std::string_view where,
                      Emitted& emitted, senml::Pack& readings,
                      std::vector<Refused>& refused) const {
    if (frame.ending == Ending::withdrawn) return;
    for (const Group& group : frame.groups) {
        const auto found = selected_.find(group.label);
        if (found == selected_.end() || is_blank(group.data)) continue;
        const Label& label = *found->second.label;
        if (label.stamp != Stamp::frame && !is_blank(group.horodate) &&
            !parse_horodate(group.horodate)) {
            refused.push_back(refusal(group, where, group.horodate, "is no horodate"));
            continue;
        }
        if (const auto at = time_of(group, label, time, emitted))
            add_value(group, label, *at, found->second.name, where, readings, refused);
    }
}

std::optional<senml::Time> Meter::time_of(const Group& group, const Label& label,
                                          senml::Time frame_time, Emitted& emitted) const {
    if (label.stamp == Stamp::frame) return frame_time;
    const auto horodate = parse_horodate(group.horodate);
    if (!horodate) return std::nullopt;  // the meter has no value yet
    auto& stamps = emitted[std::string(label.path)];
    if (std::find(stamps.begin(), stamps.end(), group.horodate) != stamps.end())
        return std::nullopt;
    stamps.push_back(group.horodate);
    if (stamps.size() > remembered_stamps) stamps.erase(stamps.begin());
    if (label.stamp == Stamp::own) return horodate->time;
    return horodate->time - (label.period.count() > 0 ? label.period : load_curve_period_);
}

void Meter::refuse_damage(const Frame& frame, std::string_view where,
                          std::vector<Refused>& refused) const {
    for (const BadGroup& bad : frame.bad)
        refused.push_back(
            {.where = std::string(where), .reason = bad.reason, .payload = escaped(bad.bytes)});
    if (frame.ending != Ending::withdrawn) return;
    std::string payload;
    for (const Group& group : frame.groups) payload += as_text(group) + '\n';
    refused.push_back({.where = std::string(where),
                       .reason = "the meter broke the frame off (EOT)",
                       .payload = std::move(payload)});
}

}  // namespace courant::linky
