#include "proxy-core/access/grant.hpp"

#include <doctest/doctest.h>

#include "senml/time.hpp"

using namespace courant;
using namespace std::chrono_literals;

namespace {

Time at(std::int64_t seconds) {
    return senml::from_unix_seconds(1'780'000'000 + seconds);
}

Grant consented() {
    Grant grant;
    grant.id = "G";
    grant.subject = "kersabiec@lorient.example";
    grant.series = "zabbix@lorient.example/*/power";
    grant.peer = *Jid::parse("bmhs@coop.example");
    grant.purpose = "monitoring";
    grant.basis = LegalBasis::consent;
    grant.retain = "P1Y";
    grant.from = at(10);
    grant.until = at(20);
    grant.consent = Consent{.mode = ConsentMode::holder,
                            .collected_by = "town",
                            .collected_at = at(0),
                            .method = "signed form",
                            .text_version = "2026-1"};
    return grant;
}

}  // namespace

TEST_CASE("a grant lets through from its first moment on, and no longer at its last") {
    const Grant grant = consented();
    CHECK(obstacle(grant, at(10) - 1ns).find("begins at") != std::string::npos);
    CHECK(obstacle(grant, at(10)).empty());
    CHECK(obstacle(grant, at(20) - 1ns).empty());
    CHECK(obstacle(grant, at(20)).find("ended at") != std::string::npos);
    Grant for_ever = grant;
    for_ever.until = std::nullopt;
    CHECK(obstacle(for_ever, at(1'000'000'000)).empty());
}

TEST_CASE("a grant that is not active lets nothing through, and says since when it is what") {
    for (const auto state :
         {GrantState::limited, GrantState::objected, GrantState::withdrawn, GrantState::erased}) {
        Grant grant = consented();
        grant.state = state;
        grant.state_reason = "moved away";
        CHECK(obstacle(grant, at(15)) ==
              "grant G is " + std::string(to_word(state)) + ": moved away");
    }
}

TEST_CASE("what is withdrawn or erased does not come back") {
    using enum GrantState;
    for (const auto from : {active, limited, objected})
        for (const auto to : {active, limited, objected, withdrawn, erased})
            CHECK(may_become(from, to) == (from != to));
    CHECK(may_become(withdrawn, erased));
    for (const auto to : {active, limited, objected, withdrawn})
        CHECK_FALSE(may_become(withdrawn, to));
    for (const auto to : {active, limited, objected, withdrawn, erased})
        CHECK_FALSE(may_become(erased, to));
}

TEST_CASE("a grant is about its series of its subject, and about no other") {
    const Grant grant = consented();
    const auto is_covered = [&](std::string_view name, std::string_view subject) {
        return covers(grant, {std::string(name), std::string(subject)});
    };
    CHECK(is_covered("zabbix@lorient.example/kersabiec@lorient.example/pv/power",
                     "kersabiec@lorient.example"));
    CHECK_FALSE(is_covered("zabbix@lorient.example/kermelo@lorient.example/pv/power",
                           "kermelo@lorient.example"));
    CHECK_FALSE(is_covered("zabbix@lorient.example/kersabiec@lorient.example/pv/energy",
                           "kersabiec@lorient.example"));
    Grant all = grant;
    all.subject = all.series = "*";
    CHECK(covers(all, named_series("urn:dev:ow:10e2073a01080063")));
}

TEST_CASE("a series is known by its name and subject in either spelling") {
    for (const auto* spelling : {"zabbix@lorient.example/kersabiec@lorient.example/pv/power",
                                 "zabbix:lorient.example/kersabiec:lorient.example/pv/power"}) {
        CHECK(named_series(spelling).subject == "kersabiec@lorient.example");
        CHECK(named_series(spelling).name ==
              "zabbix@lorient.example/kersabiec@lorient.example/pv/power");
    }
    CHECK(named_series("urn:dev:ow:10e2073a01080063").subject.empty());
}

TEST_CASE("a grant that says too little is none") {
    CHECK(fault_of(consented()).empty());
    const auto is_faulty = [](auto spoil) {
        Grant grant = consented();
        spoil(grant);
        return !fault_of(grant).empty();
    };
    CHECK(is_faulty([](Grant& g) { g.subject.clear(); }));
    CHECK(is_faulty([](Grant& g) { g.series.clear(); }));
    CHECK(is_faulty([](Grant& g) { g.purpose.clear(); }));
    CHECK(is_faulty([](Grant& g) { g.retain = "3 years"; }));
    CHECK(is_faulty([](Grant& g) { g.history = "a year"; }));
    CHECK(is_faulty([](Grant& g) { g.until = g.from; }));
    CHECK(is_faulty([](Grant& g) { g.basis = LegalBasis::unrecorded; }));
    CHECK(is_faulty([](Grant& g) { g.consent.reset(); }));
    CHECK(is_faulty([](Grant& g) { g.consent->collected_by.clear(); }));
    CHECK(is_faulty([](Grant& g) { g.consent->method.clear(); }));
    CHECK(is_faulty([](Grant& g) { g.consent->text_version.clear(); }));
}

TEST_CASE("R1.3: a grant for two purposes is none: each purpose has its own") {
    for (const char* purpose : {"billing monitoring", "billing,monitoring", "billing;monitoring",
                                "billing/monitoring", "billing+monitoring", "billing&monitoring"}) {
        Grant grant = consented();
        grant.purpose = purpose;
        CAPTURE(purpose);
        CHECK(fault_of(grant).find("one purpose") != std::string::npos);
    }
}

TEST_CASE("R1.1: a consent that the asking side collected comes with its proof") {
    Grant grant = consented();
    grant.consent->mode = ConsentMode::asker;
    CHECK_FALSE(fault_of(grant).empty());
    grant.consent->proof = "sha256:1234";
    CHECK(fault_of(grant).empty());
}

TEST_CASE("words are read as they are written") {
    for (const auto basis :
         {LegalBasis::consent, LegalBasis::contract, LegalBasis::legal_obligation,
          LegalBasis::vital_interests, LegalBasis::public_task, LegalBasis::legitimate_interests,
          LegalBasis::not_personal, LegalBasis::unrecorded})
        CHECK(legal_basis_from(to_word(basis)) == basis);
    for (const auto mode : {ConsentMode::asker, ConsentMode::holder})
        CHECK(consent_mode_from(to_word(mode)) == mode);
    CHECK_FALSE(legal_basis_from("because"));
    CHECK_FALSE(grant_state_from(""));
    CHECK(legal_basis_words().find("unrecorded") == std::string::npos);
}
