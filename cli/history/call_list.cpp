#include "cli/history/call_list.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "proxy-core/access/call_book.hpp"
#include "proxy-core/access/grant.hpp"
#include "proxy-core/federation/protocol.hpp"

namespace courant::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::int64_t page = 500;

ordered_json row(const RecordedCall& call) {
    return {{"called", to_timestamp_for_people(call.called_at)},
            {"asker", call.asker.to_string()},
            {"series", named_series(call.series).name},
            {"from", to_timestamp_for_people(call.from)},
            {"to", to_timestamp_for_people(call.to)},
            {"grant", call.grant},
            {"request", call.request},
            {"state", to_word(call.state)},
            {"readings", call.readings},
            {"through", call.through ? ordered_json(to_timestamp_for_people(*call.through))
                                     : ordered_json(nullptr)},
            {"error", call.error}};
}

// What a table has no room for.
void add_details(ordered_json& row, const RecordedCall& call) {
    row["digest"] = call.digest;
    row["pages"] = call.pages;
    row["last"] = to_timestamp_for_people(call.last_at);
    row["finished"] = call.finished_at ? ordered_json(to_timestamp_for_people(*call.finished_at))
                                       : ordered_json(nullptr);
}

}  // namespace

int list_calls(Store& store, const std::string& grant, Listing listing, Console& console) {
    ordered_json rows = ordered_json::array();
    for (std::int64_t after = 0;;) {
        const auto calls =
            read_from(store, [&](Mailboxes& m) { return m.calls().calls(after, page); });
        if (calls.empty()) break;
        for (const RecordedCall& call : calls) {
            if (!grant.empty() && call.grant != grant) continue;
            rows.push_back(row(call));
            if (listing == Listing::json) add_details(rows.back(), call);
        }
        after = calls.back().id;
    }
    print_list(console.out, rows, listing);
    return Exit::done;
}

}  // namespace courant::cli
