// `courant subject show`: who may have what about somebody, who has got it, and what is here.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>
#include <tuple>

#include "cli/subject/portrait.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "senml/name.hpp"

namespace courant::cli {
namespace {

using nlohmann::ordered_json;

ordered_json consent_told(const Consent& consent) {
    return {{"mode", to_word(consent.mode)},
            {"collected_by", consent.collected_by},
            {"collected_at", to_timestamp_for_people(consent.collected_at)},
            {"method", consent.method},
            {"text_version", consent.text_version},
            {"proof", consent.proof},
            {"guardian", consent.guardian}};
}

/// What is held in one place, from or for one peer, under one grant.
struct Heap {
    std::int64_t messages = 0;
    std::int64_t readings = 0;
    std::optional<Time> first;
    std::optional<Time> last;

    void add(const Holding& one) {
        ++messages;
        readings += static_cast<std::int64_t>(one.about.size());
        for (const senml::Record& record : one.about.records()) {
            first = std::min(first.value_or(record.time), record.time);
            last = std::max(last.value_or(record.time), record.time);
        }
    }
};

/// All that is held.
struct Heaps {
    std::map<std::tuple<std::string, std::string, std::string>, Heap> heaps;
    std::set<std::string> series;

    void add(const Holding& one) {
        const std::string peer =
            one.message.peer.local().empty() ? "" : one.message.peer.to_string();
        heaps[{std::string(to_word(one.place)), peer, one.message.envelope.grant}].add(one);
        for (std::size_t i = 0; i < one.about.name_count(); ++i)
            series.insert(
                named_series(one.about.name(senml::NameId{static_cast<std::uint32_t>(i)})).name);
    }
    ordered_json told() const {
        ordered_json rows = ordered_json::array();
        for (const auto& [key, heap] : heaps)
            rows.push_back({{"place", std::get<0>(key)},
                            {"peer", std::get<1>(key)},
                            {"grant", std::get<2>(key)},
                            {"messages", heap.messages},
                            {"readings", heap.readings},
                            {"first", time_or_null(heap.first)},
                            {"last", time_or_null(heap.last)}});
        return rows;
    }
};

// A table has no room for what is nested.
ordered_json flat(const ordered_json& grants) {
    ordered_json rows = ordered_json::array();
    for (const ordered_json& grant : grants)
        rows.push_back({{"grant", grant["grant"]},
                        {"peer", grant["peer"]},
                        {"series", grant["series"]},
                        {"purpose", grant["purpose"]},
                        {"basis", grant["basis"]},
                        {"state", grant["state"]},
                        {"until", grant["until"]},
                        {"retain", grant["retain"]},
                        {"for_many", grant["for_many"]},
                        {"readings", grant["received"]["readings"]}});
    return rows;
}

}  // namespace

ordered_json grant_told(const Grant& grant, const std::vector<Transfer>& transfers, Time now) {
    const auto received =
        std::find_if(transfers.begin(), transfers.end(),
                     [&](const Transfer& transfer) { return transfer.grant == grant.id; });
    const Transfer none;
    const Transfer& had = received == transfers.end() ? none : *received;
    const bool any = had.messages > 0;
    const bool for_many = grant.subject.find('*') != std::string::npos;
    // What stands in a record for many may be about one of the others.
    std::optional<Consent> consent = grant.consent;
    if (consent && for_many) consent->proof = consent->guardian = "";
    return {{"grant", grant.id},
            {"peer", grant.peer.to_string()},
            {"series", grant.series},
            {"subject", grant.subject},
            {"for_many", for_many},
            {"purpose", grant.purpose},
            {"basis", to_word(grant.basis)},
            {"retain", grant.retain},
            {"history", grant.history},
            {"resolution", grant.resolution},
            {"pseudonym", grant.pseudonym},
            {"from", to_timestamp_for_people(grant.from)},
            {"until", time_or_null(grant.until)},
            {"state", to_word(grant.state)},
            {"state_since", to_timestamp_for_people(grant.state_since)},
            {"state_reason", for_many ? "" : grant.state_reason},
            {"valid_now", obstacle(grant, now).empty()},
            {"consent", consent ? consent_told(*consent) : ordered_json(nullptr)},
            {"received",
             {{"messages", had.messages},
              {"readings", had.readings},
              {"first", time_or_null(any ? std::optional(had.first_at) : std::nullopt)},
              {"last", time_or_null(any ? std::optional(had.last_at) : std::nullopt)}}}};
}

ordered_json rights_told(const SubjectRequest& request, const std::string& subject) {
    const Time now = std::chrono::system_clock::now();
    return read_from(request.store, [&](Mailboxes& m) {
        const GrantsAbout about = grants_about(m, subject);
        const auto transfers = m.subjects().transfers();
        ordered_json all{
            {"subject", subject}, {"objection", nullptr}, {"grants", ordered_json::array()}};
        for (const auto* grants : {&about.alone, &about.among_many})
            for (const Grant& grant : *grants)
                all["grants"].push_back(grant_told(grant, transfers, now));
        for (const Objection& objection : m.subjects().objections())
            if (objection.subject == subject)
                all["objection"] = {{"state", to_word(objection.kind)},
                                    {"since", to_timestamp_for_people(objection.since)},
                                    {"reason", objection.reason}};
        return all;
    });
}

int show_subject(const SubjectRequest& request) {
    const std::string subject = request.subject();
    ordered_json all = rights_told(request, subject);
    Heaps heaps;
    walk_holdings(request.store, request.names(subject),
                  [&](const Holding& one) { heaps.add(one); });
    all["held"] = heaps.told();
    all["series"] = heaps.series;
    std::ostream& out = request.console.out;
    if (listing_of(request.given) == Listing::json) {
        out << all.dump(2, ' ', false, ordered_json::error_handler_t::replace) << '\n';
        return Exit::done;
    }
    if (const auto& objection = all["objection"]; !objection.is_null())
        out << one_line(fmt::format("{} since {}: {}", objection["state"].get<std::string>(),
                                    objection["since"].get<std::string>(),
                                    objection["reason"].get<std::string>()))
            << "\n\n";
    out << "Grants (of one for many, the readings are of all of them):\n";
    print_list(out, flat(all["grants"]), Listing::table);
    out << "\nHeld here:\n";
    print_list(out, all["held"], Listing::table);
    out << "\nSeries held here:\n";
    for (const std::string& series : heaps.series) out << "  " << one_line(series) << '\n';
    return Exit::done;
}

}  // namespace courant::cli
