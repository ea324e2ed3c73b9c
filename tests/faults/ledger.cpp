#include "tests/faults/ledger.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <ostream>
#include <utility>

#include "proxy-core/mailbox/body.hpp"
#include "senml/codec.hpp"
#include "senml/name.hpp"

namespace courant::test {

namespace {

constexpr std::int64_t long_ago = 1'309'442'400'000;

// Every reading of a ledger has a value of its own.
double value_of(std::size_t row, int series) {
    return static_cast<double>(row) + series * 0.0625;
}

// What is in a message, whatever its encoding.
senml::Pack readings_of(const Message& message) {
    senml::Pack pack;
    REQUIRE(BodyReader().read(message.body, message.stored_at, pack));
    return pack;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Audit& audit) {
    return out << fmt::format("{} once, lost {}, twice {}, out of order {}, strange {}", audit.once,
                              audit.lost, audit.twice, audit.disorder, audit.strange);
}

void each_arrival(Mailboxes& m,
                  const std::function<void(const Arrival&, const senml::Pack&)>& callback) {
    std::int64_t position = 0;
    for (;;) {
        const auto page = m.inbox(position, {.messages = 256, .bytes = std::int64_t{16} << 20});
        if (page.empty()) return;
        for (const Arrival& arrival : page)
            if (arrival.message.records > 0)  // or a notice
                callback(arrival, readings_of(arrival.message));
        position = page.back().position;
    }
}

Ledger::Ledger(std::filesystem::path file, std::string tag, std::string jid, int series)
    : file_(std::move(file)), tag_(std::move(tag)), jid_(std::move(jid)), series_(series) {
    std::ofstream out(file_);
    out << "t";
    for (int i = 0; i < series_; ++i) {
        names_[senml::Name::parse(series_name(i))->senml()] = i;
        out << ",s" << i;
    }
    out << '\n';
}

std::string Ledger::series_name(int series) const {
    return fmt::format("{}/house@home.test/{}{}/power", jid_, tag_, series);
}

std::string Ledger::pattern() const {
    return fmt::format("{}/house@home.test/{}*", jid_, tag_);
}

std::string Ledger::adapter(const std::string& every) const {
    std::string text = fmt::format(
        "[adapters.{}]\ntype = \"csv\"\npath = \"{}\"\ntime_format = \"unix_ms\"\nseries = [\n",
        tag_, file_.string());
    for (int i = 0; i < series_; ++i)
        text += fmt::format("  {{ column = \"s{}\", name = \"{}\", unit = \"W\" }},\n", i,
                            series_name(i));
    return text +
           fmt::format("]\n\n[[extract]]\nadapter = \"{}\"\nevery = \"{}\"\n\n", tag_, every);
}

void Ledger::grow(int rows) {
    std::vector<std::int64_t> times;
    std::int64_t time = times_.empty() ? long_ago : times_.back();
    for (int i = 0; i < rows; ++i) times.push_back(time += 1000);
    append(times);
}

void Ledger::grow_now() {
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    append({times_.empty() ? now.count() : std::max(now.count(), times_.back() + 1)});
}

void Ledger::append(const std::vector<std::int64_t>& times) {
    std::string text;
    for (const std::int64_t time : times) {
        text += std::to_string(time);
        for (int i = 0; i < series_; ++i) text += fmt::format(",{}", value_of(times_.size(), i));
        text += '\n';
        times_.push_back(time);
    }
    std::ofstream(file_, std::ios::app | std::ios::binary) << text << std::flush;
}

std::int64_t Ledger::readings() const {
    return static_cast<std::int64_t>(times_.size()) * series_;
}

int Ledger::series_of(std::string_view senml_name) const {
    const auto found = names_.find(senml_name);
    return found == names_.end() ? -1 : found->second;
}

std::vector<double> Ledger::delays(Mailboxes& m, Time from, Time to) const {
    std::vector<double> delays;
    each_arrival(m, [&](const Arrival& arrival, const senml::Pack& pack) {
        for (std::size_t i = 0; i < pack.size(); ++i)
            if (series_of(pack.name(pack[i].name)) >= 0 && pack[i].time >= from &&
                pack[i].time < to)
                delays.push_back(
                    std::chrono::duration<double>(arrival.message.stored_at - pack[i].time)
                        .count());
    });
    return delays;
}

Audit Ledger::audit(Mailboxes& m, const std::string& peer) const {
    Audit audit;
    std::vector<bool> seen(times_.size() * static_cast<std::size_t>(series_), false);
    std::vector<std::size_t> next(static_cast<std::size_t>(series_), 0);
    each_arrival(m, [&](const Arrival& arrival, const senml::Pack& pack) {
        if (arrival.message.peer.to_string() != peer) return;
        for (std::size_t i = 0; i < pack.size(); ++i) {
            const int series = series_of(pack.name(pack[i].name));
            if (series < 0) continue;
            const std::int64_t time =
                pack[i].time.time_since_epoch() / std::chrono::milliseconds(1);
            const auto at = std::lower_bound(times_.begin(), times_.end(), time);
            const auto row = static_cast<std::size_t>(at - times_.begin());
            if (at == times_.end() || *at != time || pack[i].number != value_of(row, series)) {
                ++audit.strange;
                continue;
            }
            const auto column = static_cast<std::size_t>(series);
            auto reading = seen[row * static_cast<std::size_t>(series_) + column];
            if (reading) {
                ++audit.twice;
                continue;
            }
            reading = true;
            ++audit.once;
            if (row + 1 == times_.size()) audit.last = true;
            if (row < next[column]) ++audit.disorder;
            next[column] = std::max(next[column], row + 1);
        }
    });
    audit.lost = readings() - audit.once;
    return audit;
}

}  // namespace courant::test
