#include "proxy-core/federation/stanza.hpp"

#include <fmt/format.h>

#include "proxy-core/federation/protocol.hpp"
#include "senml/xml_reader.hpp"

namespace courant {
namespace {

using senml::XmlEvent;
using senml::XmlReader;

Element element_at(const XmlReader& reader) {
    Element element;
    element.name = reader.name();
    element.space = reader.namespace_uri();
    for (const auto& attribute : reader.attributes())
        if (attribute.namespace_uri.empty())
            element.attributes.emplace_back(attribute.name, attribute.value);
    return element;
}

// Reads stanzas into a tree, counting what they hold.
class TreeReader {
  public:
    TreeReader(std::string_view text, const StanzaLimits& limits)
        : reader_(text, {.max_depth = limits.max_depth, .inherited_namespace = client_namespace}),
          elements_left_(limits.max_elements) {}

    tl::expected<Element, std::string> read() {
        if (reader_.next() != XmlEvent::start) return fault();
        auto root = element();
        if (!root || reader_.next() != XmlEvent::finished) return fault();
        return std::move(*root);
    }

  private:
    tl::unexpected<std::string> fault() const {
        if (too_many_) return tl::unexpected<std::string>("the stanza has too many elements");
        if (!reader_.failed()) return tl::unexpected<std::string>("the stanza is not one element");
        return tl::unexpected(fmt::format("the stanza is no XML at byte {}: {}",
                                          reader_.fault().offset, reader_.fault().what));
    }

    std::optional<Element> element() {
        Element element = element_at(reader_);
        for (;;) {
            switch (reader_.next()) {
                case XmlEvent::text:
                    element.text += reader_.text();
                    break;
                case XmlEvent::end:
                    return element;
                case XmlEvent::start: {
                    auto next = child();
                    if (!next) return std::nullopt;
                    element.children.push_back(std::move(*next));
                    break;
                }
                default:
                    return std::nullopt;
            }
        }
    }

    std::optional<Element> child() {
        if (elements_left_ == 0) {
            too_many_ = true;
            return std::nullopt;
        }
        --elements_left_;
        if (reader_.namespace_uri() != senml_namespace) return element();
        Element pack = element_at(reader_);
        const auto source = reader_.take_element();
        if (!source) return std::nullopt;
        pack.source = *source;
        return pack;
    }

    XmlReader reader_;
    std::size_t elements_left_;
    bool too_many_ = false;
};

}  // namespace

std::string_view Element::attribute(std::string_view key) const {
    for (const auto& [name_, value] : attributes)
        if (name_ == key) return value;
    return {};
}

const Element* Element::child(std::string_view child_name, std::string_view child_space) const {
    for (const Element& candidate : children)
        if (candidate.name == child_name && candidate.space == child_space) return &candidate;
    return nullptr;
}

tl::expected<Element, std::string> read_stanza(std::string_view text, const StanzaLimits& limits) {
    return TreeReader(text, limits).read();
}

void append_escaped(std::string& out, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        // U+FFFE and U+FFFF are well-formed UTF-8, and characters that XML 1.0 does not have.
        if (text.substr(i, 3) == "\xEF\xBF\xBE" || text.substr(i, 3) == "\xEF\xBF\xBF") {
            out += '?';
            i += 2;
            continue;
        }
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&apos;";
                break;
            default:
                // Other control characters have no place in XML 1.0 at all.
                if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r')
                    out += '?';
                else
                    out += c;
        }
    }
}

void append_attribute(std::string& out, std::string_view key, std::string_view value) {
    out += ' ';
    out += key;
    out += "='";
    append_escaped(out, value);
    out += '\'';
}

}  // namespace courant
