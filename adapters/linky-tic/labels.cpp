#include "adapters/linky-tic/labels.hpp"

#include <algorithm>
#include <array>

namespace courant::linky {

namespace {

using std::chrono::minutes;

constexpr std::int64_t joules_per_wh = 3600;

constexpr Label index(std::string_view label, std::string_view path) {
    return {.label = label, .path = path, .unit = "J", .factor = joules_per_wh};
}

constexpr Label reactive(std::string_view label, std::string_view path) {
    return {.label = label, .path = path, .unit = "vars", .factor = joules_per_wh};
}

constexpr Label now(std::string_view label, std::string_view path, std::string_view unit) {
    return {.label = label, .path = path, .unit = unit};
}

constexpr Label contract(std::string_view label, std::string_view path, std::string_view unit,
                         std::int64_t factor = 1) {
    return {.label = label, .path = path, .unit = unit, .factor = factor, .chosen = Chosen::no};
}

constexpr Label peak(std::string_view label, std::string_view path) {
    return {.label = label, .path = path, .unit = "VA", .stamp = Stamp::own};
}

constexpr Label mean(std::string_view label, std::string_view path, std::string_view unit,
                     minutes period = minutes{0}) {
    return {.label = label, .path = path, .unit = unit, .stamp = Stamp::period, .period = period};
}

constexpr Label word(std::string_view label, std::string_view path) {
    return {
        .label = label, .path = path, .unit = {}, .content = Content::text, .chosen = Chosen::no};
}

constexpr minutes voltage_period{10};

constexpr auto labels = std::to_array<Label>({
    // historique
    index("BASE", "index/base"),
    index("HCHC", "index/off-peak"),
    index("HCHP", "index/peak"),
    index("EJPHN", "index/ejp/normal"),
    index("EJPHPM", "index/ejp/mobile-peak"),
    index("BBRHCJB", "index/tempo/blue/off-peak"),
    index("BBRHPJB", "index/tempo/blue/peak"),
    index("BBRHCJW", "index/tempo/white/off-peak"),
    index("BBRHPJW", "index/tempo/white/peak"),
    index("BBRHCJR", "index/tempo/red/off-peak"),
    index("BBRHPJR", "index/tempo/red/peak"),
    now("PAPP", "power/apparent", "VA"),
    now("IINST", "current", "A"),
    now("IINST1", "current/1", "A"),
    now("IINST2", "current/2", "A"),
    now("IINST3", "current/3", "A"),
    now("ADPS", "current/excess", "A"),
    now("ADIR1", "current/excess/1", "A"),
    now("ADIR2", "current/excess/2", "A"),
    now("ADIR3", "current/excess/3", "A"),
    contract("ISOUSC", "current/subscribed", "A"),
    contract("IMAX", "current/max", "A"),
    contract("IMAX1", "current/max/1", "A"),
    contract("IMAX2", "current/max/2", "A"),
    contract("IMAX3", "current/max/3", "A"),
    contract("PMAX", "power/max", "W"),
    contract("PEJP", "tariff/ejp-notice", "s", 60),
    word("ADCO", "meter/address"),
    word("OPTARIF", "tariff/option"),
    word("PTEC", "tariff/period"),
    word("DEMAIN", "tariff/tomorrow"),
    word("HHPHC", "tariff/schedule"),
    word("MOTDETAT", "meter/state"),
    word("PPOT", "meter/phases"),
    // standard
    index("EAST", "index/drawn"),
    index("EASF01", "index/supplier/1"),
    index("EASF02", "index/supplier/2"),
    index("EASF03", "index/supplier/3"),
    index("EASF04", "index/supplier/4"),
    index("EASF05", "index/supplier/5"),
    index("EASF06", "index/supplier/6"),
    index("EASF07", "index/supplier/7"),
    index("EASF08", "index/supplier/8"),
    index("EASF09", "index/supplier/9"),
    index("EASF10", "index/supplier/10"),
    index("EASD01", "index/distributor/1"),
    index("EASD02", "index/distributor/2"),
    index("EASD03", "index/distributor/3"),
    index("EASD04", "index/distributor/4"),
    index("EAIT", "index/injected"),
    reactive("ERQ1", "index/reactive/1"),
    reactive("ERQ2", "index/reactive/2"),
    reactive("ERQ3", "index/reactive/3"),
    reactive("ERQ4", "index/reactive/4"),
    now("IRMS1", "current/1", "A"),
    now("IRMS2", "current/2", "A"),
    now("IRMS3", "current/3", "A"),
    now("URMS1", "voltage/1", "V"),
    now("URMS2", "voltage/2", "V"),
    now("URMS3", "voltage/3", "V"),
    now("SINSTS", "power/apparent", "VA"),
    now("SINSTS1", "power/apparent/1", "VA"),
    now("SINSTS2", "power/apparent/2", "VA"),
    now("SINSTS3", "power/apparent/3", "VA"),
    now("SINSTI", "power/apparent/injected", "VA"),
    peak("SMAXSN", "power/apparent/max"),
    peak("SMAXSN1", "power/apparent/max/1"),
    peak("SMAXSN2", "power/apparent/max/2"),
    peak("SMAXSN3", "power/apparent/max/3"),
    peak("SMAXSN-1", "power/apparent/max"),
    peak("SMAXSN1-1", "power/apparent/max/1"),
    peak("SMAXSN2-1", "power/apparent/max/2"),
    peak("SMAXSN3-1", "power/apparent/max/3"),
    peak("SMAXIN", "power/apparent/injected/max"),
    peak("SMAXIN-1", "power/apparent/injected/max"),
    mean("CCASN", "power/drawn", "W"),
    mean("CCASN-1", "power/drawn", "W"),
    mean("CCAIN", "power/injected", "W"),
    mean("CCAIN-1", "power/injected", "W"),
    mean("UMOY1", "voltage/mean/1", "V", voltage_period),
    mean("UMOY2", "voltage/mean/2", "V", voltage_period),
    mean("UMOY3", "voltage/mean/3", "V", voltage_period),
    contract("PREF", "power/subscribed", "VA", 1000),
    contract("PCOUP", "power/cut-off", "VA", 1000),
    contract("NTARF", "tariff/index", ""),
    word("ADSC", "meter/address"),
    word("VTIC", "meter/tic-version"),
    word("PRM", "meter/delivery-point"),
    word("NGTF", "tariff/option"),
    word("LTARF", "tariff/period"),
    word("NJOURF", "tariff/calendar"),
    word("NJOURF+1", "tariff/calendar/tomorrow"),
    word("PJOURF+1", "tariff/profile/tomorrow"),
    word("PPOINTE", "tariff/profile/peak-day"),
    word("STGE", "meter/state"),
    word("RELAIS", "meter/relays"),
    word("MSG1", "meter/message"),
    word("MSG2", "meter/message/short"),
});

}  // namespace

std::span<const Label> known_labels() {
    return labels;
}

const Label* find_label(std::string_view label) {
    const auto found = std::find_if(labels.begin(), labels.end(),
                                    [&](const Label& l) { return l.label == label; });
    return found == labels.end() ? nullptr : &*found;
}

}  // namespace courant::linky
