#include "proxy-core/federation/iq_reply.hpp"

namespace courant {

std::string iq_reply(std::string_view to, std::string_view id, std::string_view type,
                     std::string_view content) {
    std::string out = "<iq";
    append_attribute(out, "type", type);
    if (!to.empty()) append_attribute(out, "to", to);
    append_attribute(out, "id", id);
    out += '>';
    out += content;
    return out + "</iq>";
}

std::string iq_reply(const Element& iq, std::string_view type, std::string_view content) {
    return iq_reply(iq.attribute("from"), iq.attribute("id"), type, content);
}

std::string stanza_error(std::string_view type, std::string_view condition, std::string_view text,
                         std::string_view extension) {
    constexpr std::string_view space = " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'";
    std::string out = "<error";
    append_attribute(out, "type", type);
    out += "><";
    out += condition;
    out += space;
    out += "/>";
    if (!text.empty()) {
        out += "<text";
        out += space;
        out += '>';
        append_escaped(out, text);
        out += "</text>";
    }
    out += extension;
    return out + "</error>";
}

}  // namespace courant
