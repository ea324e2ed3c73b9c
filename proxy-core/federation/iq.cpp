#include "proxy-core/federation/iq.hpp"

#include "proxy-core/federation/protocol.hpp"

namespace courant {
namespace {

constexpr std::string_view disco_items = "http://jabber.org/protocol/disco#items";
constexpr std::string_view ping = "urn:xmpp:ping";

std::string reply(const Element& iq, std::string_view type, std::string_view content) {
    std::string out = "<iq";
    append_attribute(out, "type", type);
    if (!iq.attribute("from").empty()) append_attribute(out, "to", iq.attribute("from"));
    append_attribute(out, "id", iq.attribute("id"));
    out += '>';
    out += content;
    return out + "</iq>";
}

std::string info(Encodings encodings) {
    std::string out = "<query";
    append_attribute(out, "xmlns", disco_info);
    out += "><identity category='automation' type='courant' name='Courant'/>";
    const auto announce = [&](std::string_view feature) {
        out += "<feature";
        append_attribute(out, "var", feature);
        out += "/>";
    };
    for (const auto feature :
         {disco_info, disco_items, ping, receipts_namespace, courant_namespace})
        announce(feature);
    if (encodings == Encodings::xml_and_packed) announce(packed_feature);
    return out + "</query>";
}

std::string error(std::string_view type, std::string_view condition) {
    std::string out = "<error";
    append_attribute(out, "type", type);
    out += "><";
    out += condition;
    return out + " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
}

}  // namespace

std::optional<std::string> answer_iq(const Element& iq, Encodings encodings) {
    const auto type = iq.attribute("type");
    if (type != "get" && type != "set") return std::nullopt;
    const Element* query = iq.children.empty() ? nullptr : &iq.children.front();
    if (type == "get" && query && query->name == "ping" && query->space == ping)
        return reply(iq, "result", {});
    if (type == "get" && query && query->name == "query" && query->attribute("node").empty()) {
        if (query->space == disco_info) return reply(iq, "result", info(encodings));
        if (query->space == disco_items) {
            std::string empty = "<query";
            append_attribute(empty, "xmlns", disco_items);
            return reply(iq, "result", empty + "/>");
        }
    }
    return reply(iq, "error", error("cancel", "service-unavailable"));
}

}  // namespace courant
