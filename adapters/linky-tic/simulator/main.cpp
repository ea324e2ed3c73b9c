// linky-simulator: a Linky meter that is not there. It writes the frames of a SYNTHETIC household
// day to a pseudo terminal, from which `courant` (or any other TIC reader) reads them as from a
// serial port.
//
//     linky-simulator --link ./meter --mode standard --start 2026-01-15T00:00:00Z
//     --interval-seconds 60 --frames 1440 --speedup 0
//
// emits a whole day as fast as it is read. The device's name goes to stdout. Ends after the last
// frame was read, or cleanly on SIGTERM and SIGINT; the link is then removed.
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cxxopts.hpp>
#include <exception>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <thread>

#include "adapters/linky-tic/horodate.hpp"
#include "adapters/linky-tic/simulator/household.hpp"
#include "adapters/linky-tic/simulator/meter_output.hpp"
#include "adapters/linky-tic/simulator/pseudo_line.hpp"

namespace {

namespace linky = courant::linky;
using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

volatile std::sig_atomic_t stop_requested = 0;

void request_stop(int) {
    stop_requested = 1;
}

void listen_to_signals() {
    struct sigaction action {};
    action.sa_handler = request_stop;
    sigaction(SIGTERM, &action, nullptr);
    sigaction(SIGINT, &action, nullptr);
}

// A name for the device, for as long as this lives. Only ever replaces a link.
class Link {
  public:
    Link(std::filesystem::path path, const std::string& device) : path_(std::move(path)) {
        if (path_.empty()) return;
        if (std::filesystem::is_symlink(path_)) std::filesystem::remove(path_);
        std::filesystem::create_symlink(device, path_);
    }
    ~Link() {
        std::error_code gone_already;
        if (!path_.empty()) std::filesystem::remove(path_, gone_already);
    }
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

  private:
    std::filesystem::path path_;
};

struct Options {
    std::string link;
    linky::Mode mode = linky::Mode::standard;
    courant::senml::Time start;
    std::chrono::seconds interval{60};
    std::uint64_t frames = 0;  // 0: without end
    double speedup = 1;        // 0: as fast as it is read
    std::int64_t index = 0;
    enum class AtEnd { leave, stay } at_end = AtEnd::leave;
};

courant::senml::Time start_from(const cxxopts::ParseResult& given) {
    if (given.count("start") == 0)
        return courant::senml::Time{
            std::chrono::floor<std::chrono::minutes>(std::chrono::system_clock::now())};
    const auto text = given["start"].as<std::string>();
    const auto time = linky::parse_iso_time(text);
    if (!time)
        throw std::runtime_error(
            fmt::format("--start: \"{}\" is no time like 2026-01-15T00:00:00Z", text));
    return *time;
}

std::optional<Options> options_from(int argc, char** argv) {
    cxxopts::Options known("linky-simulator",
                           "Writes the TIC frames of a synthetic household to a pseudo terminal.");
    known.add_options()("link", "a name for the device: a symbolic link, removed at the end",
                        cxxopts::value<std::string>())(
        "mode", "standard or historique", cxxopts::value<std::string>()->default_value("standard"))(
        "start", "time of the first frame (default: now)", cxxopts::value<std::string>())(
        "interval-seconds", "simulated time from frame to frame",
        cxxopts::value<std::int64_t>()->default_value("60"))(
        "frames", "how many; 0: without end", cxxopts::value<std::uint64_t>()->default_value("0"))(
        "speedup", "simulated seconds in a second; 0: as fast as it is read",
        cxxopts::value<double>()->default_value("1"))(
        "index", "Wh that the meter shows at the start",
        cxxopts::value<std::int64_t>()->default_value("1000000"))(
        "stay", "after the last frame keep the line open, silent, until SIGTERM")("help",
                                                                                  "this text");
    const auto given = known.parse(argc, argv);
    if (given.count("help") != 0) {
        std::fputs(known.help().c_str(), stdout);
        return std::nullopt;
    }
    Options options;
    if (given.count("link") != 0) options.link = given["link"].as<std::string>();
    const auto mode = given["mode"].as<std::string>();
    if (mode != "standard" && mode != "historique")
        throw std::runtime_error("--mode: standard or historique");
    if (mode == "historique") options.mode = linky::Mode::historique;
    options.start = start_from(given);
    options.interval = std::chrono::seconds{given["interval-seconds"].as<std::int64_t>()};
    options.frames = given["frames"].as<std::uint64_t>();
    options.speedup = given["speedup"].as<double>();
    options.index = given["index"].as<std::int64_t>();
    if (given.count("stay") != 0) options.at_end = Options::AtEnd::stay;
    if (options.interval.count() < 1 || !(options.speedup >= 0))
        throw std::runtime_error("--interval-seconds must be 1 or more, --speedup 0 or more");
    return options;
}

void wait_until(Steady::time_point time) {
    while (stop_requested == 0 && Steady::now() < time)
        std::this_thread::sleep_for(
            std::min<Steady::duration>(milliseconds{50}, time - Steady::now()));
}

void send_frame(const linky::PseudoLine& line, std::string_view frame) {
    while (stop_requested == 0 && !frame.empty())
        frame.remove_prefix(line.send(frame, milliseconds{100}));
}

void send_frames(const linky::PseudoLine& line, const Options& options) {
    linky::Household household(options.start, static_cast<double>(options.index));
    const auto begin = Steady::now();
    for (std::uint64_t i = 0; stop_requested == 0 && (options.frames == 0 || i < options.frames);
         ++i) {
        const auto simulated = options.interval * static_cast<std::int64_t>(i);
        if (options.speedup > 0)
            wait_until(begin + std::chrono::duration_cast<Steady::duration>(
                                   std::chrono::duration<double>(simulated) / options.speedup));
        household.advance(options.start + simulated);
        send_frame(line, linky::frame_of(household, options.mode));
    }
}

// The kernel hands bytes on in portions: the line is empty once it stays so.
void wait_until_read(const linky::PseudoLine& line) {
    for (int empty = 0; stop_requested == 0 && empty < 5;) {
        empty = line.has_unread() ? 0 : empty + 1;
        wait_until(Steady::now() + milliseconds{50});
    }
}

int simulate(const Options& options) {
    listen_to_signals();
    const linky::PseudoLine line;
    const Link link(options.link, line.device());
    fmt::print("{}\n", options.link.empty() ? line.device() : options.link);
    std::fflush(stdout);
    send_frames(line, options);
    wait_until_read(line);
    while (options.at_end == Options::AtEnd::stay && stop_requested == 0)
        wait_until(Steady::now() + std::chrono::seconds{1});
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const auto options = options_from(argc, argv);
        return options ? simulate(*options) : 0;
    } catch (const cxxopts::exceptions::exception& error) {
        fmt::print(stderr, "linky-simulator: {}\n", error.what());
        return 2;
    } catch (const std::exception& error) {
        fmt::print(stderr, "linky-simulator: {}\n", error.what());
        return 1;
    }
}
