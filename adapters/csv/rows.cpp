#include "adapters/csv/rows.hpp"

#include <algorithm>

namespace courant::csv {

namespace {

constexpr std::size_t chunk_size = std::size_t{64} * 1024;

// Walks one row; the fields are cut on the way.
class Cutter {
  public:
    Cutter(std::string_view text, char separator, Tail tail, Fields& fields)
        : text_(text), separator_(separator), tail_(tail), fields_(fields) {}

    Cut row() {
        fields_.clear();
        for (;;) {
            const bool cut = !at_end() && text_[at_] == '"' ? quoted_field() : plain_field();
            if (!cut) return {.result = failed_, .size = 0, .content = 0, .lines = 0};
            if (!at_end() && text_[at_] == separator_) {
                ++at_;
                continue;
            }
            return finish();
        }
    }

  private:
    bool at_end() const { return at_ == text_.size(); }

    bool fail(Cut::Result result) {
        failed_ = result;
        return false;
    }

    bool plain_field() {
        const std::size_t begin = at_;
        while (!at_end() && text_[at_] != separator_ && text_[at_] != '\n') ++at_;
        std::size_t end = at_;
        const bool line_ends = at_end() || text_[at_] == '\n';
        if (line_ends && end > begin && text_[end - 1] == '\r') --end;
        if (at_end() && tail_ == Tail::open) return fail(Cut::Result::unfinished);
        content_ = end;
        fields_.values.push_back(text_.substr(begin, end - begin));
        return true;
    }

    bool quoted_field() {
        const std::size_t begin = ++at_;
        bool doubled = false;
        for (;;) {
            const std::size_t quote = text_.find('"', at_);
            if (quote == std::string_view::npos) return fail(unclosed());
            if (quote + 1 < text_.size() && text_[quote + 1] == '"') {
                doubled = true;
                at_ = quote + 2;
                continue;
            }
            lines_ += static_cast<std::size_t>(
                std::count(text_.begin() + static_cast<std::ptrdiff_t>(begin),
                           text_.begin() + static_cast<std::ptrdiff_t>(quote), '\n'));
            keep_quoted(text_.substr(begin, quote - begin), doubled);
            at_ = content_ = quote + 1;
            return after_quote();
        }
    }

    Cut::Result unclosed() const {
        return tail_ == Tail::open ? Cut::Result::unfinished : Cut::Result::malformed;
    }

    bool after_quote() {
        if (!at_end() && text_[at_] == '\r') {
            if (at_ + 1 == text_.size()) {
                if (tail_ == Tail::open) return fail(Cut::Result::unfinished);
                ++at_;
            } else if (text_[at_ + 1] == '\n') {
                ++at_;
            }
        }
        if (at_end()) return tail_ == Tail::closed || fail(Cut::Result::unfinished);
        const char c = text_[at_];
        return c == separator_ || c == '\n' || fail(Cut::Result::malformed);
    }

    void keep_quoted(std::string_view inside, bool doubled) {
        if (!doubled) {
            fields_.values.push_back(inside);
            return;
        }
        std::string& value = fields_.unescaped.emplace_back();
        for (std::size_t i = 0; i < inside.size(); ++i) {
            value += inside[i];
            if (inside[i] == '"') ++i;
        }
        fields_.values.push_back(value);
    }

    Cut finish() {
        if (!at_end()) {
            ++at_;
            ++lines_;
        }
        return {.result = Cut::Result::row, .size = at_, .content = content_, .lines = lines_};
    }

    std::string_view text_;
    char separator_;
    Tail tail_;
    Fields& fields_;
    std::size_t at_ = 0;
    std::size_t content_ = 0;
    std::size_t lines_ = 0;
    Cut::Result failed_ = Cut::Result::unfinished;
};

}  // namespace

void Fields::clear() {
    values.clear();
    unescaped.clear();
}

Cut cut_row(std::string_view text, char separator, Tail tail, Fields& fields) {
    return Cutter(text, separator, tail, fields).row();
}

RowReader::RowReader(const File& file, char separator, Position begin, Tail tail)
    : file_(file), separator_(separator), tail_(tail), position_(begin) {}

RowReader::Found RowReader::next(Row& row) {
    if (!skip_empty_lines()) return Found::nothing;
    for (;;) {
        // Only at the file's end does the tail say anything; before it, a row without an end is one
        // we have not read wholly.
        Cut cut = cut_row(rest(), separator_, Tail::open, row.fields);
        if (cut.result == Cut::Result::unfinished && rest().size() < max_row_size) {
            if (fill()) continue;
            if (tail_ == Tail::open) return Found::nothing;
            cut = cut_row(rest(), separator_, Tail::closed, row.fields);
        }
        if (cut.result != Cut::Result::row) return take_line_as_malformed(row);
        row.raw = rest().substr(0, cut.content);
        row.begin = position_;
        advance(cut.size, cut.lines);
        return Found::row;
    }
}

RowReader::Found RowReader::take_line_as_malformed(Row& row) {
    row.fields.clear();
    row.begin = position_;
    while (rest().find('\n') == std::string_view::npos && rest().size() < max_row_size) {
        if (fill()) continue;
        if (tail_ == Tail::open) return Found::nothing;
        break;
    }
    const std::size_t end = std::min(rest().find('\n'), rest().size());
    row.raw = rest().substr(0, end);
    if (row.raw.ends_with('\r')) row.raw.remove_suffix(1);
    const bool has_break = end < rest().size();
    advance(end + (has_break ? 1 : 0), has_break ? 1 : 0);
    return Found::malformed;
}

void RowReader::give_back_all_but_first_line(Row& row) {
    const std::size_t line_break = row.raw.find('\n');
    if (line_break == std::string_view::npos) return;
    const auto bytes = position_.offset - row.begin.offset;
    begin_ -= bytes;
    position_ = row.begin;
    row.raw = row.raw.substr(0, line_break);
    advance(line_break + 1, 1);
    if (row.raw.ends_with('\r')) row.raw.remove_suffix(1);
}

bool RowReader::skip_lines(std::int64_t count) {
    while (count > 0) {
        const std::size_t end = rest().find('\n');
        if (end != std::string_view::npos) {
            advance(end + 1, 1);
            --count;
            continue;
        }
        advance(rest().size(), 0);
        if (!fill()) return false;
    }
    return true;
}

bool RowReader::skip_empty_lines() {
    for (;;) {
        if (rest().size() < 2 && !fill() && rest().empty()) return false;
        if (rest().starts_with('\n')) {
            advance(1, 1);
        } else if (rest().starts_with("\r\n")) {
            advance(2, 1);
        } else {
            return true;
        }
    }
}

bool RowReader::fill() {
    buffer_.erase(0, begin_);
    begin_ = 0;
    return file_.read_at(position_.offset + buffer_.size(), chunk_size, buffer_) > 0;
}

void RowReader::advance(std::size_t bytes, std::size_t lines) {
    begin_ += bytes;
    position_.offset += bytes;
    position_.line += lines;
}

}  // namespace courant::csv
