#include "proxy-core/federation/iq.hpp"

#include "proxy-core/federation/commands.hpp"
#include "proxy-core/federation/iq_reply.hpp"
#include "proxy-core/federation/protocol.hpp"

namespace courant {
namespace {

constexpr std::string_view ping = "urn:xmpp:ping";

std::string info(Encodings encodings, std::string_view description) {
    std::string out = "<query";
    append_attribute(out, "xmlns", disco_info);
    out += "><identity category='automation' type='courant' name='Courant'/>";
    const auto announce = [&](std::string_view feature) {
        out += "<feature";
        append_attribute(out, "var", feature);
        out += "/>";
    };
    for (const auto feature : {disco_info, disco_items, ping, receipts_namespace, courant_namespace,
                               commands_namespace, data_forms})
        announce(feature);
    if (encodings == Encodings::xml_and_packed) announce(packed_feature);
    out += description;
    return out + "</query>";
}

}  // namespace

std::optional<std::string> answer_iq(const Element& iq, Encodings encodings,
                                     std::string_view description) {
    const auto type = iq.attribute("type");
    if (type != "get" && type != "set") return std::nullopt;
    const Element* query = iq.children.empty() ? nullptr : &iq.children.front();
    if (type == "get" && query && query->name == "ping" && query->space == ping)
        return iq_reply(iq, "result", {});
    if (type == "get" && query && query->name == "query" && query->attribute("node").empty()) {
        if (query->space == disco_info) return iq_reply(iq, "result", info(encodings, description));
        if (query->space == disco_items) {
            std::string empty = "<query";
            append_attribute(empty, "xmlns", disco_items);
            return iq_reply(iq, "result", empty + "/>");
        }
    }
    return iq_reply(iq, "error", stanza_error("cancel", "service-unavailable", {}));
}

}  // namespace courant
