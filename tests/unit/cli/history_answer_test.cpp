// What `courant history` takes of what a peer answers, and where it finds gaps.
#include "cli/history/answer.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <sstream>

#include "cli/history/gaps.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "senml/codec.hpp"

using namespace courant;
using namespace courant::cli;
using namespace std::chrono_literals;

namespace {

const std::string roof = "zabbix:lorient.example/school:lorient.example/pv/power";

Time at(int second) {
    return senml::from_unix_seconds(1'780'000'000 + second);
}

const HistoryRange asked{.series = roof, .from = at(0), .to = at(60)};

senml::Pack two(const std::string& series = roof, int first = 0) {
    senml::Pack pack;
    pack.add(pack.intern_name(series), pack.intern_unit("W"), at(first), 0.1);
    pack.add(pack.intern_name(series), pack.intern_unit("W"), at(first + 10), 2);
    return pack;
}

std::string sensml(const senml::Pack& pack) {
    return senml::write(senml::Format::xml, pack).value();
}

std::string digest_of(const senml::Pack& pack) {
    ReadingChain chain;
    chain.add(pack);
    return chain.text();
}

Element command(const std::string& attributes, const std::string& content = sensml(two())) {
    const auto element =
        read_stanza(fmt::format("<command xmlns='http://jabber.org/protocol/commands'>"
                                "<history xmlns='urn:courant:0' {}>{}</history></command>",
                                attributes, content));
    REQUIRE(element);
    return *element;
}

std::string fault_of(const Element& element) {
    HistoryTally tally;
    const auto answer = history_answer(element, asked, tally);
    CHECK(tally.readings == 0);
    CHECK(tally.digest == ReadingChain());
    return answer ? std::string() : answer.error();
}

}  // namespace

TEST_CASE("an answer whose count and digest are ours is confirmed, page after page") {
    HistoryTally tally;
    senml::Pack all = two();
    auto page = history_answer(command(fmt::format("count='2' next='{}' total='2' digest='{}'",
                                                   to_timestamp(at(20)), digest_of(all))),
                               asked, tally);
    REQUIRE(page);
    CHECK(page->next == at(20));
    for (std::size_t i = 0; i < 2; ++i) all.add_from(two(roof, 20), i);
    page = history_answer(command(fmt::format("count='2' total='4' digest='{}'", digest_of(all)),
                                  sensml(two(roof, 20))),
                          {roof, at(20), at(60)}, tally);
    REQUIRE(page);
    CHECK_FALSE(page->next);
    CHECK(tally.readings == 4);
    CHECK(tally.confirmed);
}

TEST_CASE("an answer that counts or digests something else is refused") {
    const std::string whole = "count='2' total='2'";
    CHECK(fault_of(command(whole + " digest='" + digest_of(two(roof, 1)) + "'")).find("digest") !=
          std::string::npos);
    CHECK(fault_of(command("count='2' total='3' digest='" + digest_of(two()) + "'"))
              .find("count or digest") != std::string::npos);
    CHECK(fault_of(command("count='3'")) == "it says 3 readings and holds 2");
}

TEST_CASE("a peer of an older version digests nothing, and is understood") {
    HistoryTally tally;
    CHECK(history_answer(command("count='2'"), asked, tally));
    CHECK_FALSE(tally.confirmed);
}

TEST_CASE("readings of another series, time or order, and pages that go back, are refused") {
    const std::string other = "a reading of another series or time";
    CHECK(fault_of(command("count='2'", sensml(two("zabbix:lorient.example/x:y/z")))) == other);
    CHECK(fault_of(command("count='2'", sensml(two(roof, 55)))) == other);
    CHECK(fault_of(command("count='2'", sensml(two(roof, -1)))) == other);
    CHECK(fault_of(command(fmt::format("count='2' next='{}'", to_timestamp(at(5))))) == other);
    for (const Time back : {at(0), at(-5), at(60)})
        CHECK(fault_of(command(fmt::format("count='2' next='{}'", to_timestamp(back))))
                  .starts_with("it goes on at"));
    CHECK(fault_of(command("status='accepted'")) == "it says to come again, and not when");
}

TEST_CASE("who has to wait for an app's quota is told until when") {
    HistoryTally tally;
    const auto answer = history_answer(
        command("status='accepted' count='0' after='2026-11-20T10:00:00Z'", ""), asked, tally);
    REQUIRE(answer);
    CHECK(answer->after == from_timestamp("2026-11-20T10:00:00Z"));
}

TEST_CASE("a gap is told from where a reading should have been until one is, and nothing else") {
    const auto gaps_of = [](std::optional<std::chrono::nanoseconds> period, int from, int to) {
        std::ostringstream out;
        Gaps gaps(period, at(from), out);
        gaps.look_at(two());
        gaps.look_at(two(roof, 40));
        gaps.end(at(to));
        return out.str();
    };
    const auto gap = [](int from, int to) {
        return "gap," + to_timestamp(at(from)) + ',' + to_timestamp(at(to)) + '\n';
    };
    CHECK(gaps_of(10s, 0, 60) == gap(20, 40));
    CHECK(gaps_of(10s, -10, 70) == gap(-10, 0) + gap(20, 40) + gap(60, 70));
    CHECK(gaps_of(8s, 0, 60) == gap(18, 40));
    CHECK(gaps_of(30s, 0, 60).empty());
    CHECK(gaps_of(std::nullopt, -99, 99).empty());
}
