#include "proxy-core/access/grant.hpp"

#include <fmt/format.h>

#include "proxy-core/access/period.hpp"
#include "proxy-core/access/series_pattern.hpp"
#include "proxy-core/config/duration.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/word_table.hpp"
#include "senml/name.hpp"

namespace courant {
namespace {

constexpr WordTable<LegalBasis, 8> basis_words{
    {{LegalBasis::consent, "consent"},
     {LegalBasis::contract, "contract"},
     {LegalBasis::legal_obligation, "legal-obligation"},
     {LegalBasis::vital_interests, "vital-interests"},
     {LegalBasis::public_task, "public-task"},
     {LegalBasis::legitimate_interests, "legitimate-interests"},
     {LegalBasis::not_personal, "not-personal"},
     {LegalBasis::unrecorded, "unrecorded"}}};

constexpr WordTable<GrantState, 5> state_words{{{GrantState::active, "active"},
                                                {GrantState::limited, "limited"},
                                                {GrantState::objected, "objected"},
                                                {GrantState::withdrawn, "withdrawn"},
                                                {GrantState::erased, "erased"}}};

constexpr WordTable<ConsentMode, 2> mode_words{
    {{ConsentMode::asker, "asker"}, {ConsentMode::holder, "holder"}}};

}  // namespace

std::string_view to_word(LegalBasis basis) {
    return word_of(basis_words, basis);
}

std::optional<LegalBasis> legal_basis_from(std::string_view word) {
    return value_of(basis_words, word);
}

std::string legal_basis_words() {
    std::string all;
    for (const auto& [basis, word] : basis_words)
        if (basis != LegalBasis::unrecorded)
            all += fmt::format("{}{}", all.empty() ? "" : ", ", word);
    return all;
}

std::string_view to_word(GrantState state) {
    return word_of(state_words, state);
}

std::optional<GrantState> grant_state_from(std::string_view word) {
    return value_of(state_words, word);
}

std::string_view to_word(ConsentMode mode) {
    return word_of(mode_words, mode);
}

std::optional<ConsentMode> consent_mode_from(std::string_view word) {
    return value_of(mode_words, word);
}

bool may_become(GrantState from, GrantState to) {
    if (from == to || from == GrantState::erased) return false;
    if (from == GrantState::withdrawn) return to == GrantState::erased;
    return true;
}

std::string obstacle(const Grant& grant, Time now) {
    if (grant.state != GrantState::active)
        return fmt::format("grant {} is {}{}{}", grant.id, to_word(grant.state),
                           grant.state_reason.empty() ? "" : ": ", grant.state_reason);
    if (now < grant.from)
        return fmt::format("grant {} begins at {}", grant.id, to_timestamp_for_people(grant.from));
    if (grant.until && now >= *grant.until)
        return fmt::format("grant {} ended at {}", grant.id, to_timestamp_for_people(*grant.until));
    return {};
}

NamedSeries named_series(std::string_view name) {
    const auto parsed = senml::Name::parse(name);
    if (!parsed) return {std::string(name), {}};
    return {parsed->people(), parsed->subject() + "@" + parsed->subject_server()};
}

bool covers(const Grant& grant, const NamedSeries& series) {
    return series_matches(grant.series, series.name) &&
           series_matches(grant.subject, series.subject);
}

std::string fault_of(const Grant& grant) {
    if (grant.subject.empty()) return "a grant says whom or what its series are about";
    if (grant.series.empty()) return "a grant names a series or a pattern";
    if (grant.purpose.empty() || grant.purpose.find_first_of(" ,;+/&") != std::string::npos)
        return "a grant has one purpose, in one word: another purpose is another grant";
    if (!is_iso_duration(grant.retain))
        return "how long the peer may keep it is an ISO 8601 duration, such as P3Y";
    if (!grant.history.empty() && !is_iso_duration(grant.history))
        return "how far back the peer may ask is an ISO 8601 duration, such as P13M";
    if (!grant.resolution.empty() && !Period::parse(grant.resolution))
        return "the finest period that the peer gets is an ISO 8601 duration, of the clock (PT1H) "
               "or of the calendar (P1D)";
    if (!grant.hidden.empty() && !grant.pseudonym)
        return "levels are hidden beside a pseudonym: they would hide nothing of a subject that "
               "goes by its name";
    if (grant.until && *grant.until <= grant.from) return "it ends before it begins";
    if (grant.basis == LegalBasis::unrecorded) return "a grant has a legal basis";
    if (grant.basis == LegalBasis::consent && !grant.consent)
        return "a consent says who collected it, when, how, and which text was shown";
    if (grant.consent) {
        const Consent& consent = *grant.consent;
        if (consent.collected_by.empty()) return "a consent says which organisation collected it";
        if (consent.method.empty()) return "a consent says how it was given";
        if (consent.text_version.empty()) return "a consent says which text was shown";
        if (consent.mode == ConsentMode::asker && consent.proof.empty())
            return "a consent that the asking side collected comes with its proof";
    }
    return {};
}

}  // namespace courant
