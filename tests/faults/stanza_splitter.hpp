// An XML stream cut into stanzas and what stands between them.
//
// For tests that stand between a client and its server: they need to know where a stanza begins and
// ends, and nothing of what it says. The streams are those of real servers (RFC 6120: no comments,
// no CDATA sections from them), so that tags and quotes are all there is to look for.
//
// Thread: a value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace courant::test {

/// A piece of a stream, in its order.
struct StreamPiece {
    std::string text;
    /// A whole stanza; else a stream's header or end, or white space.
    bool stanza = false;
};

/// Cuts one direction of a stream.
class StanzaSplitter {
  public:
    /// Takes what was read and gives what is complete by now.
    std::vector<StreamPiece> feed(std::string_view text);

  private:
    bool take_tag(std::vector<StreamPiece>& pieces);

    std::string pending_;      ///< of the piece that is not complete
    std::size_t scanned_ = 0;  ///< of it
    int depth_ = 0;            ///< 1: between stanzas
};

}  // namespace courant::test
