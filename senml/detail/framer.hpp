// Finds whole records in a stream that comes in pieces (RFC 8428 section 4.8), so that the ordinary
// readers can read them: a framer says which bytes hold whole records, and what has to stand around
// them to make a small whole text of them.
//
//     buffer.append(bytes);
//     for (Frame frame = framer->next(buffer); frame.what == Frame::What::records;
//          frame = framer->next(buffer))
//         read(frame.head + frame.body + frame.tail);
//     framer->drop(buffer, framer->spent());
//
// So a stream is read by the same rules as a pack. A framer decides nothing but where records end:
// brackets, quotes, tags and lengths. It complains only about what no reader gets to see: what
// stands before the first record, between two of them, and behind the last.
//
// Every byte is looked at once, however small the pieces are: a framer remembers where it is, even
// in the middle of a string, a tag or a number's bytes. Nothing is ever decided by where a piece
// happened to end.
//
// Thread: one framer belongs to one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "senml/codec.hpp"

namespace courant::senml::detail {

/// What is wrong with a stream around its records, or with a record that does not end.
struct FramingFault {
    /// Whether it is about the record that comes next, or about the stream behind the last one.
    bool in_next_record = false;
    std::string what;
    std::string_view rule;
};

/// What a framer found. The views live until the buffer changes or `next` is called again.
struct Frame {
    enum class What { nothing, records, fault };

    What what = What::nothing;
    std::string_view head = {};
    std::string_view body = {};
    std::string_view tail = {};
    /// The records in `body`, one by one.
    std::span<const std::string_view> units = {};
    /// `body` is right as a whole or not at all: one record with content of its own, or what stands
    /// around the records and has to be checked.
    bool alone = false;
    FramingFault fault = {};
};

/// Where the records of one stream begin and end.
class Framer {
  public:
    /// A record of more bytes than that is a fault.
    explicit Framer(std::size_t max_record) : max_record_(max_record) {}
    virtual ~Framer() = default;
    Framer(const Framer&) = delete;
    Framer& operator=(const Framer&) = delete;

    /// Goes on in `buffer`, which holds all that `spent` has not given back, and new bytes behind
    /// it. Records are found as many at a time as there are.
    Frame next(std::string_view buffer);
    /// How many bytes at the beginning of the buffer are not needed any more, once `next` has found
    /// nothing.
    std::size_t spent() const { return unit_.value_or(at_); }
    /// The caller has dropped what was spent.
    void drop(std::size_t bytes);

    /// What stands before a record.
    virtual std::string_view head() const = 0;
    /// Whether the stream has ended itself, and all that stands before its end was found.
    bool has_ended() const { return !alone_ && is_closed(); }
    /// Why the stream must not stop here: it has not begun, or a record has not ended.
    virtual std::optional<FramingFault> missing() const = 0;

  protected:
    /// Something that is not to be read together with records.
    struct Alone {
        std::string_view head = {};
        std::string_view body = {};
        std::string_view tail = {};
    };

    /// Goes on from `at_` to the end of the buffer; may stop after `end_alone` and `fail`.
    virtual void scan(std::string_view buffer) = 0;
    virtual std::string_view tail() const = 0;
    /// Whether the end of the array or of the root was come upon.
    virtual bool is_closed() const = 0;

    void begin_unit() { unit_ = at_; }
    /// The record that has begun ends at `at_`; false if it is too long.
    bool end_unit(std::string_view buffer) {
        if (!check_size()) return false;
        units_.push_back(buffer.substr(*unit_, at_ - *unit_));
        unit_.reset();
        return true;
    }
    /// What has begun ends at `at_` and stands alone; false if it is too long.
    bool end_alone(std::string_view buffer, std::string_view head, std::string_view tail);
    /// Whether what has begun is still short enough; a fault if not.
    bool check_size() { return !unit_ || at_ - *unit_ <= max_record_ || fail_by_size(); }
    void fail(FramingFault fault);
    /// Which byte of the stream `at_` is.
    std::size_t offset() const { return dropped_ + at_; }

    std::size_t at_ = 0;               ///< scanned up to here
    bool delivered_ = false;           ///< records have been found
    std::optional<std::size_t> unit_;  ///< where that begins which has not ended

  private:
    bool fail_by_size();

    std::size_t max_record_;
    std::size_t dropped_ = 0;
    std::vector<std::string_view> units_;
    std::optional<Alone> alone_;
    std::optional<FramingFault> fault_;
};

/// The framer of a format.
std::unique_ptr<Framer> make_framer(Format format, std::size_t max_record, std::size_t max_depth);

/// The framers of the formats; `make_framer` knows which.
std::unique_ptr<Framer> make_json_framer(std::size_t max_record);
std::unique_ptr<Framer> make_xml_framer(std::size_t max_record);
std::unique_ptr<Framer> make_cbor_framer(std::size_t max_record, std::size_t max_depth);

}  // namespace courant::senml::detail
