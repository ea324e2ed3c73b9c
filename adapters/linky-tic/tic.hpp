// The customer output of a Linky meter (its "télé-information client", TIC), byte by byte, in both
// of its modes.
//
//     frame       STX group group … ETX                 EOT instead of ETX: the meter breaks the
//     frame off historique  LF label SP data SP checksum CR                   the checksum covers
//     label … data standard    LF label HT [horodate HT] data HT checksum CR     the checksum
//     covers label … last HT
//
// The checksum is (sum of the characters & 0x3F) + 0x20 and may thus itself be a blank: a group is
// cut by its separators, counted from both ends, and never trimmed. Which mode a group is in shows
// in the group (only standard has tabs), so nothing must be configured. Bytes come as 7 data bits;
// a line that is read as 8 carries the parity in bit 7, which is masked.
//
// A wrong checksum costs its group, not the frame: each group is protected on its own, and a frame
// is only the rhythm. What a frame lacks at its end (its ETX was garbled, the next STX came) costs
// nothing either. Only EOT takes the frame back.
//
// Pure: no I/O, no clock, the same result however the bytes are portioned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace courant::linky {

/// The two languages of the meter.
enum class Mode { historique, standard };

/// One group whose checksum is right.
struct Group {
    Mode mode = Mode::historique;
    std::string label;
    /// "E260923161039"; empty where the group has none.
    std::string horodate;
    std::string data;

    bool operator==(const Group&) const = default;
};

/// Bytes of a frame that are no valid group.
struct BadGroup {
    /// The place in the stream of its first byte, counted from where the decoder began.
    std::uint64_t offset = 0;
    std::string reason;
    std::string bytes;

    bool operator==(const BadGroup&) const = default;
};

/// How a frame ended.
enum class Ending {
    complete,   ///< ETX
    cut,        ///< another frame began; the groups stand
    withdrawn,  ///< EOT: the meter broke it off; the groups do not count
    too_long,   ///< no end in sight: not a TIC line; the groups stand
};

/// One frame.
struct Frame {
    Ending ending = Ending::complete;
    std::vector<Group> groups;
    std::vector<BadGroup> bad;
    /// Where it began, and the first byte after it.
    std::uint64_t begin = 0;
    std::uint64_t end = 0;

    bool operator==(const Frame&) const = default;
};

/// The checksum character of the bytes that it covers.
char checksum(std::string_view covered);

/// Reads one group, the bytes between LF and CR; says what is wrong with it.
tl::expected<Group, std::string> parse_group(std::string_view bytes);

/// Bytes as text in which a person sees every one: `\x03` for what does not print.
std::string escaped(std::string_view bytes);

/// Cuts frames out of a stream of bytes.
class Decoder {
  public:
    /// The longest frame; a full standard frame has about 1000 bytes.
    static constexpr std::size_t max_frame = 16'384;

    /// Takes the next byte; a frame, if that ended one. What comes before the first STX is skipped.
    std::optional<Frame> take(char byte);

  private:
    std::optional<Frame> end_frame(Ending ending);
    void begin_frame(std::uint64_t at);
    void end_group();
    void refuse(std::string reason);

    std::uint64_t offset_ = 0;  ///< of the byte after the last one taken
    bool in_frame_ = false;
    bool in_group_ = false;  ///< its LF has come
    Frame frame_;
    std::string group_;  ///< since LF, or since the last CR where no LF came
    std::uint64_t group_begin_ = 0;
};

}  // namespace courant::linky
