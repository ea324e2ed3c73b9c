#include <array>
#include <fstream>
#include <istream>
#include <ostream>

#include "cli/senml/commands.hpp"
#include "senml/stream.hpp"

namespace courant::cli::senml_words {

namespace {

using senml::Format;

// What is there, as soon as there is something; nothing at the end.
std::string_view read_some(std::istream& in, std::array<char, 65536>& buffer) {
    if (in.peek() == std::istream::traits_type::eof()) return {};
    auto size = in.readsome(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    if (size == 0) {  // a stream that does not know what is there
        in.get(buffer[0]);
        size = in.gcount();
    }
    return {buffer.data(), static_cast<std::size_t>(size)};
}

// Enough of a stream to tell its format: what stands before the first byte that is no blank.
Outcome<std::string> read_beginning(const std::string& file, std::istream& in) {
    constexpr std::size_t longest = 4096;
    std::string beginning;
    char c = '\0';
    while (beginning.size() < longest && !guess_format(beginning) && in.get(c)) beginning += c;
    if (guess_format(beginning)) return beginning;
    return impossible(file + ": neither JSON, XML nor CBOR; say which with --from");
}

// Readings on their way from a stream to an array of full records.
class Passage {
  public:
    Passage(Format from, Format to, const senml::StreamOptions& options, const Streams& io)
        : to_(to), io_(io), reader_(from, options), writer_(to, senml::StreamLayout::resolved) {}

    // What was delivered before a fault is written, too.
    tl::expected<void, senml::Fault> pass(std::string_view bytes, senml::Time now);
    tl::expected<void, senml::Fault> finish();

  private:
    void begin() {
        if (!has_begun_) writer_.begin(text_);
        has_begun_ = true;
    }
    tl::expected<void, senml::Fault> write();

    Format to_;
    const Streams& io_;
    senml::StreamReader reader_;
    senml::StreamWriter writer_;
    senml::Pack pack_;
    std::string text_;
    std::vector<senml::Fault> deviations_;
    bool has_begun_ = false;
    std::size_t readings_ = 0;  ///< written
};

tl::expected<void, senml::Fault> Passage::pass(std::string_view bytes, senml::Time now) {
    auto fed = reader_.feed(bytes, now, pack_, &deviations_);
    talk_about(deviations_, io_.err);
    deviations_.clear();
    if (!pack_.empty()) {
        begin();
        auto written = write();
        io_.out << text_ << std::flush;
        text_.clear();
        pack_.clear();
        if (!written) return written;
    }
    return fed;
}

// What the format has no image for stops the stream, but not the readings before it.
tl::expected<void, senml::Fault> Passage::write() {
    auto written = writer_.write(pack_, text_);
    if (written) {
        readings_ += pack_.size();
        return written;
    }
    senml::Pack before;
    for (std::size_t i = 0; i + 1 < written.error().record; ++i) before.add_from(pack_, i);
    before.set_version(pack_.version());
    static_cast<void>(writer_.write(before, text_));
    written.error().record += readings_;
    return written;
}

// Closes what was begun; a stream without readings that is right gives an array without records.
tl::expected<void, senml::Fault> Passage::finish() {
    auto end = reader_.finish();
    if (end) begin();
    if (has_begun_) {
        writer_.end(text_);
        put(io_.out, to_, text_);
    }
    return end;
}

Outcome<void> resolve_from(const std::string& file, std::istream& in, const Words& words,
                           const Streams& io) {
    const auto reading = read_options(words);
    if (!reading) return tl::unexpected(reading.error());
    const auto from = format_option(words, "from");
    if (!from) return tl::unexpected(from.error());
    const auto to = format_option(words, "to");
    if (!to) return tl::unexpected(to.error());
    const auto beginning = *from ? std::string{} : read_beginning(file, in);
    if (!beginning) return tl::unexpected(beginning.error());
    const Format format = from->value_or(guess_format(*beginning).value_or(Format::json));

    const bool has_now = words.count("now") > 0;
    Passage passage(
        format, to->value_or(format),
        {.profile = reading->profile, .unknown = reading->unknown, .features = reading->features},
        io);
    std::array<char, 65536> buffer;
    auto passed = passage.pass(*beginning, reading->now);
    while (passed) {
        const std::string_view bytes = read_some(in, buffer);
        if (bytes.empty()) break;
        passed = passage.pass(bytes, has_now ? reading->now : system_now());
    }
    const auto finished = passage.finish();
    if (!passed) return faulty(passed.error());
    if (!finished) return faulty(finished.error());
    return {};
}

}  // namespace

Outcome<void> resolve_stream(const Words& words, const Streams& io) {
    const auto file = file_word(words);
    if (!file) return tl::unexpected(file.error());
    if (*file == "-") return resolve_from(*file, io.in, words, io);
    std::ifstream stream(*file, std::ios::binary);
    if (!stream) return impossible(*file + ": cannot be read");
    return resolve_from(*file, stream, words, io);
}

}  // namespace courant::cli::senml_words
