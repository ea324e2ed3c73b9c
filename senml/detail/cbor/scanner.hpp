// Takes CBOR apart (RFC 8949), item by item, without a tree and without trust: a length is compared
// with what is there before anything is done with it, and nothing nests deeper than allowed.
//
// Whoever gets false stops: the scanner then knows what is wrong, and where.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "senml/detail/cbor/head.hpp"

namespace courant::senml::detail {

/// Whether a string is UTF-8; quick where it is short and plain ASCII, as most are.
bool is_utf8(std::string_view text);

/// A place in CBOR that moves forward.
class CborScanner {
  public:
    /// `max_depth` is the deepest nesting that `skip` accepts.
    CborScanner(std::string_view bytes, std::size_t max_depth)
        : begin_(bytes.data()), p_(begin_), end_(begin_ + bytes.size()), max_depth_(max_depth) {}

    /// Reads the next head. The break is one, of `Major::simple` and indefinite; of the other kinds
    /// only strings, arrays and maps are indefinite.
    bool read_head(CborHead& head) {
        if (static_cast<std::size_t>(end_ - p_) < widest_head) return read_last_head(head);
        const auto initial = static_cast<unsigned char>(*p_);
        head.major = static_cast<Major>(initial >> 5);
        head.info = initial & 0x1F;
        if (head.info < 24) {
            head.argument = head.info;
            ++p_;
            return true;
        }
        if (head.info > double_info) return read_last_head(head);
        const unsigned size = 1U << (head.info - 24);
        head.argument = load_big_endian(p_ + 1) >> (64 - 8 * size);
        p_ += 1 + size;
        return true;
    }

    /// Reads what follows the head of a string. Of a string in pieces the whole is put together
    /// behind what `joined` holds; where views into `joined` live, the caller makes room before.
    bool read_string(const CborHead& head, std::string& joined, std::string_view& string);

    /// Passes over an item with all that is in it. `depth` is 1 for an item that nothing encloses.
    bool skip(std::size_t depth);
    /// Passes over what follows a head that was read.
    bool skip_content(const CborHead& head, std::size_t depth);

    /// Passes over a break, if one stands here.
    bool accept_break() {
        if (p_ == end_ || *p_ != cbor_break) return false;
        ++p_;
        return true;
    }

    const char* position() const { return p_; }
    const char* end() const { return end_; }
    bool is_done() const { return p_ == end_; }
    /// Goes on at a place where an item begins.
    void go_to(const char* place) { p_ = place; }

    /// Says what is wrong here; false.
    bool fail(std::string_view what) {
        what_ = what;
        return false;
    }
    bool failed() const { return !what_.empty(); }
    std::string_view what() const { return what_; }
    /// How many bytes lie before where the scanner stands.
    std::size_t offset() const { return static_cast<std::size_t>(p_ - begin_); }

  private:
    bool read_last_head(CborHead& head);
    bool read_piece(const CborHead& head, std::string_view& piece);
    template <typename Take>
    bool read_pieces(Major major, Take take);
    bool skip_string(const CborHead& head);
    bool skip_items(const CborHead& head, std::size_t depth);

    const char* begin_;
    const char* p_;
    const char* end_;
    std::size_t max_depth_;
    std::string_view what_;
};

}  // namespace courant::senml::detail
