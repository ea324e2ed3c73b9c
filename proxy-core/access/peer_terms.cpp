#include "proxy-core/access/peer_terms.hpp"

#include "proxy-core/federation/protocol.hpp"

namespace courant {

std::string_view to_word(LegalLink link) {
    switch (link) {
        case LegalLink::none:
            return "";
        case LegalLink::processor:
            return "processor";
        case LegalLink::joint_controller:
            return "joint-controller";
        case LegalLink::separate_controller:
            return "separate-controller";
    }
    return "";
}

std::optional<LegalLink> legal_link_from(std::string_view word) {
    for (const auto link : {LegalLink::none, LegalLink::processor, LegalLink::joint_controller,
                            LegalLink::separate_controller})
        if (word == to_word(link)) return link;
    return std::nullopt;
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
