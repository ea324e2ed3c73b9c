// The part of XmlReader that reads names, attributes and references, and resolves prefixes.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <numeric>

#include "senml/detail/scan.hpp"
#include "senml/detail/text.hpp"
#include "senml/detail/xml/names.hpp"
#include "senml/xml_reader.hpp"

namespace courant::senml {

namespace {

constexpr std::string_view xml_namespace = "http://www.w3.org/XML/1998/namespace";
constexpr std::string_view xmlns_namespace = "http://www.w3.org/2000/xmlns/";
constexpr std::size_t most_bindings = 256;  // looked through for every prefix
constexpr std::size_t few_attributes = 16;  // up to here comparing all pairs is the cheapest

}  // namespace

std::optional<XmlReader::QualifiedName> XmlReader::read_name() {
    const std::size_t begin = position_;
    std::size_t end = detail::find_name_end(text_in_, begin);
    if (end == begin) {
        fail("a name is expected");
        return std::nullopt;
    }
    QualifiedName name;
    name.local = text_in_.substr(begin, end - begin);
    if (end < text_in_.size() && text_in_[end] == ':') {
        const std::size_t local = end + 1;
        end = detail::find_name_end(text_in_, local);
        if (end == local || (end < text_in_.size() && text_in_[end] == ':')) {
            fail("a name with a misplaced colon");
            return std::nullopt;
        }
        name.prefix = name.local;
        name.local = text_in_.substr(local, end - local);
    }
    name.whole = text_in_.substr(begin, end - begin);
    position_ = end;
    return name;
}

// All attributes up to the end of the tag.
bool XmlReader::read_attributes() {
    raw_attributes_.clear();
    scratch_.clear();
    prefixes_used_ = false;
    for (;;) {
        const bool apart = skip_blanks();
        const char c = peek();
        if (c == '>') {
            ++position_;
            return true;
        }
        if (c == '/') {
            if (!looking_at("/>")) return refuse("a '/' that ends no tag");
            position_ += 2;
            close_empty_ = true;
            return true;
        }
        if (at_end()) return refuse("the text ends inside a tag");
        if (!apart) return refuse("attributes without a blank between them");
        if (!read_attribute()) return false;
    }
}

bool XmlReader::read_attribute() {
    const std::size_t offset = position_;
    const auto name = read_name();
    if (!name) return false;
    if (peek() != '=') skip_blanks();
    if (peek() != '=') return refuse("an attribute without value");
    ++position_;
    if (peek() != '"') skip_blanks();
    const auto value = read_value();
    if (!value) return false;
    prefixes_used_ = prefixes_used_ || !name->prefix.empty() || name->local == "xmlns";
    raw_attributes_.push_back({*name, *value, offset});
    return true;
}

std::optional<std::string_view> XmlReader::read_value() {
    const char quote = peek();
    if (quote != '"' && quote != '\'') {
        fail("an attribute value without quotes");
        return std::nullopt;
    }
    const std::size_t begin = ++position_;
    const char* const text = text_in_.data();
    const char* const end = text + text_in_.size();
    const char* p = quote == '"' ? detail::find_any<'"', '&', '<'>(text + begin, end)
                                 : detail::find_any<'\'', '&', '<'>(text + begin, end);
    if (p != end && *p == quote) {
        position_ = static_cast<std::size_t>(p - text) + 1;
        return text_in_.substr(begin, position_ - 1 - begin);
    }
    while (p != end && *p != quote && *p != '<') ++p;
    position_ = static_cast<std::size_t>(p - text);
    if (p == end || *p == '<') {
        fail(p == end ? "an attribute value without end" : "'<' in an attribute value");
        return std::nullopt;
    }
    const std::size_t decoded = scratch_.size();
    if (!normalise_value(quote, begin)) return std::nullopt;
    return std::string_view{scratch_}.substr(decoded);
}

// XML 1.0 section 3.3.3: each blank that is written as such becomes a space, a line end counts as
// one.
bool XmlReader::normalise_value(char quote, std::size_t begin) {
    // What is decoded is never longer than what was written: with this much room no view moves.
    if (scratch_.capacity() < text_in_.size()) scratch_.reserve(text_in_.size());
    position_ = begin;
    while (text_in_[position_] != quote) {
        const char c = text_in_[position_];
        if (c == '&') {
            if (!append_reference()) return false;
            continue;
        }
        const bool blank = c == '\t' || c == '\n' || c == '\r';
        scratch_ += blank ? ' ' : c;
        position_ += looking_at("\r\n") ? 2 : 1;
    }
    ++position_;
    return true;
}

bool XmlReader::append_reference() {
    const auto semicolon = text_in_.find(';', position_);
    if (semicolon == std::string_view::npos) return refuse("'&' that begins no reference");
    const std::string_view name = text_in_.substr(position_ + 1, semicolon - position_ - 1);
    if (name.starts_with('#')) {
        if (!append_character_reference(name.substr(1))) return false;
    } else if (name == "lt") {
        scratch_ += '<';
    } else if (name == "gt") {
        scratch_ += '>';
    } else if (name == "amp") {
        scratch_ += '&';
    } else if (name == "quot") {
        scratch_ += '"';
    } else if (name == "apos") {
        scratch_ += '\'';
    } else {
        return refuse("'&' that begins no reference known without a DTD");
    }
    position_ = semicolon + 1;
    return true;
}

bool XmlReader::append_character_reference(std::string_view digits) {
    const int base = digits.starts_with('x') ? 16 : 10;
    if (base == 16) digits.remove_prefix(1);
    std::uint32_t code_point = 0;
    const char* end = digits.data() + digits.size();
    const auto [ptr, error] = std::from_chars(digits.data(), end, code_point, base);
    if (error != std::errc{} || ptr != end || !detail::is_xml_char(code_point)) {
        return refuse("a reference to no character of XML");
    }
    detail::append_utf8(scratch_, code_point);
    return true;
}

// Most elements have attributes without prefixes only: nothing to declare, nothing to look up.
bool XmlReader::take_attributes() {
    if (prefixes_used_) return declare_namespaces() && resolve_attributes();
    attributes_.clear();
    for (const RawAttribute& attribute : raw_attributes_) {
        attributes_.push_back({{}, attribute.name.local, attribute.value});
    }
    if (attributes_differ()) return true;
    fail_at(event_begin_, "an attribute that is given twice");
    return false;
}

bool XmlReader::declare_namespaces() {
    for (const RawAttribute& attribute : raw_attributes_) {
        const bool declaration =
            attribute.name.whole.starts_with("xmlns") &&
            (attribute.name.prefix == "xmlns" ||
             (attribute.name.prefix.empty() && attribute.name.local == "xmlns"));
        if (declaration && !declare(attribute)) return false;
    }
    return true;
}

bool XmlReader::declare(const RawAttribute& attribute) {
    const bool is_default = attribute.name.prefix.empty();
    const std::string_view prefix = is_default ? std::string_view{} : attribute.name.local;
    std::string_view uri = attribute.value;
    const bool reserved =
        prefix == "xmlns" || uri == xmlns_namespace || (prefix == "xml") != (uri == xml_namespace);
    if (reserved || (!is_default && uri.empty())) {
        fail_at(attribute.offset, "a namespace declaration that is not allowed");
        return false;
    }
    if (bindings_.size() >= most_bindings) {
        fail_at(attribute.offset, "too many namespace declarations");
        return false;
    }
    const bool in_scratch =
        uri.data() >= scratch_.data() && uri.data() < scratch_.data() + scratch_.size();
    if (in_scratch) uri = kept_.emplace_front(uri);
    bindings_.push_back({prefix, uri});
    return true;
}

bool XmlReader::resolve_attributes() {
    attributes_.clear();
    for (const RawAttribute& attribute : raw_attributes_) {
        const QualifiedName& name = attribute.name;
        if (name.prefix.empty()) {
            attributes_.push_back({name.local == "xmlns" ? xmlns_namespace : std::string_view{},
                                   name.local, attribute.value});
            continue;
        }
        const auto uri = lookup(name.prefix);
        if (!uri) {
            fail_at(attribute.offset, "an attribute whose prefix is not declared");
            return false;
        }
        attributes_.push_back({*uri, name.local, attribute.value});
    }
    if (!attributes_differ()) {
        fail_at(event_begin_, "an attribute that is given twice");
        return false;
    }
    std::erase_if(attributes_, [](const XmlAttribute& attribute) {
        return attribute.namespace_uri.data() == xmlns_namespace.data();
    });
    return true;
}

bool XmlReader::attributes_differ() {
    const auto same = [](const XmlAttribute& a, const XmlAttribute& b) {
        return a.name == b.name && a.namespace_uri == b.namespace_uri;
    };
    const std::size_t count = attributes_.size();
    if (count <= few_attributes) {
        for (std::size_t i = 1; i < count; ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                if (same(attributes_[i], attributes_[j])) return false;
            }
        }
        return true;
    }
    order_.resize(count);
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::ranges::sort(order_, [this](std::size_t i, std::size_t j) {
        const XmlAttribute& a = attributes_[i];
        const XmlAttribute& b = attributes_[j];
        return a.name != b.name ? a.name < b.name : a.namespace_uri < b.namespace_uri;
    });
    return std::ranges::adjacent_find(order_, [&](std::size_t i, std::size_t j) {
               return same(attributes_[i], attributes_[j]);
           }) == order_.end();
}

std::optional<std::string_view> XmlReader::lookup(std::string_view prefix) const {
    for (std::size_t i = bindings_.size(); i-- > 0;) {
        if (bindings_[i].prefix == prefix) return bindings_[i].uri;
    }
    if (prefix.empty()) return inherited_namespace_;
    if (prefix == "xml") return xml_namespace;
    if (prefix == "xmlns") return xmlns_namespace;
    return std::nullopt;
}

std::string_view XmlReader::default_namespace() const {
    return *lookup({});
}

std::optional<std::string_view> XmlReader::attribute(std::string_view name) const {
    for (const XmlAttribute& attribute : attributes_) {
        if (attribute.name == name && attribute.namespace_uri.empty()) return attribute.value;
    }
    return std::nullopt;
}

}  // namespace courant::senml
