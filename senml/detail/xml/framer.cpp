// Where the records of a stream in XML begin and end: tags, comments, instructions and CDATA.
//
// The root's start tag is kept and put before every piece, so that all prefixes keep their meaning.
// An element with content stands alone: what is wrong in its content is found only after it was
// taken for a record. So do the root's tags and what stands behind them.
#include "senml/detail/framer.hpp"
#include "senml/detail/octets.hpp"
#include "senml/detail/xml/names.hpp"

namespace courant::senml::detail {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view rule = "RFC 8428 7";
constexpr std::string_view comment_begin = "<!--";
constexpr std::string_view cdata_begin = "<![CDATA[";
// Every piece is read behind the root's start tag: it must not cost more than the piece.
constexpr std::size_t longest_root = 4096;

bool is_blank(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

class XmlFramer final : public Framer {
  public:
    using Framer::Framer;

    std::string_view head() const override { return root_; }
    std::optional<FramingFault> missing() const override;

  protected:
    void scan(std::string_view buffer) override;
    bool is_closed() const override { return place_ == Place::epilog; }
    std::string_view tail() const override { return root_end_; }

  private:
    enum class Place { start, prolog, root, record, epilog };
    /// What the scanner is in.
    enum class Mode {
        text,
        markup,  ///< behind a `<`, of what is not known yet
        start_tag,
        end_tag,
        comment,
        instruction,
        cdata,
    };

    bool skip_mark(std::string_view buffer);
    bool scan_text(std::string_view buffer);
    bool begin_markup();
    bool judge_markup(std::string_view buffer);
    bool may_begin(Mode mode);
    bool scan_markup(std::string_view buffer);
    bool scan_tag(std::string_view buffer);
    bool skip_octets(std::string_view buffer);
    bool scan_to(std::string_view buffer, std::string_view end, std::size_t opening);
    bool end_markup(std::string_view buffer);
    bool end_start_tag(std::string_view buffer);
    bool end_end_tag(std::string_view buffer);
    bool end_root_tag(std::string_view buffer, bool is_empty);
    bool syntax(std::string_view what);

    Place place_ = Place::start;
    Mode mode_ = Mode::text;
    std::size_t token_ = 0;  ///< where the markup begins, counted from `unit_`
    char quote_ = '\0';      ///< of the attribute value that the scanner is in
    std::size_t depth_ = 0;  ///< elements open inside the root
    std::string root_;       ///< the root's start tag
    std::string root_end_;   ///< and an end tag for it
    std::string whole_root_;
};

bool XmlFramer::syntax(std::string_view what) {
    fail({false, "no XML at byte " + std::to_string(offset()) + ": " + std::string{what}, rule});
    return false;
}

std::optional<FramingFault> XmlFramer::missing() const {
    if (place_ == Place::start || place_ == Place::prolog) {
        return FramingFault{false, "no element at all", rule};
    }
    if (!unit_) return std::nullopt;
    return FramingFault{true, "the stream ends inside a record or a tag", rule};
}

void XmlFramer::scan(std::string_view buffer) {
    if (place_ == Place::start && !skip_mark(buffer)) return;
    while (at_ < buffer.size() || mode_ == Mode::markup) {
        bool goes_on = false;
        switch (mode_) {
            case Mode::text:
                goes_on = scan_text(buffer);
                break;
            case Mode::markup:
                goes_on = judge_markup(buffer);
                break;
            default:
                goes_on = scan_markup(buffer) && end_markup(buffer);
        }
        if (!goes_on) return;
    }
}

// The prolog is kept from its first byte on: the reader judges it, with the root's tag.
bool XmlFramer::skip_mark(std::string_view buffer) {
    if (buffer.empty()) return false;
    const bool marked = buffer.starts_with(byte_order_mark);
    if (!marked && byte_order_mark.starts_with(buffer)) return false;
    begin_unit();
    if (marked) at_ = byte_order_mark.size();
    place_ = Place::prolog;
    return true;
}

// To the next `<`; false where the scan stops.
bool XmlFramer::scan_text(std::string_view buffer) {
    while (!unit_ && at_ < buffer.size() && is_blank(buffer[at_])) ++at_;
    if (at_ == buffer.size()) return false;
    if (buffer[at_] == '<' && !(unit_ && place_ == Place::root)) return begin_markup();
    if (place_ == Place::prolog || place_ == Place::epilog) {
        if (!is_blank(buffer[at_])) return syntax("characters outside the root element");
        ++at_;
        return true;
    }
    if (!unit_) begin_unit();
    const auto end = buffer.find('<', at_);
    at_ = end == std::string_view::npos ? buffer.size() : end;
    if (end == std::string_view::npos) return false;
    return place_ == Place::record || end_unit(buffer);
}

bool XmlFramer::begin_markup() {
    if (!unit_) begin_unit();
    token_ = at_ - *unit_;
    mode_ = Mode::markup;
    ++at_;
    return true;
}

// Tells the kinds of markup apart; false while that takes more bytes.
bool XmlFramer::judge_markup(std::string_view buffer) {
    const std::string_view token = buffer.substr(*unit_ + token_);
    if (token.size() < 2) return false;
    if (token[1] == '?') return may_begin(Mode::instruction);
    if (token[1] == '/') return may_begin(Mode::end_tag);
    if (token[1] != '!') return may_begin(Mode::start_tag);
    if (token.starts_with(comment_begin)) return may_begin(Mode::comment);
    if (token.starts_with(cdata_begin)) return may_begin(Mode::cdata);
    if (comment_begin.starts_with(token) || cdata_begin.starts_with(token)) return false;
    return syntax("a document type or another declaration; none is accepted");
}

bool XmlFramer::may_begin(Mode mode) {
    if (place_ == Place::epilog && mode == Mode::start_tag) return syntax("a second root element");
    if (place_ == Place::epilog && mode == Mode::end_tag) {
        return syntax("an end tag without a start");
    }
    mode_ = mode;
    return true;
}

// To the end of the markup; false where the buffer ends before, or the scan stops.
bool XmlFramer::scan_markup(std::string_view buffer) {
    switch (mode_) {
        case Mode::comment:
            return scan_to(buffer, "-->", comment_begin.size());
        case Mode::cdata:
            return scan_to(buffer, "]]>", cdata_begin.size());
        case Mode::instruction:
            return scan_to(buffer, "?>", 2);
        default:
            return scan_tag(buffer);
    }
}

bool XmlFramer::scan_tag(std::string_view buffer) {
    while (at_ < buffer.size()) {
        if (skip_octets(buffer)) continue;
        const char c = buffer[at_];
        if (c == '<') return syntax("'<' inside a tag");
        ++at_;
        if (quote_ != '\0') {
            if (c == quote_) quote_ = '\0';
        } else if (c == '"' || c == '\'') {
            quote_ = c;
        } else if (c == '>') {
            return true;
        }
    }
    return false;
}

// Goes on by eight bytes, past attribute values in double quotes; false at a byte that has to be
// looked at.
bool XmlFramer::skip_octets(std::string_view buffer) {
    if (buffer.size() - at_ < Octets::count || quote_ == '\'') return false;
    const Octets octets(buffer.data() + at_);
    const std::uint64_t quoted =
        Octets::behind_odd(octets.equal('"')) ^ (quote_ == '"' ? Octets::all : 0);
    const std::uint64_t others =
        octets.equal('\'') | octets.equal('<') | (octets.equal('>') & ~quoted);
    const std::size_t clear = others == 0 ? Octets::count : Octets::first_of(others);
    const bool is_quoted = others == 0 ? Octets::of_last(quoted) : (quoted & others & -others) != 0;
    quote_ = is_quoted ? '"' : '\0';
    at_ += clear;
    return others == 0;
}

// What ends with `end`, which does not begin inside the `opening` bytes of its beginning.
bool XmlFramer::scan_to(std::string_view buffer, std::string_view end, std::size_t opening) {
    const std::size_t first = *unit_ + token_ + opening;
    const std::size_t back = end.size() - 1;
    const std::size_t from = at_ > first + back ? at_ - back : first;
    const auto found = from < buffer.size() ? buffer.find(end, from) : std::string_view::npos;
    at_ = found == std::string_view::npos ? buffer.size() : found + end.size();
    return found != std::string_view::npos;
}

bool XmlFramer::end_markup(std::string_view buffer) {
    const Mode mode = mode_;
    mode_ = Mode::text;
    if (mode == Mode::start_tag) return end_start_tag(buffer);
    if (mode == Mode::end_tag) return end_end_tag(buffer);
    switch (place_) {
        case Place::root:
            return end_unit(buffer);
        case Place::epilog:
            end_alone(buffer, whole_root_, "");
            return false;
        default:
            return true;
    }
}

bool XmlFramer::end_start_tag(std::string_view buffer) {
    const bool is_empty = buffer[at_ - 2] == '/';
    if (place_ == Place::prolog) return end_root_tag(buffer, is_empty);
    if (is_empty) return depth_ > 0 || end_unit(buffer);
    ++depth_;
    place_ = Place::record;
    return true;
}

// Stops the scan, so that the root is judged before anything in it.
bool XmlFramer::end_root_tag(std::string_view buffer, bool is_empty) {
    const std::string_view tag = buffer.substr(*unit_ + token_, at_ - *unit_ - token_);
    if (tag.size() > longest_root) return syntax("a root tag of more than 4096 bytes");
    auto name_end = find_name_end(tag, 1);
    if (name_end < tag.size() && tag[name_end] == ':') name_end = find_name_end(tag, name_end + 1);
    root_end_ = "</" + std::string{tag.substr(1, name_end - 1)} + '>';
    root_ = tag;
    whole_root_ = is_empty ? root_ : root_ + root_end_;
    if (end_alone(buffer, "", is_empty ? std::string_view{} : root_end_)) {
        place_ = is_empty ? Place::epilog : Place::root;
    }
    return false;
}

bool XmlFramer::end_end_tag(std::string_view buffer) {
    if (depth_ == 0) {
        if (end_alone(buffer, root_, "")) place_ = Place::epilog;
        return false;
    }
    if (--depth_ > 0) return true;
    place_ = Place::root;
    end_alone(buffer, root_, root_end_);
    return false;
}

}  // namespace

std::unique_ptr<Framer> make_xml_framer(std::size_t max_record) {
    return std::make_unique<XmlFramer>(max_record);
}

}  // namespace courant::senml::detail
