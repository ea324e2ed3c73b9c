#include "adapters/linky-tic/simulator/meter_output.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <cmath>

namespace courant::linky {

namespace {

constexpr double volts = 230;
constexpr std::chrono::minutes load_curve_period{30};
// No real meter has this number.
constexpr std::string_view serial_number = "000000000000";

long rounded(double value) {
    return std::lround(value);
}

std::string historique_groups(const Household& household) {
    const double watts = household.watts();
    std::string out;
    append_historique(out, "ADCO", serial_number);
    append_historique(out, "OPTARIF", "BASE");
    append_historique(out, "ISOUSC", "30");
    append_historique(out, "BASE", fmt::format("{:09}", static_cast<long>(household.watt_hours())));
    append_historique(out, "PTEC", "TH..");
    append_historique(out, "IINST", fmt::format("{:03}", rounded(watts / volts)));
    append_historique(out, "IMAX", "090");
    append_historique(out, "PAPP", fmt::format("{:05}", rounded(watts / 10) * 10));
    append_historique(out, "HHPHC", "A");
    append_historique(out, "MOTDETAT", "000000");
    return out;
}

// The mean power of the period that ends at `end`.
double mean_watts(senml::Time end) {
    Household period(end - load_curve_period, 0);
    period.advance(end);
    return period.watt_hours() * 60 / static_cast<double>(load_curve_period.count());
}

std::string standard_groups(const Household& household) {
    const double watts = household.watts();
    const auto energy = fmt::format("{:09}", static_cast<long>(household.watt_hours()));
    const senml::Time last =
        household.now() - household.now().time_since_epoch() % load_curve_period;
    std::string out;
    append_standard(out, "ADSC", "", serial_number);
    append_standard(out, "VTIC", "", "02");
    append_standard(out, "DATE", horodate_of(household.now()), "");
    append_standard(out, "NGTF", "", "      BASE      ");
    append_standard(out, "LTARF", "", "      BASE      ");
    append_standard(out, "EAST", "", energy);
    append_standard(out, "EASF01", "", energy);
    append_standard(out, "EASD01", "", energy);
    append_standard(out, "IRMS1", "", fmt::format("{:03}", rounded(watts / volts)));
    append_standard(out, "URMS1", "", fmt::format("{:03}", rounded(volts)));
    append_standard(out, "PREF", "", "06");
    append_standard(out, "PCOUP", "", "06");
    append_standard(out, "SINSTS", "", fmt::format("{:05}", rounded(watts)));
    append_standard(out, "CCASN", horodate_of(last),
                    fmt::format("{:05}", rounded(mean_watts(last))));
    append_standard(out, "CCASN-1", horodate_of(last - load_curve_period),
                    fmt::format("{:05}", rounded(mean_watts(last - load_curve_period))));
    append_standard(out, "STGE", "", "003A4001");
    append_standard(out, "RELAIS", "", "000");
    append_standard(out, "NTARF", "", "01");
    return out;
}

}  // namespace

void append_historique(std::string& out, std::string_view label, std::string_view data) {
    const std::string covered = fmt::format("{} {}", label, data);
    out += fmt::format("\n{} {}\r", covered, checksum(covered));
}

void append_standard(std::string& out, std::string_view label, std::string_view horodate,
                     std::string_view data) {
    const std::string covered = horodate.empty()
                                    ? fmt::format("{}\t{}\t", label, data)
                                    : fmt::format("{}\t{}\t{}\t", label, horodate, data);
    out += fmt::format("\n{}{}\r", covered, checksum(covered));
}

std::string frame_of(const Household& household, Mode mode) {
    return '\x02' +
           (mode == Mode::standard ? standard_groups(household) : historique_groups(household)) +
           '\x03';
}

std::string horodate_of(senml::Time time) {
    static const date::time_zone* const france = date::locate_zone("Europe/Paris");
    const auto info = france->get_info(time);
    const senml::Time local = time + info.offset;
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(local - day)};
    return fmt::format("{}{:02}{:02}{:02}{:02}{:02}{:02}", info.save.count() != 0 ? 'E' : 'H',
                       static_cast<int>(date.year()) % 100, static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count());
}

}  // namespace courant::linky
