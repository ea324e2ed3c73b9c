#include "adapters/zabbix/zabbix.hpp"

#include "adapters/zabbix/history.hpp"
#include "adapters/zabbix/sink.hpp"
#include "adapters/zabbix/source.hpp"

namespace courant {
namespace {

using enum Property::Type;

constexpr Property series_items[] = {
    {.name = "name",
     .type = text,
     .need = Need::required,
     .help = "the series' federated name: app@server/subject@server/level…"},
    {.name = "host", .type = text, .help = "technical name of the item's host"},
    {.name = "key", .type = text, .help = "the item's key, as Zabbix shows it"},
    {.name = "itemid", .type = text, .help = "the item's number, in place of host and key"},
    {.name = "unit",
     .type = text,
     .help = "unit of the item's values (W, kWh, %RH…), where the item's own units do not say it"},
};

constexpr Property map_items[] = {
    {.name = "name",
     .type = text,
     .need = Need::required,
     .help = "the series' federated name, or * for all that no other table names"},
    {.name = "host",
     .type = text,
     .need = Need::required,
     .help = "technical name of the host; with *, a pattern such as {subject}"},
    {.name = "key",
     .type = text,
     .need = Need::required,
     .help = "the trapper item's key; with *, a pattern such as courant[{path}]"},
    {.name = "unit",
     .type = text,
     .help = "unit that the item holds, where it is not the reading's and no API tells: kWh"},
};

constexpr Property properties[] = {
    {.name = "url",
     .type = text,
     .help = "address of Zabbix's front end; a source needs it, a sink checks values with it"},
    {.name = "token", .type = secret, .help = "API token (Zabbix 5.4 or later)"},
    {.name = "user", .type = text, .help = "API user, where there is no token"},
    {.name = "password", .type = secret, .help = "the user's password"},
    {.name = "ca_file",
     .type = path,
     .help = "PEM file with the certificates to trust for https, in place of the system's"},
    {.name = "timeout",
     .type = duration,
     .fallback = "30s",
     .help = "how long to wait for one answer"},
    {.name = "start",
     .type = duration,
     .help = "how far back a new series begins; without it, at the oldest value that Zabbix has"},
    {.name = "overlap",
     .type = duration,
     .fallback = "10m",
     .help = "how far behind the newest value late values are looked for"},
    {.name = "page",
     .type = integer,
     .fallback = "1000",
     .unit = "values",
     .help = "values asked for in one request, 1 to 50000"},
    {.name = "series", .type = tables, .help = "what the source extracts", .items = series_items},
    {.name = "trapper",
     .type = text,
     .help = "host:port of the server's or proxy's trapper; a sink needs it"},
    {.name = "batch",
     .type = integer,
     .fallback = "1000",
     .unit = "values",
     .help = "values sent in one request, 1 to 1000"},
    {.name = "map", .type = tables, .help = "where the sink writes", .items = map_items},
};

}  // namespace

const Adapter& zabbix_adapter() {
    static constexpr Adapter adapter{
        .name = "zabbix",
        .version = "1",
        .summary = "Zabbix 5.0 to 7.x: item history through the API, values in by the trapper",
        .properties = properties,
        .source = &zabbix::make_source,
        .sink = &zabbix::make_sink,
        .history = &zabbix::make_history};
    return adapter;
}

}  // namespace courant
