#include "adapters/linky-tic/capture.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <fstream>
#include <locale>
#include <sstream>

namespace courant::linky {

// How far the file has been read: the cursor.
struct CaptureSource::Place {
    std::uint64_t offset = 0;
    std::uint64_t frames = 0;
    Emitted emitted;

    static Place parse(std::string_view cursor) {
        Place place;
        if (cursor.empty()) return place;
        std::istringstream in{std::string(cursor)};
        in.imbue(std::locale::classic());
        std::string magic;
        if (!(in >> magic >> place.offset >> place.frames) || magic != "tic1")
            throw Error(
                "the cursor was not made by the linky-tic adapter. Reset it to read from the "
                "beginning.",
                Retry::useless);
        for (std::string path, stamp; in >> path >> stamp;) place.emitted[path].push_back(stamp);
        return place;
    }

    std::string text() const {
        std::string out = fmt::format("tic1 {} {}\n", offset, frames);
        for (const auto& [path, stamps] : emitted)
            for (const std::string& stamp : stamps) out += fmt::format("{} {}\n", path, stamp);
        return out;
    }
};

namespace {

std::optional<senml::Time> start_from(const Settings& settings) {
    const std::string text = settings.text_or_empty("start");
    if (text.empty()) return std::nullopt;
    const auto time = parse_iso_time(text);
    if (!time)
        throw settings.error(
            "start",
            fmt::format("\"{}\" is no time with an offset: 2026-09-23T16:10:39+02:00", text));
    return time;
}

std::filesystem::path file_from(const Settings& settings) {
    if (settings.text_or_empty("file").empty())
        throw settings.error("file",
                             "must be given to extract on a schedule: a file of captured "
                             "bytes; a live line is read from `device`");
    return settings.text("file");
}

std::ifstream opened(const std::filesystem::path& path, std::uint64_t offset) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    if (error)
        throw Error(fmt::format("cannot read {}: {}", path.string(), error.message()),
                    Retry::worthwhile);
    if (size < offset)
        throw Error(
            fmt::format(
                "{} has {} bytes, and {} were read already: it is another file. Reset the cursor.",
                path.string(), size, offset),
            Retry::useless);
    std::ifstream in(path, std::ios::binary);
    in.seekg(static_cast<std::streamoff>(offset));
    if (!in) throw Error(fmt::format("cannot read {}", path.string()), Retry::useless);
    return in;
}

bool time_is_up(const Call& call) {
    return call.stop.stop_requested() || std::chrono::steady_clock::now() >= call.deadline;
}

}  // namespace

CaptureSource::CaptureSource(const Settings& settings)
    : settings_(settings),
      meter_(settings),
      file_(file_from(settings)),
      start_(start_from(settings)),
      interval_(settings.duration("frame_interval")) {}

Extraction CaptureSource::pull(std::string_view cursor, const Call& call) {
    Extraction out;
    Place place = Place::parse(cursor);
    auto in = opened(file_, place.offset);
    const std::uint64_t origin = place.offset;
    Decoder decoder;
    std::array<char, 4096> piece{};
    while (in.read(piece.data(), piece.size()), in.gcount() > 0) {
        for (const char byte :
             std::string_view(piece.data(), static_cast<std::size_t>(in.gcount()))) {
            auto frame = decoder.take(byte);
            if (!frame) continue;
            frame->begin += origin;
            frame->end += origin;
            take(*frame, place, out);
            out.more =
                out.readings.size() + out.refused.size() >= call.max_readings || time_is_up(call);
            if (out.more) break;
        }
        if (out.more) break;
    }
    out.cursor = place.text();
    return out;
}

void CaptureSource::take(const Frame& frame, Place& place, Extraction& out) const {
    const auto where = fmt::format("{}:{}", file_.filename().string(), frame.begin);
    meter_.translate(frame, time_of(frame, place.frames), where, place.emitted, out.readings,
                     out.refused);
    meter_.refuse_damage(frame, where, out.refused);
    ++place.frames;
    place.offset = frame.end;
}

senml::Time CaptureSource::time_of(const Frame& frame, std::uint64_t index) const {
    if (const auto date = date_of(frame)) return date->time;
    if (start_) return *start_ + interval_ * static_cast<std::int64_t>(index);
    throw settings_.error(
        "start",
        "must be given, because frames of this file carry no time: when the first "
        "one was, 2026-09-23T16:10:39+02:00");
}

}  // namespace courant::linky
