// What a server reads and rewrites of a stanza: the attributes of its first tag. For the network in
// memory only.
//
// Thread: values.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace courant {

/// A stanza taken apart at its first tag. It is well-formed, as a transport's stanzas are.
class StanzaHead {
  public:
    explicit StanzaHead(std::string_view stanza);

    /// "message", "iq" or "presence".
    const std::string& name() const { return name_; }
    /// Without its entities; empty if it is missing.
    std::string attribute(std::string_view key) const;
    /// Replaces an attribute or adds it; an empty value removes it.
    void set(std::string_view key, std::string_view value);
    /// What is between the first tag and the last.
    std::string_view content() const { return content_; }
    /// The stanza with the attributes as they are now, and `more` behind its content.
    std::string to_string(std::string_view more = {}) const;

  private:
    std::string name_;
    std::vector<std::pair<std::string, std::string>> attributes_;  ///< values as written
    std::string content_;
};

}  // namespace courant
