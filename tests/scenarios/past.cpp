#include "tests/scenarios/past.hpp"

#include <fmt/format.h>

#include <iostream>

#include "jobs/history_commands.hpp"
#include "proxy-core/federation/protocol.hpp"

namespace courant::test {
namespace {

std::string prefix(const Jid& self) {
    return fmt::format("{0}:{1}/school:{1}/", self.local(), self.domain());
}

class TenMinutes : public History {
  public:
    explicit TenMinutes(const Jid& self) : prefix_(prefix(self)) {}

    bool speaks(std::string_view series) const override { return series.starts_with(prefix_); }
    void read(const HistoryRange& range, const Call&, const TakeHistory& take) override {
        if (range.series.ends_with("away/power"))
            throw Error("db.internal: down", Retry::worthwhile);
        senml::Pack pack;
        const auto name = pack.intern_name(range.series);
        const auto watt = pack.intern_unit("W");
        const Time first = from_timestamp("2026-11-20T00:00:00Z").value();
        for (int minute = 0; minute < 10; ++minute) {
            const Time time = first + std::chrono::minutes(minute);
            if (time >= range.from && time < range.to) pack.add(name, watt, time, 100 + minute);
        }
        take(pack);
    }

  private:
    std::string prefix_;
};

std::vector<NamedHistory> ten_minutes(const Jid& self) {
    std::vector<NamedHistory> histories;
    histories.push_back({"past", std::make_unique<TenMinutes>(self)});
    return histories;
}

HistoryRules four_on_a_page() {
    HistoryRules rules;
    rules.page_bytes = std::size_t{4} * 80;
    return rules;
}

}  // namespace

struct Past::Desk {
    Desk(const Jid& self, StoreThread& store)
        : history(ten_minutes(self), store, grants_may_read(self), four_on_a_page(),
                  Logger(LogLevel::error, LogFormat::text, std::cerr), counters) {}

    Counters counters;
    HistoryDesk history;
};

Past::Past(const Jid& self, StoreThread& store)
    : self_(self), desk_(std::make_unique<Desk>(self, store)) {}

Past::~Past() = default;

std::vector<Command> Past::commands() const {
    return {history_command(desk_->history, self_),
            quoalise_history_command(desk_->history, self_, client_names(self_))};
}

std::vector<QuoaliseName> client_names(const Jid& self) {
    const auto series = [&](std::string_view levels) { return prefix(self) + std::string(levels); };
    return {{"urn:dev:prm:1_power", series("pv/power")},
            {"urn:dev:prm:2_power", series("away/power")},
            {"urn:dev:prm:3_power", series("secret/power")},
            {"urn:dev:prm:1_energy", series("pv/energy")},
            {"urn:dev:prm:12_power", series("pv/voltage")}};
}

}  // namespace courant::test
