// A notice of every kind, with everything that it can hold and with as little as it may.
#pragma once

#include <vector>

#include "proxy-core/federation/notice.hpp"

namespace courant::test {

inline std::vector<Notice> some_notices() {
    const Time day = senml::from_unix_seconds(1'780'000'000);
    OfferNotice full{.grant = {}, .role = LegalLink::processor};
    full.grant.id = "member-17";
    full.grant.subject = "kersabiec@lorient.example";
    full.grant.series = "zabbix@lorient.example/kersabiec@lorient.example/*";
    full.grant.purpose = "billing & more";
    full.grant.basis = LegalBasis::consent;
    full.grant.retain = "P3Y";
    full.grant.history = "P13M";
    full.grant.resolution = "PT1H";
    full.grant.pseudonym = true;
    full.grant.hidden = "1 3";
    full.grant.from = day;
    full.grant.until = day + std::chrono::hours(1);
    full.grant.consent = Consent{.mode = ConsentMode::asker,
                                 .collected_by = "Ville de l'Été",
                                 .collected_at = day,
                                 .method = "\"signed\" form",
                                 .text_version = "3",
                                 .proof = "sha256:1",
                                 .guardian = "A. Guardian"};
    OfferNotice least{.grant = {}, .role = LegalLink::none};
    least.grant.id = "G";
    least.grant.subject = least.grant.series = "*";
    least.grant.purpose = "monitoring";
    least.grant.retain = "P1Y";
    least.grant.from = day;
    std::vector<Notice> all{
        full,
        least,
        AnswerToOffer{.grant = "G", .accepted = true},
        AnswerToOffer{.grant = "G", .accepted = false, .reason = "no use <for> it"},
        ExpiryNotice{.grant = "G", .until = day},
        OutcomeNotice{.about = "G", .outcome = OutcomeNotice::Outcome::erased, .readings = 17},
        OutcomeNotice{.about = "G",
                      .outcome = OutcomeNotice::Outcome::kept,
                      .reason = "invoiced: Art. 17(3)"},
        OutcomeNotice{.about = "G", .outcome = OutcomeNotice::Outcome::partly, .reason = "paper"}};
    for (const auto state : {GrantState::active, GrantState::limited, GrantState::objected,
                             GrantState::withdrawn, GrantState::erased})
        all.push_back(StateNotice{.grant = "G", .state = state, .at = day, .reason = "moved"});
    for (const auto kind : {CorrectionNotice::Kind::rectified, CorrectionNotice::Kind::erased})
        all.push_back(CorrectionNotice{.id = "C",
                                       .kind = kind,
                                       .series = "a@b.example/*",
                                       .from = day,
                                       .to = day + std::chrono::hours(1)});
    return all;
}

}  // namespace courant::test
