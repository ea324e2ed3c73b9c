// How fast the whole durable way is, as ratios in one run: see tests/bench/README.md.
//
//     delivery_bench [--readings N] [throughput] [latency] [mqtt] [backlog] [enqueue]
#define DOCTEST_CONFIG_IMPLEMENT  // the stage that tests share asserts; here nothing else does
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "senml/codec.hpp"
#include "tests/bench/delivery/bare_client.hpp"
#include "tests/bench/delivery/enqueue.hpp"
#include "tests/bench/delivery/latency.hpp"
#include "tests/bench/delivery/mqtt_bridge.hpp"
#include "tests/bench/delivery/payload.hpp"
#include "tests/bench/delivery/proxies.hpp"
#include "tests/support/temp_dir.hpp"

namespace {

using namespace courant;
using namespace courant::bench;
using test::ServerKind;

constexpr std::string_view xml_only = "[federation]\npacked = false\n";
constexpr std::string_view packed = "[limits]\npacked_records_per_message = 5000\n";

template <typename... Values>
void say(fmt::format_string<Values...> text, Values&&... values) {
    std::cout << fmt::format(text, std::forward<Values>(values)...) << std::flush;
}

void goal(std::string_view what, double got, bool reached) {
    say("    {} {:.2f}: {}\n", reached ? "reached" : "MISSED ", got, what);
}

/// Two servers of one make, which have spoken to each other.
template <typename Work>
void on_pair(ServerKind kind, Work work) {
    test::XmppServers servers;
    test::XmppServer& from =
        servers.add(kind, "home.test", {{"home", "secret"}, {"bare-a", "secret"}});
    test::XmppServer& to =
        servers.add(kind, "coop.test", {{"coop", "secret"}, {"bare-b", "secret"}});
    const Pair pair{servers, from, to};
    push_bare(pair, {live_stanza("bare-b@coop.test")});
    work(pair);
}

struct Make {
    ServerKind kind;
    std::string_view name;
    double packed_goal;  ///< times the bare client
};
constexpr Make makes[] = {{ServerKind::prosody, "Prosody", 8},
                          {ServerKind::ejabberd, "ejabberd", 2.5}};

void row(std::string_view label, std::size_t readings, double bare, const Carried& ours) {
    say("  {:<24}{:>12.0f}{:>8.2f}{:>10.2f}{:>10.1f}{:>10.1f}{:>10.1f}\n", label,
        static_cast<double>(readings) / ours.seconds, bare / ours.seconds,
        ours.cpu_seconds / static_cast<double>(readings) * 1e6, ours.sender_peak_mib,
        ours.receiver_peak_mib, ours.store_mib);
}

void throughput(std::size_t readings) {
    say("\n{} readings from a file to the receiver's inbox, all of it durable; the bare client "
        "keeps "
        "nothing\n  {:<24}{:>12}{:>8}{:>10}{:>10}{:>10}{:>10}\n",
        readings, "", "readings/s", "ratio", "us CPU", "send MiB", "recv MiB", "file MiB");
    const auto packs = make_packs(readings);
    const auto stanzas = stanzas_of(packs, "bare-b@coop.test");
    for (const Make& make : makes)
        on_pair(make.kind, [&](const Pair& pair) {
            const auto csv = pair.servers.root() / "readings.csv";
            write_csv(packs, csv);
            const double bare = push_bare(pair, stanzas);
            say("  {:<24}{:>12.0f}{:>8.2f}\n", fmt::format("{}, bare client", make.name),
                static_cast<double>(readings) / bare, 1.0);
            const Carried xml = carry(pair, csv, readings, std::string(xml_only));
            row(fmt::format("{}, XML", make.name), readings, bare, xml);
            const Carried small = carry(pair, csv, readings, std::string(packed));
            row(fmt::format("{}, packed", make.name), readings, bare, small);
            goal("times the bare client with XML packs; at least 0.8", bare / xml.seconds,
                 bare / xml.seconds >= 0.8);
            goal(fmt::format("times the bare client with packed packs; at least {}",
                             make.packed_goal),
                 bare / small.seconds, bare / small.seconds >= make.packed_goal);
        });
}

void latency(std::size_t) {
    constexpr std::size_t count = 3000;
    say("\nLatency of live readings in ms, 500 a second; of the bare client, one at a time\n"
        "  {:<24}{:>10}{:>10}{:>10}\n",
        "", "p50", "p99", "most");
    const auto tell = [](const std::string& label, const std::vector<double>& seconds) {
        say("  {:<24}{:>10.2f}{:>10.2f}{:>10.2f}\n", label, 1e3 * percentile(seconds, 0.5),
            1e3 * percentile(seconds, 0.99), 1e3 * percentile(seconds, 1));
    };
    for (const Make& make : makes)
        on_pair(make.kind, [&](const Pair& pair) {
            const auto bare = ping_bare(pair, live_stanza("bare-b@coop.test"), count);
            tell(fmt::format("{}, bare client", make.name), bare);
            const auto ours = live_latency(pair, count, std::chrono::microseconds(2000));
            tell(fmt::format("{}, durable", make.name), ours);
            const double times = percentile(ours, 0.5) / percentile(bare, 0.5);
            goal("p50 in times the bare client's; at most 4", times, times <= 4);
            const double p99 = 1e3 * percentile(ours, 0.99);
            goal("p99 in ms; under 15", p99, p99 < 15);
        });
}

std::vector<std::string> json_of(const std::vector<senml::Pack>& packs, std::size_t readings,
                                 std::size_t in_one) {
    std::vector<std::string> texts;
    senml::Pack part;
    std::size_t taken = 0;
    for (const auto& pack : packs)
        for (std::size_t i = 0; i < pack.size() && taken < readings; ++i) {
            part.add_from(pack, i);
            if (++taken % in_one != 0) continue;
            texts.push_back(*senml::write(senml::Format::json, part));
            part.clear();
        }
    return texts;
}

void mqtt(std::size_t readings) {
    if (!has_mosquitto()) {
        say("\nno mosquitto here\n");
        return;
    }
    const std::size_t singly = std::min<std::size_t>(readings, 20'000);
    const auto packs = make_packs(readings);
    say("\nThe same readings over a mosquitto bridge with persistence, in SenML JSON\n"
        "  {:<36}{:>12}\n",
        "", "readings/s");
    std::map<Persistence, double> batched;
    for (const auto persistence : {Persistence::half_hourly, Persistence::every_change}) {
        const bool durable = persistence == Persistence::every_change;
        for (const int qos : {1, 2}) {
            for (const std::size_t in_one : {std::size_t{1}, readings_per_message}) {
                const std::size_t count = in_one > 1 ? readings : durable ? 1'000 : singly;
                const test::TempDir folder;
                const double rate =
                    static_cast<double>(count) / push_over_bridge(folder.path(), qos, persistence,
                                                                  json_of(packs, count, in_one));
                say("  {:<36}{:>12.0f}\n",
                    fmt::format("QoS {}, {} in a message{}", qos, in_one,
                                durable ? ", written" : ""),
                    rate);
                if (qos == 2 && in_one > 1) batched[persistence] = rate;
            }
        }
    }
    on_pair(ServerKind::ejabberd, [&](const Pair& pair) {
        const auto csv = pair.servers.root() / "readings.csv";
        write_csv(packs, csv);
        const Carried ours = carry(pair, csv, readings, std::string(packed));
        const double rate = static_cast<double>(readings) / ours.seconds;
        say("  {:<36}{:>12.0f}\n", "Courant, ejabberd, packed", rate);
        for (const auto& [persistence, other] : batched)
            goal(persistence == Persistence::every_change
                     ? "times QoS 2 batched, written at every change; more than 3"
                     : "times QoS 2 batched, written every half hour; more than 3",
                 rate / other, rate / other > 3);
    });
}

void backlog(std::size_t most) {
    say("\nA backlog drained over ejabberd\n  {:<24}{:>12}{:>8}{:>10}{:>10}{:>10}{:>10}\n",
        "readings", "readings/s", "", "us CPU", "send MiB", "recv MiB", "file MiB");
    std::vector<Carried> all;
    for (std::size_t readings = 10'000; readings <= most; readings *= 10)
        on_pair(ServerKind::ejabberd, [&](const Pair& pair) {
            const auto csv = pair.servers.root() / "readings.csv";
            write_csv(make_packs(readings), csv);
            all.push_back(drain_backlog(pair, csv, readings, std::string(packed)));
            row(std::to_string(readings), readings, 0, all.back());
        });
    if (all.size() < 2) return;
    const double growth = all.back().sender_peak_mib / all.front().sender_peak_mib;
    goal("times the sender's memory of the smallest backlog; flat: below 2", growth, growth < 2);
}

void enqueue(std::size_t) {
    say("\nDurable enqueue against a bare batched insert, messages/s\n  {:<24}{:>12}{:>12}{:>8}\n",
        "bytes, per commit", "bare", "ours", "ratio");
    const test::TempDir folder;
    for (const std::size_t bytes : {300, 2'000, 20'000})
        for (const std::size_t per_commit : {32, 256}) {
            const auto rates = measure_enqueue(folder / fmt::format("{}-{}", bytes, per_commit),
                                               bytes, per_commit);
            say("  {:<24}{:>12.0f}{:>12.0f}{:>8.2f}\n", fmt::format("{}, {}", bytes, per_commit),
                rates.bare, rates.ours, rates.ours / rates.bare);
            goal("of the bare insert; at least 0.6", rates.ours / rates.bare,
                 rates.ours / rates.bare >= 0.6);
        }
}

}  // namespace

int main(int argc, char** argv) {
    const std::map<std::string_view, std::function<void(std::size_t)>> sections = {
        {"throughput", throughput},
        {"latency", latency},
        {"mqtt", mqtt},
        {"backlog", backlog},
        {"enqueue", enqueue}};
    std::size_t readings = 400'000;
    std::vector<std::string_view> chosen;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--readings" && i + 1 < argc) {
            readings = static_cast<std::size_t>(std::max(1'000L, std::atol(argv[++i])));
        } else if (sections.contains(word)) {
            chosen.push_back(word);
        } else {
            std::cerr << "delivery_bench [--readings N] [throughput] [latency] [mqtt] [backlog] "
                         "[enqueue]\n";
            return 2;
        }
    }
    if (chosen.empty()) chosen = {"enqueue", "latency", "throughput", "mqtt", "backlog"};
    std::signal(SIGPIPE, SIG_IGN);
    doctest::Context asserts;
    asserts.setAsDefaultForAssertsOutOfTestCases();
    asserts.setAssertHandler([](const doctest::AssertData& failed) {
        throw std::runtime_error(std::string(failed.m_file) + ": " + failed.m_expr);
    });
    try {
        for (const auto section : chosen) sections.find(section)->second(readings);
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
