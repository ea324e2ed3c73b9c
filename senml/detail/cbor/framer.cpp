// Where the records of a stream in CBOR begin and end: heads of items, and what they announce.
//
// Only lengths and nesting are followed (RFC 8949 section 3); what an item may be is the reader's.
#include <limits>

#include "senml/detail/cbor/head.hpp"
#include "senml/detail/framer.hpp"

namespace courant::senml::detail {

namespace {

constexpr std::string_view rule = "RFC 8949";
constexpr std::uint8_t first_long_info = 24;

class CborFramer final : public Framer {
  public:
    CborFramer(std::size_t max_record, std::size_t max_depth)
        : Framer(max_record), max_levels_(max_depth + 2) {}

    std::string_view head() const override { return "\x9F"; }
    std::optional<FramingFault> missing() const override;

  protected:
    void scan(std::string_view buffer) override;
    bool is_closed() const override { return place_ == Place::ended; }
    std::string_view tail() const override { return "\xFF"; }

  private:
    enum class Place { start, records, ended };
    /// An open array, map or string of chunks: how many items are still to come, or that a break
    /// ends it.
    struct Level {
        std::uint64_t items = 0;
        bool until_break = false;
    };

    bool step(std::uint8_t byte, std::string_view buffer);
    bool begin_item(std::uint8_t byte, std::string_view buffer);
    bool begin_head(std::uint8_t byte, std::string_view buffer);
    bool take_head(std::string_view buffer);
    bool take_indefinite(std::string_view buffer);
    bool begin_records(Level records);
    bool open(Level level);
    bool skip(std::string_view buffer);
    bool end_item(std::string_view buffer);
    bool syntax(std::string_view what);

    std::size_t max_levels_;
    Place place_ = Place::start;
    Level records_;
    std::vector<Level> levels_;  ///< open inside a record
    CborHead head_;
    unsigned missing_ = 0;    ///< bytes of the head that are still to come
    std::uint64_t skip_ = 0;  ///< bytes of a string that are still to come
};

bool CborFramer::syntax(std::string_view what) {
    fail({unit_.has_value(),
          "no CBOR at byte " + std::to_string(offset()) + ": " + std::string{what}, rule});
    return false;
}

std::optional<FramingFault> CborFramer::missing() const {
    if (place_ == Place::start) return FramingFault{false, "nothing there", rule};
    if (unit_) return FramingFault{true, "the stream ends inside a record", rule};
    return std::nullopt;
}

void CborFramer::scan(std::string_view buffer) {
    while (at_ < buffer.size()) {
        const bool goes_on =
            skip_ > 0 ? skip(buffer) : step(static_cast<std::uint8_t>(buffer[at_]), buffer);
        if (!goes_on) return;
    }
}

bool CborFramer::step(std::uint8_t byte, std::string_view buffer) {
    if (missing_ == 0) return begin_item(byte, buffer);
    ++at_;
    head_.argument = head_.argument << 8 | byte;
    return --missing_ > 0 || take_head(buffer);
}

bool CborFramer::begin_item(std::uint8_t byte, std::string_view buffer) {
    if (place_ == Place::ended) return syntax("bytes after the pack");
    if (place_ == Place::start && static_cast<Major>(byte >> 5) != Major::array) {
        fail({false, "a pack is an array of records", "RFC 8428 6"});
        return false;
    }
    if (place_ == Place::records && !unit_) {
        if (static_cast<char>(byte) == cbor_break && records_.until_break) {
            place_ = Place::ended;
            ++at_;
            return true;
        }
        begin_unit();
    }
    return begin_head(byte, buffer);
}

bool CborFramer::begin_head(std::uint8_t byte, std::string_view buffer) {
    head_.major = static_cast<Major>(byte >> 5);
    head_.info = byte & 0x1F;
    if (head_.info > double_info && !head_.is_indefinite()) {
        return syntax("a head that means nothing");
    }
    ++at_;
    head_.argument = head_.info < first_long_info ? head_.info : 0;
    if (head_.is_indefinite()) return take_indefinite(buffer);
    if (head_.info < first_long_info) return take_head(buffer);
    missing_ = 1U << (head_.info - first_long_info);
    if (buffer.size() - at_ < sizeof head_.argument) return true;
    head_.argument = load_big_endian(buffer.data() + at_) >> (64 - 8 * missing_);
    at_ += missing_;
    missing_ = 0;
    return take_head(buffer);
}

bool CborFramer::take_head(std::string_view buffer) {
    const std::uint64_t count = head_.argument;
    if (place_ == Place::start) return begin_records({count, false});
    switch (head_.major) {
        case Major::bytes:
        case Major::text:
            skip_ = count;
            return skip_ > 0 || end_item(buffer);
        case Major::array:
            return count == 0 ? end_item(buffer) : open({count, false});
        case Major::map:
            if (count > std::numeric_limits<std::uint64_t>::max() / 2) return syntax("cut short");
            return count == 0 ? end_item(buffer) : open({2 * count, false});
        case Major::tag:
            return true;
        default:
            return end_item(buffer);
    }
}

bool CborFramer::take_indefinite(std::string_view buffer) {
    if (place_ == Place::start) return begin_records({0, true});
    switch (head_.major) {
        case Major::bytes:
        case Major::text:
        case Major::array:
        case Major::map:
            return open({0, true});
        case Major::simple:
            if (levels_.empty() || !levels_.back().until_break) break;
            levels_.pop_back();
            return end_item(buffer);
        default:
            break;
    }
    --at_;
    return syntax("a head that means nothing");
}

bool CborFramer::begin_records(Level records) {
    records_ = records;
    place_ = records.until_break || records.items > 0 ? Place::records : Place::ended;
    return true;
}

bool CborFramer::open(Level level) {
    if (levels_.size() >= max_levels_) return syntax("nested too deeply");
    levels_.push_back(level);
    return true;
}

bool CborFramer::skip(std::string_view buffer) {
    const auto there = static_cast<std::uint64_t>(buffer.size() - at_);
    const std::uint64_t now = there < skip_ ? there : skip_;
    at_ += static_cast<std::size_t>(now);
    skip_ -= now;
    return skip_ > 0 || end_item(buffer);
}

bool CborFramer::end_item(std::string_view buffer) {
    while (!levels_.empty()) {
        Level& level = levels_.back();
        if (level.until_break || --level.items > 0) return true;
        levels_.pop_back();
    }
    if (!end_unit(buffer)) return false;
    if (!records_.until_break && --records_.items == 0) place_ = Place::ended;
    return true;
}

}  // namespace

std::unique_ptr<Framer> make_cbor_framer(std::size_t max_record, std::size_t max_depth) {
    return std::make_unique<CborFramer>(max_record, max_depth);
}

}  // namespace courant::senml::detail
