#include "senml/name.hpp"

#include <algorithm>
#include <array>

#include "senml/detail/text.hpp"

namespace courant::senml {

namespace {

using Text = tl::expected<std::string, NameFault>;

enum class Spelling { people, senml };

tl::unexpected<NameFault> fault(std::string what) {
    return tl::unexpected(NameFault{std::move(what)});
}

constexpr std::string_view hex_digits = "0123456789ABCDEF";

int hex_value(char digit) {
    const auto at = hex_digits.find(digit);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

bool escape_at(std::string_view text, std::size_t colon) {
    return text.size() - colon > 2 && hex_value(text[colon + 1]) >= 0 &&
           hex_value(text[colon + 2]) >= 0;
}

void append_escape(std::string& out, char byte) {
    const auto value = static_cast<unsigned char>(byte);
    out += ':';
    out += hex_digits[value >> 4];
    out += hex_digits[value & 0x0F];
}

std::string lower_case(std::string_view text) {
    std::string lower{text};
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

// Takes the escapes out of a local part or a level; `part` names it in the fault.
Text unescape(std::string_view text, Spelling spelling, const std::string& part) {
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == ':' && escape_at(text, i)) {
            plain += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        } else if (spelling == Spelling::senml && c == ':') {
            return fault(part + " has a ':' without two upper-case hex digits after it");
        } else if (spelling == Spelling::senml && !detail::is_name_byte(c)) {
            return fault(part + " has a character that must be written ':XX' in SenML spelling");
        } else {
            plain += c;
        }
    }
    if (detail::find_bad_utf8(plain) != std::string::npos) return fault(part + " is not UTF-8");
    return plain;
}

Text read_domain(std::string_view text, const std::string& part) {
    if (text.empty()) return fault(part + " is empty");
    for (const char c : text) {
        if (!detail::is_alphanumeric(c) && c != '-' && c != '.' && c != '_') {
            return fault(part + " is no domain; write international ones as xn--…");
        }
    }
    if (text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos) {
        return fault(part + " is no domain: it has an empty label");
    }
    return lower_case(text);
}

struct Identity {
    std::string local;
    std::string domain;
};

// "zabbix@lorient.example" or "zabbix:lorient.example"; `who` is "the app" or "the subject".
tl::expected<Identity, NameFault> read_identity(std::string_view text, Spelling spelling,
                                                const std::string& who) {
    if (text.empty()) return fault(who + " is empty");
    const bool people = spelling == Spelling::people;
    const auto border = people ? text.find('@') : text.rfind(':');
    if (border == std::string_view::npos) {
        return fault(who + " has no server: expected " +
                     (people ? "local@server" : "local:server"));
    }
    const std::string_view local = text.substr(0, border);
    if (local.empty()) return fault(who + "'s local part is empty");
    auto domain = read_domain(text.substr(border + 1), who + "'s server");
    if (!domain) return tl::unexpected(domain.error());
    auto plain = unescape(local, spelling, who + "'s local part");
    if (!plain) return tl::unexpected(plain.error());
    return Identity{std::move(*plain), std::move(*domain)};
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto slash = text.find('/');
        parts.push_back(text.substr(0, slash));
        if (slash == std::string_view::npos) return parts;
        text.remove_prefix(slash + 1);
    }
}

void append_senml(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (detail::is_name_byte(c) && c != ':' && c != '/') {
            out += c;
        } else {
            append_escape(out, c);
        }
    }
}

// `also` holds the separators of this part, which cannot stand for themselves in it.
void append_people(std::string& out, std::string_view text, std::string_view also) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = text[i];
        const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
        const bool looks_escaped = c == ':' && escape_at(text, i);
        if (control || looks_escaped || also.find(c) != std::string_view::npos) {
            append_escape(out, c);
        } else {
            out += c;
        }
    }
}

}  // namespace

tl::expected<Name, NameFault> Name::parse(std::string_view text) {
    if (text.empty()) return fault("the name is empty");
    if (detail::find_bad_utf8(text) != std::string_view::npos)
        return fault("the name is not UTF-8");
    const auto parts = split(text);
    const bool at = parts[0].find('@') != std::string_view::npos;
    const Spelling spelling = at ? Spelling::people : Spelling::senml;
    auto app = read_identity(parts[0], spelling, "the app");
    if (!app) return tl::unexpected(app.error());
    // An escape would begin with `:`, which no SenML name may begin with.
    if (!detail::is_alphanumeric(app->local.front()))
        return fault("the app's local part must begin with a letter or digit (RFC 8428 4.5.1)");
    if (parts.size() < 2)
        return fault("the subject is missing: expected app@server/subject@server/level");
    auto subject = read_identity(parts[1], spelling, "the subject");
    if (!subject) return tl::unexpected(subject.error());
    if (parts.size() < 3) return fault("there is no level after the subject");
    Name name;
    for (std::size_t i = 2; i < parts.size(); ++i) {
        const std::string level = "level " + std::to_string(i - 1);
        if (parts[i].empty()) return fault(level + " is empty");
        auto plain = unescape(parts[i], spelling, level);
        if (!plain) return tl::unexpected(plain.error());
        name.path_.push_back(std::move(*plain));
    }
    name.app_ = lower_case(app->local);
    name.app_server_ = std::move(app->domain);
    name.subject_ = std::move(subject->local);
    name.subject_server_ = std::move(subject->domain);
    const std::size_t size = name.senml().size();
    if (size > max_size) {
        return fault("the name is " + std::to_string(size) +
                     " bytes long in SenML spelling; at most " + std::to_string(max_size) +
                     " are allowed");
    }
    return name;
}

std::string Name::people() const {
    std::string text;
    append_people(text, app_, "/@");
    text += '@' + app_server_ + '/';
    append_people(text, subject_, "/@");
    text += '@' + subject_server_;
    for (const auto& level : path_) {
        text += '/';
        append_people(text, level, "/");
    }
    return text;
}

std::string Name::senml() const {
    std::string text;
    append_senml(text, app_);
    text += ':' + app_server_ + '/';
    append_senml(text, subject_);
    text += ':' + subject_server_;
    for (const auto& level : path_) {
        text += '/';
        append_senml(text, level);
    }
    return text;
}

}  // namespace courant::senml
