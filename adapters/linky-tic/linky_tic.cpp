// The adapter `linky-tic`: what it is called, what can be set, and how its feed and its source are
// made.
#include <chrono>

#include "adapters/linky-tic/capture.hpp"
#include "adapters/linky-tic/feed.hpp"

namespace courant {

namespace {

using Type = Property::Type;

constexpr Property series_properties[] = {
    {.name = "label", .need = Need::required, .help = "label of the TIC: PAPP, EAST"},
    {.name = "name",
     .help =
         "the series, app@server/subject@server/level; by default subject and the label's path"},
};

constexpr Property properties[] = {
    {.name = "subject",
     .help = "whom the meter is about, app@server/subject@server; the labels' paths follow it"},
    {.name = "device", .type = Type::path, .help = "live: the serial port, /dev/ttyUSB0"},
    {.name = "speed",
     .type = Type::choice,
     .fallback = "auto",
     .help = "live: baud; auto tries 9600 (standard), then 1200 (historique)",
     .choices = "auto|1200|9600"},
    {.name = "every",
     .type = Type::duration,
     .fallback = "0s",
     .help = "live: emit the first frame of each such period; 0s: every frame"},
    {.name = "silence",
     .type = Type::duration,
     .fallback = "10s",
     .help = "live: without a valid frame for so long, try the next speed or open the line anew"},
    {.name = "file", .type = Type::path, .help = "captured: a file of the line's bytes"},
    {.name = "start",
     .help = "captured, historique: the time of the first frame, 2026-09-23T16:10:39+02:00"},
    {.name = "frame_interval",
     .type = Type::duration,
     .fallback = "2s",
     .help = "captured, historique: from frame to frame"},
    {.name = "load_curve_period",
     .type = Type::duration,
     .fallback = "30m",
     .help = "standard: the period of the load curve (CCASN, CCAIN)"},
    {.name = "texts",
     .type = Type::flag,
     .fallback = "false",
     .help = "also the labels that are words (PTEC, LTARF), as texts"},
    {.name = "series",
     .type = Type::tables,
     .help = "only these labels, and their names",
     .items = series_properties},
};

senml::Time system_time() {
    return senml::Time{std::chrono::system_clock::now()};
}

}  // namespace

const Adapter& linky_tic_adapter() {
    static constexpr Adapter adapter{
        .name = "linky-tic",
        .version = "1",
        .summary =
            "Linky meters: the customer output (TIC), historique and standard, live or captured",
        .properties = properties,
        .source = [](const Settings& settings) -> std::unique_ptr<Source> {
            if (!settings.has("file")) return nullptr;
            return std::make_unique<linky::CaptureSource>(settings);
        },
        .feed = [](const Settings& settings) -> std::unique_ptr<Feed> {
            if (!settings.has("device")) return nullptr;
            return std::make_unique<linky::LiveFeed>(settings, system_time);
        }};
    return adapter;
}

}  // namespace courant
