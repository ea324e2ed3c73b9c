#include "senml/xml_reader.hpp"

#include "senml/detail/text.hpp"
#include "senml/detail/xml/names.hpp"

namespace courant::senml {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_utf8_name(std::string_view encoding) {
    constexpr std::string_view wanted = "utf-8";
    if (encoding.size() != wanted.size()) return false;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const char c = encoding[i];
        if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != wanted[i]) {
            return false;
        }
    }
    return true;
}

bool is_version_1(std::string_view version) {
    return version.size() > 2 && version.starts_with("1.") &&
           version.find_first_not_of("0123456789", 2) == std::string_view::npos;
}

}  // namespace

void XmlReader::reset(std::string_view text, const XmlOptions& options) {
    text_in_ = text;
    max_depth_ = options.max_depth;
    inherited_namespace_ = options.inherited_namespace;
    position_ = 0;
    event_begin_ = 0;
    root_seen_ = false;
    close_empty_ = false;
    open_.clear();
    bindings_.clear();
    kept_.clear();
    fault_.reset();
    const auto bad = detail::find_bad_xml(text.substr(options.known));
    if (bad != std::string_view::npos) {
        fail_at(options.known + bad, "a byte that is no character of XML in UTF-8");
        return;
    }
    if (text.starts_with(byte_order_mark)) position_ = byte_order_mark.size();
    read_prolog();
}

XmlEvent XmlReader::fail_at(std::size_t offset, std::string_view what) {
    if (!fault_) fault_ = XmlFault{offset, what};
    return XmlEvent::fault;
}

bool XmlReader::refuse(std::string_view what) {
    fail(what);
    return false;
}

bool XmlReader::skip_blanks() {
    const std::size_t begin = position_;
    while (!at_end() && is_blank(text_in_[position_])) ++position_;
    return position_ != begin;
}

bool XmlReader::read_prolog() {
    const bool declared =
        looking_at("<?xml") && text_in_.size() - position_ > 5 && is_blank(text_in_[position_ + 5]);
    return !declared || read_declaration();
}

// version, then encoding, then standalone; the last two may be absent.
bool XmlReader::read_declaration() {
    position_ += 5;
    int expected = 0;
    while (skip_blanks() && !looking_at("?>")) {
        std::string_view name;
        std::string_view value;
        if (!read_pseudo_attribute(name, value)) return false;
        if (name == "version" && expected == 0 && is_version_1(value)) {
            expected = 1;
        } else if (name == "encoding" && expected == 1) {
            if (!is_utf8_name(value)) return refuse("an encoding other than UTF-8");
            expected = 2;
        } else if (name == "standalone" && (expected == 1 || expected == 2) &&
                   (value == "yes" || value == "no")) {
            expected = 3;
        } else {
            return refuse("a malformed XML declaration");
        }
    }
    if (expected == 0 || !looking_at("?>")) return refuse("a malformed XML declaration");
    position_ += 2;
    return true;
}

bool XmlReader::read_pseudo_attribute(std::string_view& name, std::string_view& value) {
    const std::size_t begin = position_;
    while (!at_end() && peek() >= 'a' && peek() <= 'z') ++position_;
    name = text_in_.substr(begin, position_ - begin);
    skip_blanks();
    if (peek() != '=') return refuse("a malformed XML declaration");
    ++position_;
    skip_blanks();
    const char quote = peek();
    if (quote != '"' && quote != '\'') return refuse("a malformed XML declaration");
    const auto close = text_in_.find(quote, position_ + 1);
    if (close == std::string_view::npos) return refuse("a malformed XML declaration");
    value = text_in_.substr(position_ + 1, close - position_ - 1);
    position_ = close + 1;
    return true;
}

XmlEvent XmlReader::next() {
    if (fault_) return XmlEvent::fault;
    event_begin_ = position_;
    if (close_empty_) {
        close_empty_ = false;
        return close_element();
    }
    return open_.empty() ? next_outside_root() : next_inside_root();
}

XmlEvent XmlReader::next_outside_root() {
    for (;;) {
        skip_blanks();
        if (at_end()) {
            return root_seen_ ? XmlEvent::finished : fail("no element at all");
        }
        event_begin_ = position_;
        if (peek() != '<') return fail("characters outside the root element");
        if (looking_at("<!--") || looking_at("<?")) {
            if (!skip_miscellany()) return XmlEvent::fault;
            continue;
        }
        if (root_seen_) return fail("a second root element");
        root_seen_ = true;
        return read_markup();
    }
}

XmlEvent XmlReader::next_inside_root() {
    for (;;) {
        if (at_end()) return fail("the text ends inside an element");
        if (peek() != '<') return read_characters();
        if (!looking_at("<!--") && !looking_at("<?")) return read_markup();
        if (!skip_miscellany()) return XmlEvent::fault;
        event_begin_ = position_;
    }
}

bool XmlReader::skip_miscellany() {
    return looking_at("<?") ? skip_instruction() : skip_comment();
}

bool XmlReader::skip_comment() {
    const auto dashes = text_in_.find("--", position_ + 4);
    if (dashes == std::string_view::npos) return refuse("a comment without end");
    if (text_in_.size() - dashes < 3 || text_in_[dashes + 2] != '>') {
        return refuse("'--' inside a comment");
    }
    position_ = dashes + 3;
    return true;
}

bool XmlReader::skip_instruction() {
    const std::size_t begin = position_;
    position_ += 2;
    const auto target = read_name();
    if (!target) return false;
    const auto reserved = [](std::string_view name) {
        return name.size() == 3 && (name[0] | 0x20) == 'x' && (name[1] | 0x20) == 'm' &&
               (name[2] | 0x20) == 'l';
    };
    if (reserved(target->whole)) {
        fail_at(begin, "an XML declaration that is not at the start");
        return false;
    }
    const auto close = text_in_.find("?>", position_);
    if (close == std::string_view::npos) return refuse("a processing instruction without end");
    if (close != position_ && !skip_blanks()) return refuse("a malformed processing instruction");
    position_ = close + 2;
    return true;
}

XmlEvent XmlReader::read_markup() {
    if (looking_at("</")) return read_end();
    if (!looking_at("<!")) return read_start();
    if (looking_at("<![CDATA[") && !open_.empty()) return read_cdata();
    return fail("a document type or another declaration; none is accepted");
}

XmlEvent XmlReader::read_start() {
    if (open_.size() >= max_depth_) return fail("elements nested too deeply");
    ++position_;
    const auto element = read_name();
    if (!element || !read_attributes()) return XmlEvent::fault;
    const std::size_t outside = bindings_.size();
    if (!take_attributes()) return XmlEvent::fault;
    const auto uri = lookup(element->prefix);
    if (!uri) return fail_at(event_begin_, "an element whose prefix is not declared");
    if (element->prefix == "xmlns") return fail_at(event_begin_, "an element named xmlns:…");
    open_.push_back({element->whole, element->local, *uri, outside});
    namespace_uri_ = *uri;
    name_ = element->local;
    return XmlEvent::start;
}

XmlEvent XmlReader::read_end() {
    if (open_.empty()) return fail("an end tag without a start");
    position_ += 2;
    const std::string_view expected = open_.back().qualified;
    if (!looking_at(expected)) return fail("an end tag that does not match its start");
    position_ += expected.size();
    skip_blanks();
    if (peek() != '>') return fail("an end tag that does not match its start");
    ++position_;
    return close_element();
}

XmlEvent XmlReader::close_element() {
    const OpenElement& element = open_.back();
    name_ = element.local;
    namespace_uri_ = element.namespace_uri;
    bindings_.resize(element.bindings);
    open_.pop_back();
    return XmlEvent::end;
}

XmlEvent XmlReader::read_characters() {
    const std::size_t begin = position_;
    auto end = text_in_.find('<', begin);
    if (end == std::string_view::npos) end = text_in_.size();
    text_ = text_in_.substr(begin, end - begin);
    const auto close = text_.find("]]>");
    if (close != std::string_view::npos) return fail_at(begin + close, "']]>' in text");
    // Twice the quick search for one character: looking for either would take each byte by itself.
    if (text_.find('&') == std::string_view::npos && text_.find('\r') == std::string_view::npos) {
        position_ = end;
        return XmlEvent::text;
    }
    scratch_.clear();
    while (position_ < end) {
        const char c = text_in_[position_];
        if (c == '&') {
            if (!append_reference()) return XmlEvent::fault;
            continue;
        }
        if (c != '\r') {
            scratch_ += c;
        } else if (position_ + 1 == text_in_.size() || text_in_[position_ + 1] != '\n') {
            scratch_ += '\n';
        }
        ++position_;
    }
    text_ = scratch_;
    return XmlEvent::text;
}

XmlEvent XmlReader::read_cdata() {
    constexpr std::size_t opening = 9;
    const std::size_t begin = position_ + opening;
    const auto close = text_in_.find("]]>", begin);
    if (close == std::string_view::npos) return fail("a CDATA section without end");
    text_ = text_in_.substr(begin, close - begin);
    position_ = close + 3;
    if (text_.find('\r') == std::string_view::npos) return XmlEvent::text;
    scratch_.clear();
    for (std::size_t i = 0; i < text_.size(); ++i) {
        if (text_[i] != '\r') {
            scratch_ += text_[i];
        } else if (i + 1 == text_.size() || text_[i + 1] != '\n') {
            scratch_ += '\n';
        }
    }
    text_ = scratch_;
    return XmlEvent::text;
}

bool XmlReader::skip_element() {
    const std::size_t level = depth();
    for (;;) {
        const XmlEvent event = next();
        if (event == XmlEvent::fault || event == XmlEvent::finished) return false;
        if (event == XmlEvent::end && depth() < level) return true;
    }
}

std::optional<std::string_view> XmlReader::take_element() {
    const std::size_t begin = event_begin_;
    if (!skip_element()) return std::nullopt;
    return text_in_.substr(begin, position_ - begin);
}

std::optional<std::string> XmlReader::take_text() {
    std::string all;
    for (;;) {
        switch (next()) {
            case XmlEvent::text:
                all += text_;
                break;
            case XmlEvent::end:
                return all;
            case XmlEvent::start:
                fail_at(event_begin_, "an element where only text is expected");
                return std::nullopt;
            case XmlEvent::finished:
            case XmlEvent::fault:
                return std::nullopt;
        }
    }
}

}  // namespace courant::senml
