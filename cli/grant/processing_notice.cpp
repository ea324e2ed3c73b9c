#include "cli/grant/processing_notice.hpp"

#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "proxy-core/federation/protocol.hpp"

namespace courant::cli {
namespace {

using nlohmann::ordered_json;

ordered_json text_or_null(const std::string& text) {
    return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

ordered_json controller(const Config& config) {
    const Card& card = config.organisation;
    return {{"name", text_or_null(card.name)},
            {"jid", config.identity.jid.bare().to_string()},
            {"contact", text_or_null(card.contact)},
            {"website", text_or_null(card.website)},
            {"place", text_or_null(card.place)},
            {"data_protection_officer", text_or_null(card.dpo)},
            {"code_of_conduct", text_or_null(card.code_of_conduct)}};
}

ordered_json recipient(const Grant& grant, const std::optional<Peer>& peer) {
    const PeerTerms terms = peer ? peer->terms : PeerTerms{};
    return {{"jid", grant.peer.to_string()},
            {"is", text_or_null(std::string(to_word(terms.link)))},
            {"agreement", text_or_null(terms.agreement)},
            {"code_of_conduct", text_or_null(terms.code)}};
}

// Where the data come from, if it is not the person itself who gave them to us.
ordered_json source(const Grant& grant) {
    if (!grant.consent) return nullptr;
    return {{"collected_by", grant.consent->collected_by},
            {"directly", grant.consent->mode == ConsentMode::holder},
            {"text_version", grant.consent->text_version}};
}

}  // namespace

ordered_json processing_notice(const Config& config, const Grant& grant,
                               const std::optional<Peer>& peer) {
    ordered_json rights = {"access", "rectification", "erasure", "limitation", "portability"};
    if (grant.basis == LegalBasis::consent) rights.push_back("withdrawal of consent at any time");
    return {
        {"notice", "urn:courant:0#processing"},
        {"version", grant.id},
        {"controller", controller(config)},
        {"purpose", grant.purpose},
        {"legal_basis", to_word(grant.basis)},
        {"data",
         {{"series", grant.series},
          {"subject", grant.subject},
          {"finest_period", text_or_null(grant.resolution)},
          {"under_a_pseudonym", grant.pseudonym}}},
        {"source", source(grant)},
        {"recipients", ordered_json::array({recipient(grant, peer)})},
        {"kept_for", grant.retain},
        {"from", to_timestamp_for_people(grant.from)},
        {"until", time_or_null(grant.until)},
        {"rights", rights},
        // Art. 21(4): apart from everything else.
        {"right_to_object", {{"always", true}, {"to", text_or_null(config.organisation.contact)}}},
        {"complaints_to", text_or_null(config.organisation.complaint_authority)},
        {"if_refused", "nothing is sent; nothing else depends on it"}};
}

}  // namespace courant::cli
