// What is held about a subject in the mailboxes: finding it, and taking it out.
//
//     SubjectNames who("kersabiec@lorient.example", names.names_of("kersabiec@lorient.example"));
//     walk_holdings(store, who, [&](const Holding& one) { … one.about … });
//     take_out(store, who, Scope::everything, "erased");
//
// The store has no index of subjects: bodies are packs, often compressed, and looking for somebody
// is rare. So every message is read, page by page; a running proxy goes on meanwhile. What is
// found in a message is told apart from what is about others, which nobody is shown and which
// stays when the rest is taken out.
//
// The archive of what was sent is searched by name; what the catalog remembers of a series goes
// with an erasure, too.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/access/pseudonym.hpp"
#include "proxy-core/mailbox/mailboxes.hpp"
#include "senml/pack.hpp"

namespace courant {

/// A subject under all names that it goes by here.
class SubjectNames {
  public:
    /// `subject` in people's spelling, and the names that peers have for it.
    SubjectNames(std::string subject, const std::vector<GivenName>& pseudonyms);

    const std::string& subject() const { return subject_; }
    /// Whether a series, in either spelling, is about it.
    bool means(std::string_view series) const;
    /// Whether a text that is no pack speaks of a series about it.
    bool mentioned_in(std::string_view text) const;

  private:
    std::string subject_;
    std::set<std::string, std::less<>> pseudonyms_;
    std::vector<std::string> spellings_;  ///< as they stand in texts
};

/// A message or dead letter with something about the subject in it.
struct Holding {
    enum class Place { outbox, inbox, waiting, dead, archive };
    Place place = Place::outbox;
    /// Where it is from or for, under which grant, and since when it is here. Of a dead letter the
    /// envelope that it keeps; the peer is empty where an adapter brought it.
    Message message;
    /// Its position in the inbox, or its number as a dead letter.
    std::int64_t id = 0;
    /// The readings about the subject, under the names that they bear there.
    senml::Pack about;
    /// And the others.
    senml::Pack others;
    /// Of a dead letter that is no pack: it mentions the subject, and is taken as a whole.
    bool illegible = false;
};
/// "outbox".
std::string_view to_word(Holding::Place place);

/// Shows all that is held.
void walk_holdings(Store& store, const SubjectNames& who,
                   const std::function<void(const Holding&)>& use);

/// How far a taking out goes.
enum class Scope {
    outbox,     ///< what has not gone yet shall not go
    everything  ///< nothing shall be here any more
};
/// What was taken out.
struct TakenOut {
    std::int64_t messages = 0;  ///< that held something about the subject
    std::int64_t readings = 0;
    std::int64_t dead_letters = 0;

    bool operator==(const TakenOut&) const = default;
};
/// Takes it out, a page in each transaction; numbers in the outbox stay, as voids with this reason
/// where nothing is left.
TakenOut take_out(Store& store, const SubjectNames& who, Scope scope, std::string_view reason);

}  // namespace courant
