// What the two encodings of a pack cost and save, room by room, in one process and one thread: from
// the adapter's pack to the receiver's, without servers.
//
//     build/bench/tests/bench/packed_bench [readings]         at least so many in each measurement
//
// Two tables: the bytes of a stanza and the CPU of both ends by the number of readings in it, and
// the way of a reading room by room. What the servers save stands in README.md, measured with real
// ones.
#include <fmt/format.h>
#include <strophe.h>

#include <ctime>
#include <functional>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "jobs/dispatch.hpp"
#include "proxy-core/federation/intake.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "proxy-core/mailbox/sqlite_store.hpp"
#include "tests/support/open_grant.hpp"
#include "tests/support/temp_dir.hpp"

namespace {

using namespace courant;

const Jid home = Jid::parse("home@home.test").value();
const Jid coop = Jid::parse("coop@coop.test").value();
constexpr std::int64_t begin_seconds = 1'780'000'000;

/// The kinds of packs that go through a proxy.
enum class Shape {
    curve,  ///< one series, half-hourly, three decimals
    pair,   ///< two series, a reading of each in turn, as two columns of a file give them
    rooms,  ///< twenty series, all at each minute, one decimal
};

std::string_view to_word(Shape shape) {
    switch (shape) {
        case Shape::curve:
            return "one series, 3 decimals";
        case Shape::pair:
            return "two series in turn";
        case Shape::rooms:
            return "twenty series in turn, 1 decimal";
    }
    return {};
}

senml::Pack pack_of(Shape shape, std::size_t records) {
    std::mt19937_64 random(7);
    senml::Pack pack;
    const std::size_t series = shape == Shape::curve ? 1 : shape == Shape::pair ? 2 : 20;
    std::vector<senml::NameId> names;
    for (std::size_t i = 0; i < series; ++i)
        names.push_back(pack.intern_name(
            fmt::format("home:home.test/house:home.test/floor-2/room-{}/power", i)));
    const auto watt = pack.intern_unit("W");
    const std::int64_t step = shape == Shape::rooms ? 60 : 1800;
    for (std::size_t i = 0; i < records; ++i) {
        const auto time =
            senml::from_unix_seconds(begin_seconds + step * static_cast<std::int64_t>(i / series));
        const auto drawn = static_cast<double>(random() % 4'000'000);
        const double value = shape == Shape::curve ? drawn / 1000
                             : shape == Shape::pair
                                 ? static_cast<double>(static_cast<int>(drawn) / 1000)
                                 : static_cast<double>(static_cast<int>(drawn) / 10'000) / 10;
        pack.add(names[i % series], watt, time, value);
    }
    return pack;
}

double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Nanoseconds of CPU that one run takes: the best of three times as many runs as `times`.
double nanoseconds(std::size_t times, const std::function<void()>& run) {
    double best = 0;
    run();
    for (int round = 0; round < 3; ++round) {
        const double begin = cpu_seconds();
        for (std::size_t i = 0; i < times; ++i) run();
        const double each = (cpu_seconds() - begin) * 1e9 / static_cast<double>(times);
        if (round == 0 || each < best) best = each;
    }
    return best;
}

std::vector<Outgoing> cut(const senml::Pack& pack, Encodings encodings, Dispatcher& dispatcher) {
    const Subscription all{
        .id = 1, .peer = coop, .series = "*", .retain = "P3Y", .grant = "G", .added_at = {}};
    const Grant grant = test::open_grant(coop, "G");
    const Peer peer{.jid = coop,
                    .relay = false,
                    .added_at = {},
                    .xml_only = encodings == Encodings::xml_only,
                    .packed = true};
    RememberedAudience audience(std::make_shared<const Audience>(
        std::span(&all, 1), std::span(&grant, 1), std::span(&peer, 1), Time{}));
    return dispatcher.dispatch(pack, audience).messages;
}

DispatchRules rules(std::size_t records) {
    return {.self = home, .records_per_message = records, .packed_records_per_message = records};
}

Readings received(const std::string& stanza) {
    const auto element = read_stanza(stanza);
    if (!element) throw std::runtime_error(element.error());
    auto payload = payload_of(*element);
    if (!payload || !*payload) throw std::runtime_error("no payload");
    return std::get<Readings>(std::move(**payload));
}

// --- by the number of readings

void print_sizes(Shape shape, std::size_t readings) {
    std::cout << fmt::format("\n{}\n{:>9}{:>12}{:>12}{:>9}{:>22}{:>22}\n", to_word(shape),
                             "readings", "XML bytes", "packed", "goes", "writes XML  packed, ns",
                             "reads XML  packed, ns");
    for (const std::size_t records : {1, 2, 5, 10, 20, 100, 500, 2000, 5000}) {
        const auto pack = pack_of(shape, records);
        senml::Writer writer;
        BodyWriter compactor;
        BodyReader reader;
        senml::Pack into;
        std::string xml;
        std::string compact;
        const std::size_t times = readings / records + 1;
        const double writes_xml = nanoseconds(
            times, [&] { static_cast<void>(writer.write(senml::Format::xml, pack, xml)); });
        const double writes_packed = nanoseconds(times, [&] {
            compact = compactor.compact(pack).value();
            std::string text;
            append_pack(text, compact);
        });
        const double reads_xml =
            nanoseconds(times, [&] { static_cast<void>(reader.read(xml, Time{}, into)); });
        const double reads_packed =
            nanoseconds(times, [&] { static_cast<void>(reader.read(compact, Time{}, into)); });
        const auto each = static_cast<double>(records);
        std::cout << fmt::format(
            "{:>9}{:>12}{:>12}{:>9}{:>13.1f}{:>9.1f}{:>13.1f}{:>9.1f}\n", records, xml.size(),
            pack_bytes(compact), pack_bytes(compact) < xml.size() ? "packed" : "XML",
            writes_xml / each, writes_packed / each, reads_xml / each, reads_packed / each);
    }
}

// --- room by room

struct Row {
    std::string_view room;
    double xml = 0;
    double packed = 0;
};

/// Nanoseconds per reading in each room.
std::vector<double> way_of(Shape shape, Encodings encodings, std::size_t records,
                           std::size_t readings) {
    constexpr std::size_t messages = 32;
    const auto pack = pack_of(shape, records * messages);
    const std::size_t times = readings / pack.size() + 1;
    const auto per_reading = static_cast<double>(pack.size());
    Dispatcher dispatcher(rules(records));
    std::vector<Outgoing> cuts;
    std::vector<double> way;
    const auto measure = [&](std::size_t runs, const std::function<void()>& run) {
        way.push_back(nanoseconds(runs, run) / per_reading);
    };
    measure(times, [&] { cuts = cut(pack, encodings, dispatcher); });

    const test::TempDir dir;
    const auto store = open_sqlite_store(dir / "outbox.db");
    store->commit([](Mailboxes& m) {
        m.put_peer({.jid = coop});
        m.access().add_grant(test::open_grant(coop, "G"));
    });
    LaneId lane;
    Seq last = 0;
    measure(times, [&] {
        store->commit([&](Mailboxes& m) {
            for (const Outgoing& outgoing : cuts) std::tie(lane, last) = m.enqueue(outgoing, {});
        });
    });
    std::vector<Message> fetched;
    measure(times, [&] {
        store->read([&](Mailboxes& m) { fetched = m.outbox(lane, 0, {.messages = messages}); });
    });
    std::vector<std::string> stanzas;
    measure(times, [&] {
        stanzas.clear();
        for (const Message& message : fetched) stanzas.push_back(to_stanza(message));
    });
    xmpp_ctx_t* const context = xmpp_ctx_new(nullptr, nullptr);
    std::vector<std::string> texts;
    measure(times / 8 + 1, [&] {  // as libstrophe does with what it receives: parsed, written twice
        texts.clear();
        for (const std::string& stanza : stanzas) {
            xmpp_stanza_t* const parsed = xmpp_stanza_new_from_string(context, stanza.c_str());
            for (int i = 0; i < 2; ++i) {
                char* text = nullptr;
                std::size_t size = 0;
                xmpp_stanza_to_text(parsed, &text, &size);
                if (i == 1) texts.emplace_back(text, size);
                xmpp_free(context, text);
            }
            xmpp_stanza_release(parsed);
        }
    });
    xmpp_ctx_free(context);
    std::vector<Readings> arrived;
    measure(times, [&] {
        arrived.clear();
        for (const std::string& text : texts) arrived.push_back(received(text));
    });
    BodyReader reader;
    senml::Pack into;
    measure(times, [&] {
        for (const Readings& readings_ : arrived)
            if (const auto found = inspect(readings_, home, coop, Time{}, reader, into);
                !found.fault.empty())
                throw std::runtime_error(found.fault);
    });
    const auto inbox = open_sqlite_store(dir / "inbox.db");
    Seq seq = 0;
    measure(times, [&] {
        inbox->commit([&](Mailboxes& m) {
            for (const Readings& readings_ : arrived)
                m.take_in({.peer = home,
                           .lane = lane,
                           .seq = ++seq,
                           .envelope = readings_.envelope,
                           .body = readings_.body,
                           .records = static_cast<std::int64_t>(records),
                           .stored_at = {}},
                          {});
        });
    });
    measure(times, [&] {
        for (const Readings& readings_ : arrived)
            static_cast<void>(reader.read(readings_.body, Time{}, into));
    });
    return way;
}

void print_way(Shape shape, std::size_t readings) {
    constexpr std::string_view rooms[] = {
        "cut and write",  "outbox, commit",     "outbox, read",
        "stanza",         "libstrophe's parse", "read the stanza",
        "check the pack", "inbox, commit",      "read for the sink"};
    const auto xml = way_of(shape, Encodings::xml_only, 500, readings);
    const auto packed = way_of(shape, Encodings::xml_and_packed, 2000, readings);
    std::cout << fmt::format("\n{}: ns of CPU for a reading\n{:<22}{:>10}{:>10}\n", to_word(shape),
                             "", "XML, 500", "packed, 2000");
    double sum_xml = 0;
    double sum_packed = 0;
    for (std::size_t i = 0; i < xml.size(); ++i) {
        std::cout << fmt::format("{:<22}{:>10.1f}{:>10.1f}\n", rooms[i], xml[i], packed[i]);
        sum_xml += xml[i];
        sum_packed += packed[i];
    }
    std::cout << fmt::format("{:<22}{:>10.1f}{:>10.1f}   {:.2f} and {:.2f} million/s of one core\n",
                             "all", sum_xml, sum_packed, 1e3 / sum_xml, 1e3 / sum_packed);
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t readings = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
    try {
        for (const Shape shape : {Shape::curve, Shape::pair, Shape::rooms})
            print_sizes(shape, readings / 10);
        for (const Shape shape : {Shape::curve, Shape::pair, Shape::rooms})
            print_way(shape, readings);
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
