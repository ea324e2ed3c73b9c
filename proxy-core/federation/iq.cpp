#include "proxy-core/federation/iq.hpp"

#include "proxy-core/federation/protocol.hpp"

namespace courant {
namespace {

constexpr std::string_view disco_info = "http://jabber.org/protocol/disco#info";
constexpr std::string_view disco_items = "http://jabber.org/protocol/disco#items";
constexpr std::string_view ping = "urn:xmpp:ping";

void add_attribute(std::string& out, std::string_view key, std::string_view value) {
    out += ' ';
    out += key;
    out += "='";
    append_escaped(out, value);
    out += '\'';
}

std::string reply(const Element& iq, std::string_view type, std::string_view content) {
    std::string out = "<iq";
    add_attribute(out, "type", type);
    if (!iq.attribute("from").empty()) add_attribute(out, "to", iq.attribute("from"));
    add_attribute(out, "id", iq.attribute("id"));
    out += '>';
    out += content;
    return out + "</iq>";
}

std::string info() {
    std::string out = "<query";
    add_attribute(out, "xmlns", disco_info);
    out += "><identity category='automation' type='courant' name='Courant'/>";
    for (const auto feature :
         {disco_info, disco_items, ping, receipts_namespace, courant_namespace}) {
        out += "<feature";
        add_attribute(out, "var", feature);
        out += "/>";
    }
    return out + "</query>";
}

std::string error(std::string_view type, std::string_view condition) {
    std::string out = "<error";
    add_attribute(out, "type", type);
    out += "><";
    out += condition;
    return out + " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
}

}  // namespace

std::optional<std::string> answer_iq(const Element& iq) {
    const auto type = iq.attribute("type");
    if (type != "get" && type != "set") return std::nullopt;
    const Element* query = iq.children.empty() ? nullptr : &iq.children.front();
    if (type == "get" && query && query->name == "ping" && query->space == ping)
        return reply(iq, "result", {});
    if (type == "get" && query && query->name == "query" && query->attribute("node").empty()) {
        if (query->space == disco_info) return reply(iq, "result", info());
        if (query->space == disco_items) {
            std::string empty = "<query";
            add_attribute(empty, "xmlns", disco_items);
            return reply(iq, "result", empty + "/>");
        }
    }
    return reply(iq, "error", error("cancel", "service-unavailable"));
}

}  // namespace courant
