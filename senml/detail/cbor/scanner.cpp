#include "senml/detail/cbor/scanner.hpp"

#include "senml/detail/text.hpp"

namespace courant::senml::detail {

namespace {

bool is_ascii(std::string_view text) {
    constexpr std::uint64_t high_bits = 0x8080808080808080ULL;
    const char* p = text.data();
    std::size_t left = text.size();
    std::uint64_t any = 0;
    for (; left >= sizeof any; p += sizeof any, left -= sizeof any) any |= load_big_endian(p);
    for (; left > 0; ++p, --left) any |= static_cast<unsigned char>(*p);
    return (any & high_bits) == 0;
}

bool may_be_indefinite(Major major) {
    return major != Major::unsigned_integer && major != Major::negative_integer &&
           major != Major::tag;
}

}  // namespace

bool is_utf8(std::string_view text) {
    return is_ascii(text) || find_bad_utf8(text) == std::string_view::npos;
}

// Near the end of the bytes, and for what is no ordinary head.
bool CborScanner::read_last_head(CborHead& head) {
    if (is_done()) return fail("cut short");
    const auto initial = static_cast<unsigned char>(*p_);
    head.major = static_cast<Major>(initial >> 5);
    head.info = initial & 0x1F;
    head.argument = head.info;
    if (head.is_indefinite() && may_be_indefinite(head.major)) {
        ++p_;
        return true;
    }
    if (head.info > double_info) return fail("a head that means nothing");
    const std::size_t size = head.info < 24 ? 0 : std::size_t{1} << (head.info - 24);
    if (static_cast<std::size_t>(end_ - p_) - 1 < size) return fail("cut short");
    ++p_;
    if (size > 0) head.argument = 0;
    for (std::size_t i = 0; i < size; ++i, ++p_) {
        head.argument = head.argument << 8 | static_cast<unsigned char>(*p_);
    }
    return true;
}

bool CborScanner::read_piece(const CborHead& head, std::string_view& piece) {
    if (head.argument > static_cast<std::size_t>(end_ - p_)) return fail("cut short");
    piece = {p_, static_cast<std::size_t>(head.argument)};
    if (head.major == Major::text && !is_utf8(piece)) {
        p_ += find_bad_utf8(piece);
        return fail("not UTF-8");
    }
    p_ += piece.size();
    return true;
}

// Each piece is a string of its own, of the same kind and of definite length (section 3.2.3).
template <typename Take>
bool CborScanner::read_pieces(Major major, Take take) {
    while (!accept_break()) {
        CborHead head;
        std::string_view piece;
        const char* const place = p_;
        if (!read_head(head)) return false;
        if (head.major != major || head.is_indefinite()) {
            p_ = place;
            return fail("a piece of a string is no such string");
        }
        if (!read_piece(head, piece)) return false;
        take(piece);
    }
    return true;
}

bool CborScanner::read_string(const CborHead& head, std::string& joined, std::string_view& string) {
    if (!head.is_indefinite()) return read_piece(head, string);
    const std::size_t begin = joined.size();
    if (!read_pieces(head.major, [&](std::string_view piece) { joined += piece; })) return false;
    string = std::string_view{joined}.substr(begin);
    return true;
}

bool CborScanner::skip(std::size_t depth) {
    CborHead head;
    do {
        if (!read_head(head)) return false;
    } while (head.major == Major::tag);
    return skip_content(head, depth);
}

bool CborScanner::skip_content(const CborHead& head, std::size_t depth) {
    switch (head.major) {
        case Major::unsigned_integer:
        case Major::negative_integer:
            return true;
        case Major::bytes:
        case Major::text:
            return skip_string(head);
        case Major::array:
        case Major::map:
            return skip_items(head, depth);
        case Major::tag:
            return skip(depth);
        case Major::simple:
            break;
    }
    if (head.is_indefinite()) return fail("a break that ends nothing");
    constexpr std::uint64_t first_long =
        32;  // section 3.3: the ones below have a byte of their own
    return (head.info != 24 || head.argument >= first_long) || fail("a head that means nothing");
}

bool CborScanner::skip_string(const CborHead& head) {
    std::string_view piece;
    if (!head.is_indefinite()) return read_piece(head, piece);
    return read_pieces(head.major, [](std::string_view) {});
}

bool CborScanner::skip_items(const CborHead& head, std::size_t depth) {
    if (depth > max_depth_) return fail("nested too deeply");
    const bool pairs = head.major == Major::map;
    for (std::uint64_t left = head.argument;; --left) {
        if (head.is_indefinite() ? accept_break() : left == 0) return true;
        if (!skip(depth + 1) || (pairs && !skip(depth + 1))) return false;
    }
}

}  // namespace courant::senml::detail
