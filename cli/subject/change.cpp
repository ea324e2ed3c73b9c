// `courant subject object`, `limit`, `resume` and `erase`: what a person decides, done wherever it
// has to be.
#include <fmt/format.h>

#include <chrono>
#include <limits>
#include <map>
#include <ostream>
#include <set>

#include "cli/store.hpp"
#include "cli/subject/request.hpp"
#include "proxy-core/access/exchange.hpp"
#include "proxy-core/catalog/series_book.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/mailbox/lane_id.hpp"

namespace courant::cli {
namespace {

/// Who is affected by a change.
struct Affected {
    /// Grants of the subject alone that have another state now, by peer.
    std::map<Jid, std::vector<std::string>> told;
    /// Peers with a grant for many, of which nothing changes but that this subject is left out.
    std::set<Jid> left_out;
};

// One transaction: the grants that are the subject's own, and what keeps it out of the others.
Affected change(Store& store, const std::string& subject, GrantState state,
                const std::string& reason, Time now) {
    Affected affected;
    store.commit([&](Mailboxes& m) {
        affected = {};
        const GrantsAbout about = grants_about(m, subject);
        for (const Grant& grant : about.alone) {
            // What has ended otherwise stays ended, unless it is to be erased.
            if (!may_become(grant.state, state)) continue;
            if (state != GrantState::erased && grant.state != GrantState::active) continue;
            change_grant(m, grant.id, state, reason, now);
            affected.told[grant.peer].push_back(grant.id);
        }
        for (const Grant& grant : about.among_many) affected.left_out.insert(grant.peer);
        m.subjects().put_objection(
            {.subject = subject, .kind = state, .reason = reason, .since = now});
    });
    return affected;
}

void tell(const Affected& affected, std::ostream& out) {
    for (const auto& [peer, grants] : affected.told)
        out << peer.to_string() << " is told (grant " << fmt::format("{}", fmt::join(grants, ", "))
            << ")\n";
    for (const Jid& peer : affected.left_out)
        if (!affected.told.contains(peer))
            out << peer.to_string()
                << " has a grant for many: it gets nothing more about this subject\n";
}

int stop(const SubjectRequest& request, GrantState state, const std::string& reason) {
    const std::string subject = request.subject();
    const Affected affected =
        change(request.store, subject, state, reason, std::chrono::system_clock::now());
    const SubjectNames who = request.names(subject);
    const auto why = fmt::format("the subject's readings are {}", to_word(state));
    TakenOut waiting = take_out(request.store, who, Scope::outbox, why);
    if (is_shared(request.config.store)) {
        // A worker may have been about to commit what it had begun before the objection stood.
        const TakenOut late = take_out(request.store, who, Scope::outbox, why);
        waiting.messages += late.messages;
        waiting.readings += late.readings;
    }
    tell(affected, request.console.err);
    request.console.err << fmt::format(
        "{}: nothing more goes ({}); {} readings that waited were taken out of {} messages\n",
        subject, to_word(state), waiting.readings, waiting.messages);
    return Exit::done;
}

// What an erasure would take, without taking it.
TakenOut found(const SubjectRequest& request, const SubjectNames& who) {
    TakenOut all;
    walk_holdings(request.store, who, [&](const Holding& one) {
        ++(one.place == Holding::Place::dead ? all.dead_letters : all.messages);
        all.readings += static_cast<std::int64_t>(one.about.size());
    });
    return all;
}

// Who has a grant for many hears which series have to go (Art. 19); who knows the subject by a
// pseudonym could not tell what is meant. Before what is known of the series is forgotten.
void tell_recipients(const SubjectRequest& request, const SubjectNames& who,
                     const std::string& reason, Time now) {
    std::set<Jid> told;
    request.store.commit([&](Mailboxes& m) {
        told.clear();
        for (const SeriesSeen& series :
             m.series().page("", std::numeric_limits<std::int64_t>::max())) {
            if (!who.means(series.name)) continue;
            const auto peers = tell_correction(m,
                                               {.id = make_lane_id(now).value,
                                                .kind = CorrectionNotice::Kind::erased,
                                                .series = series.name,
                                                .from = {},
                                                .to = now,
                                                .reason = reason},
                                               now);
            told.insert(peers.begin(), peers.end());
        }
    });
    for (const Jid& peer : told)
        request.console.err << peer.to_string() << " is told which series have to go\n";
}

void say(std::string_view verb, const TakenOut& what, std::ostream& out) {
    out << fmt::format("{}: {} readings in {} messages and {} dead letters\n", verb, what.readings,
                       what.messages, what.dead_letters);
}

}  // namespace

int object_for_subject(const SubjectRequest& request) {
    return stop(request, GrantState::objected, request.reason());
}

int limit_subject(const SubjectRequest& request) {
    std::string reason = request.reason();
    // It does not end by itself: who asked for it is to be told first (Art. 18(3)).
    if (const auto until = moment(request.given, "until"))
        reason += fmt::format(" (until {})", to_timestamp_for_people(*until));
    return stop(request, GrantState::limited, reason);
}

int resume_subject(const SubjectRequest& request) {
    const std::string subject = request.subject();
    const std::string reason = request.reason();
    const Time now = std::chrono::system_clock::now();
    Affected affected;
    bool there = false;
    request.store.commit([&](Mailboxes& m) {
        affected = {};
        there = false;
        Time since;
        for (const Objection& objection : m.subjects().objections()) {
            if (objection.subject != subject) continue;
            if (objection.kind == GrantState::erased)
                throw Error(subject +
                                " was erased; what it allows from now on is a new grant, and "
                                "courant subject resume is none",
                            Retry::useless);
            there = true;
            since = objection.since;
        }
        if (!there) return;
        m.subjects().remove_objection(subject);
        // Those that ended with it, and not what an administrator stopped for another reason.
        for (const Grant& grant : grants_about(m, subject).alone)
            if (grant.state_since == since && may_become(grant.state, GrantState::active)) {
                change_grant(m, grant.id, GrantState::active, reason, now);
                affected.told[grant.peer].push_back(grant.id);
            }
    });
    if (!there) {
        request.console.err << subject << " has neither objected nor is it limited\n";
        return Exit::failed;
    }
    tell(affected, request.console.err);
    request.console.err << subject
                        << ": its readings go again; tell the person before they do "
                           "(Art. 18(3))\n";
    return Exit::done;
}

// take_out knows all places that hold readings; who is who under pseudonyms is forgotten here.
int erase_subject(const SubjectRequest& request) {
    const std::string subject = request.subject();
    const SubjectNames who = request.names(subject);
    std::ostream& err = request.console.err;
    if (request.given.count("dry-run") > 0) {
        say("would go", found(request, who), err);
        const GrantsAbout about =
            read_from(request.store, [&](Mailboxes& m) { return grants_about(m, subject); });
        for (const Grant& grant : about.alone)
            if (may_become(grant.state, GrantState::erased))
                err << "would be erased, and told: grant " << grant.id << " to "
                    << grant.peer.to_string() << '\n';
        return Exit::done;
    }
    const std::string reason = request.reason();
    request.insist_on_yes("An erasure");
    const Time now = std::chrono::system_clock::now();
    const Affected affected = change(request.store, subject, GrantState::erased, reason, now);
    tell_recipients(request, who, reason, now);
    say("erased", take_out(request.store, who, Scope::everything, "erased"), err);
    if (std::filesystem::exists(request.config.pseudonyms.file))
        PseudonymRegister(request.config.pseudonyms.file).forget(subject);
    tell(affected, err);
    err << "not in our hands: what apps have got here, and backups of this store (README, "
           "\"What a person may ask\")\n";
    return Exit::done;
}

}  // namespace courant::cli
