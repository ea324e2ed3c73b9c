// A grant: who lets whom have which series, for what, on what legal basis, and until when.
//
// Nothing goes to a peer without one. A subscription says what a peer gets; the grant under which
// it runs says that it may, and can be shown years later to whoever asks why. Both are checked when
// readings enter the outbox and once more when they leave it, so that what waited while a grant
// ended is not sent. The store itself refuses a message without a valid grant (a constraint of the
// database, schemas/migrations), whatever the code above it believes.
//
// A grant never changes but in its state: other terms are another grant. What was agreed stands as
// it was agreed.
//
// The words are those of the GDPR (Regulation (EU) 2016/679): Art. 6(1) for the basis, Art. 7 for
// consent, Art. 17, 18 and 21 for the states.
//
// Values without behaviour; time is passed in.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "proxy-core/federation/jid.hpp"
#include "proxy-core/mailbox/message.hpp"

namespace courant {

/// Why the transfer is lawful, Art. 6(1) (a) to (f), or why none of that is needed.
enum class LegalBasis {
    consent,
    contract,
    legal_obligation,
    vital_interests,
    public_task,
    legitimate_interests,
    not_personal,  ///< the series is about no person: a public building's roof
    unrecorded     ///< it ran before grants were kept; only the store's own migration says this
};
std::string_view to_word(LegalBasis basis);
std::optional<LegalBasis> legal_basis_from(std::string_view word);
/// All words that a person can say, for usage lines.
std::string legal_basis_words();

/// How a grant is. Only an active one lets anything through.
enum class GrantState {
    active,
    limited,    ///< kept, and nothing goes (Art. 18)
    objected,   ///< the subject objects (Art. 21)
    withdrawn,  ///< the consent or agreement is taken back; final
    erased      ///< and what was had under it is to be erased (Art. 17); final
};
std::string_view to_word(GrantState state);
std::optional<GrantState> grant_state_from(std::string_view word);
/// Whether a grant may go from one state to the other: back to active from limited and objected;
/// from anywhere to withdrawn and erased, from erased nowhere.
bool may_become(GrantState from, GrantState to);

/// Who collected a consent: the two ways of doing it.
enum class ConsentMode {
    asker,   ///< the app that asks for the data collected it, and passes on the proof
    holder,  ///< the app that has the data collected it itself
};
std::string_view to_word(ConsentMode mode);
std::optional<ConsentMode> consent_mode_from(std::string_view word);

/// How and where a consent was given; all that has to be shown when somebody asks (Art. 7(1)).
struct Consent {
    ConsentMode mode = ConsentMode::holder;
    /// The organisation that collected it.
    std::string collected_by = {};
    Time collected_at = {};
    /// The positive act: "signed form", "double opt-in".
    std::string method = {};
    /// Which version of the text the person was shown.
    std::string text_version = {};
    /// Where the proof is, or its digest.
    std::string proof = {};
    /// Who agreed with or for a minor; empty for an adult.
    std::string guardian = {};

    bool operator==(const Consent&) const = default;
};

/// The permission under which a subscription may run.
struct Grant {
    /// Opaque; goes on the wire as `grant=`.
    std::string id;
    /// Who or what the series are about, in people's spelling: "kersabiec@lorient.example", "*".
    std::string subject;
    /// Which series, a pattern in people's spelling (series_pattern.hpp).
    std::string series;
    Jid peer;
    std::string purpose;
    LegalBasis basis = LegalBasis::not_personal;
    /// How long the peer may keep what it gets, ISO 8601.
    std::string retain;
    /// How far back it may ask for what was before, ISO 8601; empty: only what comes from now on.
    std::string history;
    /// The finest period that it gets, ISO 8601: what is finer is aggregated on the way out; empty:
    /// as it is.
    std::string resolution;
    /// It gets the subject under a name of its own.
    bool pseudonym = false;
    /// Levels of the path that it gets so, too, because they would tell who it is: counted from 1,
    /// "1 3".
    std::string hidden;
    /// Valid from here on, and before `until`; without one until somebody ends it.
    Time from;
    std::optional<Time> until;
    /// What was agreed with the person; there where the basis is consent.
    std::optional<Consent> consent;
    GrantState state = GrantState::active;
    /// Since when it is in this state, and why; empty at first.
    Time state_since;
    std::string state_reason;
    Time added_at;

    bool operator==(const Grant&) const = default;
};

/// Why the grant lets nothing through at `now`; empty if it does: "grant G was withdrawn …".
std::string obstacle(const Grant& grant, Time now);
/// A series as grants speak of it, in people's spelling: its name, and whom or what it is about.
struct NamedSeries {
    std::string name;
    /// Empty where the name is no federated one.
    std::string subject;
};
/// Of a name in either spelling.
NamedSeries named_series(std::string_view name);
/// Whether the grant is about this series.
bool covers(const Grant& grant, const NamedSeries& series);
/// What is wrong with a grant that somebody wants to add; empty if it can stand.
std::string fault_of(const Grant& grant);

}  // namespace courant
