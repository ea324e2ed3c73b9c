#include "tests/faults/stanza_splitter.hpp"

#include <utility>

namespace courant::test {
namespace {

constexpr std::string_view stream_header = "<stream:stream";

// One beyond the tag that begins at `from`; npos if it is not there in whole.
std::size_t end_of_tag(std::string_view text, std::size_t from) {
    char quote = 0;
    for (std::size_t i = from; i < text.size(); ++i) {
        if (quote != 0) {
            if (text[i] == quote) quote = 0;
        } else if (text[i] == '"' || text[i] == '\'') {
            quote = text[i];
        } else if (text[i] == '>') {
            return i + 1;
        }
    }
    return std::string_view::npos;
}

}  // namespace

std::vector<StreamPiece> StanzaSplitter::feed(std::string_view text) {
    pending_ += text;
    std::vector<StreamPiece> pieces;
    while (take_tag(pieces)) {
    }
    // White space between stanzas keeps connections alive: it must not wait for the next stanza.
    if (depth_ <= 1 && !pending_.empty() && pending_.find('<') == std::string::npos) {
        pieces.push_back({std::exchange(pending_, {}), false});
        scanned_ = 0;
    }
    return pieces;
}

// Whether there was a whole tag.
bool StanzaSplitter::take_tag(std::vector<StreamPiece>& pieces) {
    const std::size_t begin = pending_.find('<', scanned_);
    const std::size_t end =
        begin == std::string::npos ? std::string::npos : end_of_tag(pending_, begin);
    if (end == std::string::npos) return false;
    const std::string_view tag = std::string_view(pending_).substr(begin, end - begin);
    const bool outside = depth_ <= 1;
    bool complete = false;
    if (tag.starts_with("<?")) {
        complete = true;
    } else if (tag.starts_with(stream_header)) {
        depth_ = 1;  // a stream that begins anew does not end the one before
        complete = true;
    } else if (tag.starts_with("</")) {
        complete = --depth_ <= 1;
    } else if (tag.ends_with("/>")) {
        complete = outside;
    } else {
        ++depth_;
    }
    scanned_ = end;
    if (!complete) return true;
    const bool frame = tag.starts_with("<?") || tag.starts_with(stream_header) || depth_ == 0;
    pieces.push_back({pending_.substr(0, end), !frame});
    pending_.erase(0, end);
    scanned_ = 0;
    return true;
}

}  // namespace courant::test
