#include "proxy-core/federation/pubsub.hpp"

#include <algorithm>
#include <array>

#include "proxy-core/federation/form.hpp"

namespace courant {
namespace {

constexpr std::string_view pubsub_namespace = "http://jabber.org/protocol/pubsub";
constexpr std::string_view node_config = "http://jabber.org/protocol/pubsub#node_config";
constexpr std::string_view create_mark = "create/";

std::string note_of(std::string_view grant) {
    return "publication " + std::string(grant);
}

std::string open_iq(const Message& message, std::string_view id) {
    std::string out = "<iq type='set'";
    append_attribute(out, "to", message.peer.to_string());
    append_attribute(out, "id", id);
    out += "><pubsub";
    append_attribute(out, "xmlns", pubsub_namespace);
    return out + '>';
}

// The unit that all readings share; nothing where they do not.
std::string_view unit_of(const senml::Pack& pack) {
    for (const senml::Record& record : pack.records())
        if (record.unit != pack[0].unit) return {};
    return pack.empty() ? std::string_view() : pack.unit(pack[0].unit);
}

FormField setting(std::string var, std::string value) {
    return {.var = std::move(var), .values = {std::move(value)}};
}

std::string condition_of(const Element& iq, std::string_view* type = nullptr) {
    const Element* error = iq.child("error", client_namespace);
    if (!error) return {};
    if (type) *type = error->attribute("type");
    for (const Element& child : error->children)
        if (child.name != "text" && child.space == "urn:ietf:params:xml:ns:xmpp-stanzas")
            return child.name;
    return {};
}

}  // namespace

std::optional<Publication> find_publication(Mailboxes& mailboxes, std::string_view grant) {
    const std::string text = mailboxes.note(note_of(grant));
    const auto first = text.find('\n');
    const auto second = text.find('\n', first + 1);
    if (first == std::string::npos || second == std::string::npos) return std::nullopt;
    return Publication{.node = text.substr(0, first),
                       .series = text.substr(first + 1, second - first - 1),
                       .licence = text.substr(second + 1)};
}

void put_publication(Mailboxes& mailboxes, std::string_view grant, const Publication& publication) {
    mailboxes.set_note(note_of(grant),
                       publication.node + '\n' + publication.series + '\n' + publication.licence);
}

void remove_publication(Mailboxes& mailboxes, std::string_view grant) {
    mailboxes.set_note(note_of(grant), "");
}

Written written_for_pubsub(const Message& message, const senml::Pack& pack, std::string_view xml,
                           const Publication* publication, std::string_view server) {
    Written written;
    if (!publication) {
        if (message.void_reason.empty())
            written.left_out.push_back({.seq = message.seq,
                                        .record = {},
                                        .reason = "no node is named for its grant; courant "
                                                  "publish add SERIES names one"});
        written.stanzas.push_back(ping_for(message, server));
        return written;
    }
    const std::string id = stanza_id(message.lane, message.seq);
    std::string out = open_iq(message, id);
    out += "<publish";
    append_attribute(out, "node", publication->node);
    out += "><item";
    append_attribute(out, "id", id);
    out += "><open-data";
    append_attribute(out, "xmlns", courant_namespace);
    append_attribute(out, "series", publication->series);
    if (const auto unit = unit_of(pack); !unit.empty()) append_attribute(out, "unit", unit);
    if (!publication->licence.empty()) append_attribute(out, "licence", publication->licence);
    if (message.envelope.quality != Quality::raw)
        append_attribute(out, "quality", to_word(message.envelope.quality));
    if (!message.envelope.hops.empty())
        append_attribute(out, "publisher", message.envelope.hops.front().to_string());
    out += '>';
    out += xml;
    written.stanzas.push_back(out + "</open-data></item></publish></pubsub></iq>");
    return written;
}

std::string create_node(const Message& message, const Publication& publication) {
    std::string out =
        open_iq(message, std::string(create_mark) + stanza_id(message.lane, message.seq));
    out += "<create";
    append_attribute(out, "node", publication.node);
    out += "/><configure>";
    Form form{.type = Form::Type::submit, .title = {}, .fields = {}};
    form.fields.push_back(
        {.var = "FORM_TYPE", .values = {std::string(node_config)}, .type = "hidden"});
    form.fields.push_back(setting("pubsub#title", publication.series));
    form.fields.push_back(setting("pubsub#access_model", "open"));
    form.fields.push_back(setting("pubsub#publish_model", "publishers"));
    form.fields.push_back(setting("pubsub#persist_items", "1"));
    append_form(out, form);
    return out + "</configure></pubsub></iq>";
}

std::optional<std::pair<LaneId, Seq>> from_create_id(std::string_view id) {
    if (!id.starts_with(create_mark)) return std::nullopt;
    return from_stanza_id(id.substr(create_mark.size()));
}

PubsubRefusal pubsub_refusal(const Element& iq) {
    constexpr std::array<std::string_view, 2> of_the_item{"bad-request", "not-acceptable"};
    std::string_view type;
    const std::string condition = condition_of(iq, &type);
    if (type == "wait") return PubsubRefusal::other;
    if (condition == "item-not-found") return PubsubRefusal::no_node;
    return std::ranges::find(of_the_item, condition) != of_the_item.end() ? PubsubRefusal::message
                                                                          : PubsubRefusal::other;
}

bool is_conflict(const Element& iq) {
    return condition_of(iq) == "conflict";
}

}  // namespace courant
