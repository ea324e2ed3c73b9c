#include "proxy-core/catalog/card.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "proxy-core/catalog/bounded_text.hpp"
#include "proxy-core/federation/protocol.hpp"

namespace courant {
namespace {

using nlohmann::ordered_json;

using Text = std::pair<std::string_view, std::string Card::*>;
constexpr Text texts[] = {{"name", &Card::name},
                          {"contact", &Card::contact},
                          {"website", &Card::website},
                          {"place", &Card::place},
                          {"code_of_conduct", &Card::code_of_conduct},
                          {"dpo", &Card::dpo},
                          {"complaint_authority", &Card::complaint_authority}};

/// A coordinate, and how far it goes both ways.
struct Degrees {
    std::string_view key;
    std::optional<double> Card::*value;
    double most;
};
constexpr Degrees degrees[] = {{"latitude", &Card::latitude, 90},
                               {"longitude", &Card::longitude, 180}};

/// All that a card says, as keys and texts.
std::vector<std::pair<std::string_view, std::string>> said(const Card& card) {
    std::vector<std::pair<std::string_view, std::string>> all;
    for (const auto& [key, member] : texts)
        if (!(card.*member).empty()) all.emplace_back(key, card.*member);
    for (const auto& [key, member, most] : degrees)
        if (card.*member) all.emplace_back(key, fmt::format("{}", *(card.*member)));
    all.emplace_back("listed", card.listed ? "true" : "false");
    return all;
}

/// A card from the texts of its keys; what `text_of` has nothing of is empty.
template <class TextOf>
Card card_from(TextOf text_of) {
    Card card;
    for (const auto& [key, member] : texts) card.*member = bounded(text_of(key), longest_card_text);
    for (const auto& [key, member, most] : degrees) {
        const std::string text(text_of(key));
        double value = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
        if (read.ec == std::errc{} && read.ptr == text.data() + text.size() &&
            std::abs(value) <= most)
            card.*member = value;
    }
    if (!card.latitude || !card.longitude) card.latitude = card.longitude = std::nullopt;
    const std::string listed(text_of("listed"));
    card.listed = listed == "true" || listed == "1";
    return card;
}

}  // namespace

Form card_form(const Card& card) {
    Form form{.type = Form::Type::result, .title = {}, .fields = {}};
    form.fields.push_back(
        {.var = "FORM_TYPE", .values = {std::string(organisation_form)}, .type = "hidden"});
    for (auto& [key, text] : said(card))
        form.fields.push_back({.var = std::string(key),
                               .values = {std::move(text)},
                               .type = key == "listed" ? "boolean" : "text-single"});
    return form;
}

std::string card_element(const Card& card, const std::optional<Jid>& jid) {
    std::string out = "<organisation";
    append_attribute(out, "xmlns", courant_namespace);
    if (jid) append_attribute(out, "jid", jid->to_string());
    for (const auto& [key, text] : said(card)) append_attribute(out, key, text);
    return out + "/>";
}

Card card_in(const Element& organisation) {
    return card_from([&](std::string_view key) { return organisation.attribute(key); });
}

std::string to_json(const RememberedCard& remembered) {
    ordered_json json{{"at", to_timestamp(remembered.at)}};
    for (const auto& [key, text] : said(remembered.card)) json[std::string(key)] = text;
    return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::optional<RememberedCard> card_from_json(std::string_view text) {
    const auto json = ordered_json::parse(text, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    const auto value = [&](std::string_view key) {
        const auto found = json.find(std::string(key));
        return found != json.end() && found->is_string() ? found->get<std::string>()
                                                         : std::string();
    };
    const auto at = from_timestamp(value("at"));
    if (!at) return std::nullopt;
    return RememberedCard{card_from(value), *at};
}

std::string directory_element(const DirectoryPage& page, std::size_t most_bytes) {
    std::string inside;
    std::size_t written = 0;
    for (const Listed& one : page.organisations) {
        const std::string element = card_element(one.card, one.jid);
        if (written > 0 && inside.size() + element.size() > most_bytes) break;
        inside += element;
        ++written;
    }
    std::string out = "<directory";
    append_attribute(out, "xmlns", courant_namespace);
    append_attribute(out, "count", std::to_string(written));
    if (page.more || written < page.organisations.size())
        append_attribute(out, "next", page.organisations[written - 1].jid.to_string());
    return out + '>' + inside + "</directory>";
}

DirectoryPage directory_in(const Element& directory) {
    DirectoryPage page;
    for (const Element& child : directory.children) {
        if (child.name != "organisation" || child.space != courant_namespace) continue;
        const auto jid = Jid::parse(child.attribute("jid"));
        if (jid) page.organisations.push_back({jid->bare(), card_in(child)});
    }
    page.more = !directory.attribute("next").empty();
    return page;
}

}  // namespace courant
