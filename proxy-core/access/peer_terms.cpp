#include "proxy-core/access/peer_terms.hpp"

#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/word_table.hpp"

namespace courant {
namespace {

constexpr WordTable<LegalLink, 4> link_words{
    {{LegalLink::none, ""},
     {LegalLink::processor, "processor"},
     {LegalLink::joint_controller, "joint-controller"},
     {LegalLink::separate_controller, "separate-controller"}}};

}  // namespace

std::string_view to_word(LegalLink link) {
    return word_of(link_words, link);
}

std::optional<LegalLink> legal_link_from(std::string_view word) {
    return value_of(link_words, word);
}

std::string obstacle(const PeerTerms& terms, senml::Time now) {
    if (!terms.suspended.empty()) return "the peer is suspended: " + terms.suspended;
    if (terms.from && now < *terms.from)
        return "the agreement with the peer begins at " + to_timestamp_for_people(*terms.from);
    if (terms.until && now >= *terms.until)
        return "the agreement with the peer ended at " + to_timestamp_for_people(*terms.until);
    return {};
}

}  // namespace courant
