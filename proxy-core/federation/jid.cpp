#include "proxy-core/federation/jid.hpp"

#include <algorithm>

namespace courant {
namespace {

constexpr std::size_t max_part = 1023;  // RFC 7622 section 3.1

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lowered(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

bool is_control_or_space(char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
}

// RFC 7622 section 3.3.1: what a local part may not hold.
bool is_local(std::string_view text) {
    return !text.empty() && text.size() <= max_part &&
           std::none_of(text.begin(), text.end(), [](char c) {
               return is_control_or_space(c) ||
                      std::string_view("\"&'/:<>@").find(c) != std::string_view::npos;
           });
}

bool is_domain(std::string_view text) {
    return !text.empty() && text.size() <= max_part && text.front() != '.' && text.front() != '-' &&
           text.find("..") == std::string_view::npos &&
           std::none_of(text.begin(), text.end(), [](char c) {
               return is_control_or_space(c) ||
                      std::string_view("\"&'/<>@_").find(c) != std::string_view::npos;
           });
}

}  // namespace

std::optional<Jid> Jid::parse(std::string_view text) {
    auto jid = parse_any(text);
    return jid && !jid->local_.empty() ? jid : std::nullopt;
}

std::optional<Jid> Jid::parse_any(std::string_view text) {
    Jid jid;
    const auto slash = text.find('/');
    if (slash != std::string_view::npos) {
        const auto resource = text.substr(slash + 1);
        if (resource.empty() || resource.size() > max_part) return std::nullopt;
        if (std::any_of(resource.begin(), resource.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }))
            return std::nullopt;
        jid.resource_ = resource;
        text = text.substr(0, slash);
    }
    if (const auto at = text.find('@'); at != std::string_view::npos) {
        if (!is_local(text.substr(0, at))) return std::nullopt;
        jid.local_ = lowered(text.substr(0, at));
        text.remove_prefix(at + 1);
    }
    auto domain = text;
    if (domain.ends_with('.'))
        domain.remove_suffix(1);  // a fully qualified domain is the same domain
    if (!is_domain(domain)) return std::nullopt;
    jid.domain_ = lowered(domain);
    return jid;
}

Jid Jid::bare() const {
    Jid jid = *this;
    jid.resource_.clear();
    return jid;
}

std::string Jid::to_string() const {
    std::string out = local_.empty() ? domain_ : local_ + '@' + domain_;
    if (!resource_.empty()) out += '/' + resource_;
    return out;
}

}  // namespace courant
