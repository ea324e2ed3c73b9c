#include "tests/scenarios/shelf.hpp"

#include <fmt/format.h>

#include "jobs/catalog_commands.hpp"
#include "proxy-core/federation/protocol.hpp"

namespace courant::test {
namespace {

std::string school(const Jid& self) {
    return fmt::format("{0}@{1}/school@{1}/", self.local(), self.domain());
}

std::shared_ptr<const CatalogRules> rules(const Jid& self) {
    SeriesDescription index{.series = "*/index", .meaning = "index"};
    index.offer = {.title = "The meter", .price = "on request", .to = Offered::peers};
    SeriesDescription open{.series = school(self) + "weather/*", .meaning = "instant"};
    open.offer = {.licence = "CC-BY-4.0", .to = Offered::everyone, .sample = true};
    auto made = std::make_shared<CatalogRules>();
    made->series = {index, open};
    return made;
}

}  // namespace

struct Shelf::Desk {
    Desk(const Jid& self, StoreThread& store) : catalog(rules(self), self, store) {}
    CatalogDesk catalog;
};

Shelf::Shelf(const Jid& self, StoreThread& store)
    : self_(self), store_(store), desk_(std::make_unique<Desk>(self, store)) {
    const Time first = from_timestamp("2026-11-20T00:00:00Z").value();
    store.ask([&](Mailboxes& m) {
        for (const char* series : {"pv/power", "secret/power", "index", "weather/temperature"})
            m.series().note({.name = school(self) + series,
                             .unit = "W",
                             .kind = senml::Kind::number,
                             .first = first,
                             .last = first + std::chrono::minutes(9),
                             .readings = 10,
                             .latest = {{first + std::chrono::minutes(9), 1234.5}}});
    });
}

Shelf::~Shelf() = default;

std::vector<Command> Shelf::commands() const {
    return {catalog_command(desk_->catalog, {}), about_command(card("Town")),
            directory_command(self_, card("Town"), store_, {})};
}

Card Shelf::card(const std::string& name) {
    return {.name = name,
            .contact = "data@town.example",
            .place = "Lorient",
            .latitude = 47.75,
            .longitude = -3.37,
            .code_of_conduct = "2026-1",
            .listed = true};
}

}  // namespace courant::test
