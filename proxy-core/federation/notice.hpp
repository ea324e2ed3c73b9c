// What two proxies tell each other about grants: offered, accepted, limited, withdrawn, erased …
//
// A notice is a numbered message of a lane that carries no readings. So it arrives once, in its
// place among the readings (a withdrawal comes after the last of them), and its receipt says that
// it is durable there; what the other side makes of it comes back as a notice of its own.
//
//     m.enqueue({peer, {}, notice_body(StateNotice{…}), 0}, now);        // the giver
//     if (is_notice(message.body)) apply(*read_notice(message.body));    // the holder
//
// In a store a notice is a body like others, told by its first bytes. Protocol:
// schemas/PROTOCOL.md, "Notices".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <variant>

#include "proxy-core/access/grant.hpp"
#include "proxy-core/access/peer_terms.hpp"
#include "proxy-core/federation/stanza.hpp"

namespace courant {

/// A grant that is given; its peer is the one who gets it.
struct OfferNotice {
    /// Without state: an offer is of an active grant.
    Grant grant;
    /// What the one who gets it is to the one who gives it.
    LegalLink role = LegalLink::none;

    bool operator==(const OfferNotice&) const = default;
};

/// What the holder says of an offer.
struct AnswerToOffer {
    std::string grant;
    bool accepted = false;
    /// Why not, for people.
    std::string reason = {};

    bool operator==(const AnswerToOffer&) const = default;
};

/// The state of a grant is another one now.
struct StateNotice {
    std::string grant;
    GrantState state = GrantState::withdrawn;
    Time at;
    std::string reason = {};

    bool operator==(const StateNotice&) const = default;
};

/// A grant will end by itself.
struct ExpiryNotice {
    std::string grant;
    Time until;

    bool operator==(const ExpiryNotice&) const = default;
};

/// Readings that were given before are wrong, or are to be erased (GDPR Art. 19).
struct CorrectionNotice {
    enum class Kind { rectified, erased };
    /// Made by who says it; the answer names it.
    std::string id;
    Kind kind = Kind::rectified;
    /// A pattern in people's spelling.
    std::string series;
    /// Readings from here on, and before `to`.
    Time from;
    Time to;
    std::string reason = {};

    bool operator==(const CorrectionNotice&) const = default;
};

/// What became of what was had, after a grant has ended or a correction was told.
struct OutcomeNotice {
    enum class Outcome {
        erased,  ///< nothing of it is left
        partly,  ///< something is left, the reason says where
        kept     ///< the holder keeps it, and says on what ground
    };
    /// The grant, or the correction's id.
    std::string about;
    Outcome outcome = Outcome::kept;
    /// How many readings were erased in the proxy, where that is known.
    std::optional<std::int64_t> readings = {};
    std::string reason = {};

    bool operator==(const OutcomeNotice&) const = default;
};

/// What a person asks of whoever has its data: the rights of GDPR Art. 15 to 18, 20 and 21.
enum class PersonsRight { access, rectify, erase, limit, port, object };
std::string_view to_word(PersonsRight right);
std::optional<PersonsRight> persons_right_from(std::string_view word);

/// A person turned to the holder, and the giver has to know: joint controllers answer for each
/// other (Art. 26(3)).
struct RightsRequest {
    /// Under which the holder has the data.
    std::string grant;
    PersonsRight right = PersonsRight::access;
    /// Who asks, as names call it.
    std::string subject;
    std::string reason = {};

    bool operator==(const RightsRequest&) const = default;
};

using Notice = std::variant<OfferNotice, AnswerToOffer, StateNotice, ExpiryNotice, CorrectionNotice,
                            OutcomeNotice, RightsRequest>;

/// "offer", "accept", "withdraw" …: the element that says it.
std::string_view word_of(const Notice& notice);
/// The grant that it is about, or the correction's id.
std::string_view subject_of(const Notice& notice);

std::string_view to_word(OutcomeNotice::Outcome outcome);
std::optional<OutcomeNotice::Outcome> outcome_from(std::string_view word);

/// The body that holds it.
std::string notice_body(const Notice& notice);
/// Whether a body is a notice.
bool is_notice(std::string_view body);
/// What a body says; why it cannot be read.
tl::expected<Notice, std::string> read_notice(std::string_view body);
/// What a `<notice>` says. The first element of our namespace counts; one that we do not know is an
/// error: its sender waits for something that we cannot do.
tl::expected<Notice, std::string> notice_of(const Element& element);

}  // namespace courant
