// What is agreed with a peer: in law, not in protocol.
//
// Two organisations that exchange data about persons are something to each other (GDPR Art. 26 and
// 28), and have that in writing. Without it no grant about persons can be given to the peer; with
// it, a grant's purpose is one of those that were agreed, and nothing goes before or after.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "senml/time.hpp"

namespace courant {

/// What the peer is to us.
enum class LegalLink {
    none,
    processor,           ///< it works for us, and deletes when we say so
    joint_controller,    ///< we decide together
    separate_controller  ///< it decides for itself, and answers for it
};
std::string_view to_word(LegalLink link);
std::optional<LegalLink> legal_link_from(std::string_view word);

/// The agreement with a peer.
struct PeerTerms {
    LegalLink link = LegalLink::none;
    /// Where it is written: a reference that both sides know.
    std::string agreement = {};
    /// In force from and until then; without a bound where nothing stands.
    std::optional<senml::Time> from = {};
    std::optional<senml::Time> until = {};
    /// The version of the code of conduct that the peer has signed.
    std::string code = {};
    /// For what it may use data, in words that grants use, too; empty: the grants decide.
    std::vector<std::string> purposes = {};
    /// Why nothing goes to it and nothing comes in from it at present; empty when it may.
    std::string suspended = {};

    bool operator==(const PeerTerms&) const = default;
};

/// Why nothing may go to the peer at `now`; empty if it may.
std::string obstacle(const PeerTerms& terms, senml::Time now);

}  // namespace courant
