#include "proxy-core/catalog/catalog_element.hpp"

#include <utility>

#include "proxy-core/catalog/bounded_text.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/mailbox/body.hpp"
#include "senml/codec.hpp"

namespace courant {
namespace {

constexpr std::size_t longest_text = 1'024;
constexpr std::string_view sample_name = "sample";

void append_where_said(std::string& out, std::string_view key, std::string_view value) {
    if (!value.empty()) append_attribute(out, key, value);
}

void append_where_said(std::string& out, std::string_view key, const std::optional<Time>& time) {
    if (time) append_attribute(out, key, to_timestamp(*time));
}

void append_sample(std::string& out, const CatalogEntry& entry) {
    senml::Pack pack;
    const auto name = pack.intern_name(sample_name);
    const auto unit = entry.unit.empty() ? senml::no_unit : pack.intern_unit(entry.unit);
    for (const SeenValue& one : entry.sample) pack.add(name, unit, one.time, one.value);
    // A unit that is none in SenML was refused when readings with it were to be sent.
    if (const auto xml = senml::write(senml::Format::xml, pack)) out += *xml;
}

std::string series_element(const CatalogEntry& entry) {
    std::string out = "<series";
    append_attribute(out, "name", entry.series);
    append_where_said(out, "title", entry.title);
    append_where_said(out, "unit", entry.unit);
    if (entry.kind != senml::Kind::none) append_attribute(out, "kind", to_word(entry.kind));
    append_where_said(out, "meaning", entry.meaning);
    append_where_said(out, "period", entry.period);
    append_where_said(out, "from", entry.first);
    append_where_said(out, "to", entry.last);
    append_where_said(out, "licence", entry.licence);
    append_where_said(out, "price", entry.price);
    append_where_said(out, "conditions", entry.conditions);
    if (entry.grant) {
        append_attribute(out, "grant", entry.grant->id);
        append_where_said(out, "purpose", entry.grant->purpose);
        append_where_said(out, "history", entry.grant->history);
        append_where_said(out, "resolution", entry.grant->resolution);
        append_where_said(out, "until", entry.grant->until);
    }
    if (entry.sample.empty()) return out + "/>";
    out += '>';
    append_sample(out, entry);
    return out + "</series>";
}

std::vector<SeenValue> sample_in(const Element& series) {
    std::vector<SeenValue> sample;
    const Element* sensml = series.child("sensml", senml_namespace);
    senml::Pack pack;
    if (!sensml || !BodyReader().read(sensml->source, {}, pack)) return sample;
    for (const senml::Record& record : pack.records())
        if (record.kind == senml::Kind::number && sample.size() < SeriesSeen::most_latest)
            sample.push_back({record.time, record.number});
    return sample;
}

CatalogEntry entry_in(const Element& series) {
    const auto text = [&](std::string_view key) {
        return bounded(series.attribute(key), longest_text);
    };
    const auto time = [&](std::string_view key) { return from_timestamp(series.attribute(key)); };
    CatalogEntry entry{.series = text("name"),
                       .unit = text("unit"),
                       .kind = kind_from(series.attribute("kind")),
                       .title = text("title"),
                       .meaning = text("meaning"),
                       .period = text("period"),
                       .first = time("from"),
                       .last = time("to"),
                       .licence = text("licence"),
                       .price = text("price"),
                       .conditions = text("conditions"),
                       .grant = {},
                       .sample = sample_in(series)};
    if (!series.attribute("grant").empty())
        entry.grant = CatalogGrant{.id = text("grant"),
                                   .purpose = text("purpose"),
                                   .history = text("history"),
                                   .resolution = text("resolution"),
                                   .until = time("until")};
    return entry;
}

}  // namespace

std::string catalog_element(const CatalogPage& page, std::size_t most_bytes) {
    std::string inside;
    std::size_t written = 0;
    for (const CatalogEntry& entry : page.entries) {
        const std::string one = series_element(entry);
        if (written > 0 && inside.size() + one.size() > most_bytes) break;
        inside += one;
        ++written;
    }
    std::string out = "<catalog";
    append_attribute(out, "xmlns", courant_namespace);
    append_attribute(out, "count", std::to_string(written));
    if (page.more || written < page.entries.size())
        append_attribute(out, "next", page.entries[written - 1].series);
    return out + '>' + inside + "</catalog>";
}

tl::expected<CatalogPage, std::string> catalog_in(const Element& catalog) {
    CatalogPage page;
    for (const Element& child : catalog.children) {
        if (child.name != "series" || child.space != courant_namespace) continue;
        page.entries.push_back(entry_in(child));
        if (page.entries.back().series.empty())
            return tl::unexpected(std::string("a series without a name"));
    }
    const auto next = catalog.attribute("next");
    page.more = !next.empty();
    if (page.more && (page.entries.empty() || page.entries.back().series != next))
        return tl::unexpected("it goes on behind " + bounded(next, longest_text) +
                              ", which is not its last series");
    return page;
}

}  // namespace courant
