#include "proxy-core/federation/memory_stanza.hpp"

#include <algorithm>
#include <array>

#include "proxy-core/federation/stanza.hpp"

namespace courant {

namespace {

constexpr std::string_view blanks = " \t\r\n";

constexpr std::array<std::pair<std::string_view, char>, 5> entities{
    {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}};

std::string without_entities(std::string_view written) {
    std::string text;
    while (!written.empty()) {
        const auto entity = std::ranges::find_if(
            entities, [&](const auto& each) { return written.starts_with(each.first); });
        text += entity == entities.end() ? written.front() : entity->second;
        written.remove_prefix(entity == entities.end() ? 1 : entity->first.size());
    }
    return text;
}

std::string_view without_blanks(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    return text;
}

}  // namespace

StanzaHead::StanzaHead(std::string_view stanza) {
    std::string_view rest = without_blanks(stanza).substr(1);
    name_ = rest.substr(0, rest.find_first_of(" \t\r\n/>"));
    rest = without_blanks(rest.substr(name_.size()));
    while (!rest.empty() && rest.front() != '>' && rest.front() != '/') {
        const std::size_t equals = rest.find('=');
        std::string key(rest.substr(0, rest.find_first_of(" \t\r\n=")));
        rest = without_blanks(rest.substr(std::min(equals, rest.size() - 1) + 1));
        const std::size_t end = std::min(rest.find(rest.front(), 1), rest.size() - 1);
        attributes_.emplace_back(std::move(key), rest.substr(1, end - 1));
        rest = without_blanks(rest.substr(end + 1));
    }
    if (rest.starts_with('>')) content_ = rest.substr(1, rest.rfind("</") - 1);
}

std::string StanzaHead::attribute(std::string_view key) const {
    const auto found = std::ranges::find(attributes_, key, [](const auto& a) { return a.first; });
    return found == attributes_.end() ? "" : without_entities(found->second);
}

void StanzaHead::set(std::string_view key, std::string_view value) {
    std::erase_if(attributes_, [&](const auto& attribute) { return attribute.first == key; });
    if (value.empty()) return;
    std::string written;
    append_escaped(written, value);
    attributes_.emplace_back(key, written);
}

std::string StanzaHead::to_string(std::string_view more) const {
    std::string text = "<" + name_;
    for (const auto& [key, written] : attributes_) {
        // The value keeps the spelling it came with, so it keeps quotes that it does not hold.
        const char quote = written.find('\'') == std::string::npos ? '\'' : '"';
        text.append(" ").append(key).append(1, '=').append(1, quote).append(written).append(1,
                                                                                            quote);
    }
    if (content_.empty() && more.empty()) return text + "/>";
    text += ">" + content_;
    text += more;
    return text + "</" + name_ + ">";
}

}  // namespace courant
