#include "adapters/linky-tic/feed.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace courant::linky {

namespace {

using Steady = std::chrono::steady_clock;

// So often a stop is noticed.
constexpr std::chrono::milliseconds patience{100};
// What waits longest for the next frame to be emitted.
constexpr std::size_t max_waiting_refusals = 50;

std::filesystem::path device_from(const Settings& settings) {
    if (settings.text_or_empty("device").empty())
        throw settings.error(
            "device",
            "must be given for a live line: the serial port, /dev/ttyUSB0; a captured "
            "file is extracted from `file`");
    return settings.text("device");
}

std::vector<Speed> speeds_from(const Settings& settings) {
    const std::string& speed = settings.text("speed");
    if (speed == "1200") return {Speed::baud_1200};
    if (speed == "9600") return {Speed::baud_9600};
    return {Speed::baud_9600, Speed::baud_1200};
}

}  // namespace

// One run: from opening the device to the stop or the error.
class LiveFeed::Run {
  public:
    Run(const LiveFeed& feed, const Emit& emit)
        : feed_(feed), emit_(emit), line_(feed.device_), last_frame_(Steady::now()) {
        line_.set_speed(feed_.speeds_[speed_]);
    }

    void step() {
        std::array<char, 1024> bytes{};
        const std::size_t count = line_.read(bytes, patience);
        for (std::size_t i = 0; i < count; ++i)
            if (const auto frame = decoder_.take(bytes[i])) take(*frame);
        if (Steady::now() - last_frame_ >= feed_.silence_) give_up_on_speed();
    }

    void report_refusals() {
        if (!refused_.empty()) emit_(senml::Pack{}, std::exchange(refused_, {}));
    }

  private:
    void take(const Frame& frame) {
        // At a wrong speed frames are noise: nothing to report until a checksum has passed once.
        if (frame.groups.empty() && !heard_) return;
        if (!frame.groups.empty()) {
            heard_ = true;
            last_frame_ = Steady::now();
        }
        const std::string where = feed_.device_.string();
        feed_.meter_.refuse_damage(frame, where, refused_);
        const auto time = time_of(frame);
        if (frame.ending != Ending::withdrawn && !frame.groups.empty() && is_due(time)) {
            senml::Pack readings;
            feed_.meter_.translate(frame, time, where, emitted_, readings, refused_);
            last_time_ = time;
            if (!readings.empty()) return emit_(std::move(readings), std::exchange(refused_, {}));
        }
        if (refused_.size() >= max_waiting_refusals) report_refusals();
    }

    senml::Time time_of(const Frame& frame) const {
        const auto date = date_of(frame);
        if (date && date->clock == ClockState::good) return date->time;
        return std::chrono::floor<std::chrono::milliseconds>(feed_.clock_());
    }

    // The first frame of each period is; without a period every frame whose time is a new one.
    bool is_due(senml::Time time) const {
        if (!last_time_) return true;
        if (feed_.every_.count() == 0) return time != *last_time_;
        return time.time_since_epoch() / feed_.every_ !=
               last_time_->time_since_epoch() / feed_.every_;
    }

    void give_up_on_speed() {
        if (heard_ || ++speed_ == feed_.speeds_.size())
            throw Error(
                fmt::format(
                    "{}: no valid frame for {} s{}. Are the wires of the TIC connected (I1, I2)?",
                    feed_.device_.string(),
                    std::chrono::duration_cast<std::chrono::seconds>(feed_.silence_).count(),
                    !heard_ && speed_ > 1 ? ", at 9600 nor at 1200 baud" : ""),
                Retry::worthwhile);
        line_.set_speed(feed_.speeds_[speed_]);
        decoder_ = Decoder{};
        last_frame_ = Steady::now();
    }

    const LiveFeed& feed_;
    const Emit& emit_;
    SerialLine line_;
    std::size_t speed_ = 0;
    bool heard_ = false;
    Decoder decoder_;
    Emitted emitted_;
    std::optional<senml::Time> last_time_;
    Steady::time_point last_frame_;
    std::vector<Refused> refused_;
};

LiveFeed::LiveFeed(const Settings& settings, Clock clock)
    : meter_(settings),
      device_(device_from(settings)),
      speeds_(speeds_from(settings)),
      every_(settings.duration("every")),
      silence_(settings.duration("silence")),
      clock_(std::move(clock)) {}

void LiveFeed::run(const Emit& emit, std::stop_token stop) {
    Run run(*this, emit);
    while (!stop.stop_requested()) run.step();
    run.report_refusals();
}

}  // namespace courant::linky
