#include "adapters/csv/cursor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "proxy-core/error.hpp"

namespace courant::csv {

namespace {

constexpr std::string_view magic = "csv 1\n";
constexpr std::size_t head_size = 256;
constexpr std::size_t tail_size = 64;

bool is_plain(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7F && c != '%';
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text)
        if (is_plain(c))
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    return out;
}

// Cuts words and numbers off the front of one line of the cursor.
class Words {
  public:
    explicit Words(std::string_view line) : line_(line) {}

    std::string_view word() {
        const std::size_t end = std::min(line_.find(' '), line_.size());
        const std::string_view found = line_.substr(0, end);
        line_.remove_prefix(std::min(end + 1, line_.size()));
        return found;
    }

    template <typename Number>
    Number number(int base = 10) {
        const std::string_view text = word();
        Number value{};
        const auto [end, error] =
            std::from_chars(text.data(), text.data() + text.size(), value, base);
        if (error != std::errc{} || end != text.data() + text.size()) fail();
        return value;
    }

    std::string unescaped_word() {
        const std::string_view text = word();
        std::string out;
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] != '%') {
                out += text[i];
                continue;
            }
            out += static_cast<char>(Words(text.substr(i + 1, 2)).number<unsigned>(16));
            i += 2;
        }
        return out;
    }

    [[noreturn]] static void fail() {
        throw Error(
            "the cursor was not made by the csv adapter. Reset it to read from the beginning.",
            Retry::useless);
    }

  private:
    std::string_view line_;
};

FileProgress parse_file(Words words) {
    FileProgress file;
    file.inode = words.number<std::uint64_t>();
    file.next.offset = words.number<std::uint64_t>();
    file.next.line = words.number<std::uint64_t>();
    file.fingerprint = words.number<std::uint64_t>(16);
    file.name = words.unescaped_word();
    return file;
}

void parse_pass(Words words, Passes& passes) {
    Pass pass;
    pass.which = words.word() == "2" ? Pass::Which::second : Pass::Which::first;
    pass.clock = senml::Time{senml::Span{words.number<std::int64_t>()}};
    passes[words.unescaped_word()] = pass;
}

}  // namespace

std::uint64_t fingerprint_of(const File& file, std::uint64_t size) {
    std::string bytes;
    file.read_at(0, static_cast<std::size_t>(std::min<std::uint64_t>(size, head_size)), bytes);
    const std::uint64_t head = fingerprint(bytes);
    bytes.clear();
    const auto tail = static_cast<std::size_t>(std::min<std::uint64_t>(size, tail_size));
    file.read_at(size - tail, tail, bytes);
    return fingerprint(bytes, head);
}

std::vector<FileProgress> parse_cursor(std::string_view cursor) {
    std::vector<FileProgress> files;
    if (cursor.empty()) return files;
    if (!cursor.starts_with(magic)) Words::fail();
    cursor.remove_prefix(magic.size());
    while (!cursor.empty()) {
        const std::size_t end = std::min(cursor.find('\n'), cursor.size());
        Words words(cursor.substr(0, end));
        const std::string_view kind = words.word();
        if (kind == "file") {
            files.push_back(parse_file(words));
        } else if (kind == "pass" && !files.empty()) {
            parse_pass(words, files.back().passes);
        } else {
            Words::fail();
        }
        cursor.remove_prefix(std::min(end + 1, cursor.size()));
    }
    return files;
}

std::string cursor_text(const std::vector<FileProgress>& files) {
    std::string out(magic);
    for (const FileProgress& file : files) {
        out += fmt::format("file {} {} {} {:x} {}\n", file.inode, file.next.offset, file.next.line,
                           file.fingerprint, escaped(file.name));
        for (const auto& [key, pass] : file.passes)
            out += fmt::format("pass {} {} {}\n", pass.which == Pass::Which::second ? 2 : 1,
                               pass.clock.time_since_epoch().count(), escaped(key));
    }
    return out;
}

}  // namespace courant::csv
