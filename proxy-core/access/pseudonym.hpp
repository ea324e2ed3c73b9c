// Other names for subjects, where a grant says that a peer gets them so.
//
//     zabbix@lorient.example/kersabiec@lorient.example/house-7/power      here
//     zabbix@lorient.example/p-3kq…@lorient.example/l-9xa…/power          at the peer, with level 1
//                                                                         hidden, too
//
// A pseudonym is a keyed hash (BLAKE2b) of the subject and the recipient: the same for ever at one
// peer, so that its series stay series, and another one at the next, so that two peers cannot put
// together what they have. The subject's server is replaced by the app's, because a server can be a
// household's. The first segment stays: who speaks a name is no secret and must be checked.
//
// The key lies in a file of its own. Who is who lies in another one, for two reasons: a peer asks
// for the past by the name that it knows, and sometimes a person must know (`courant subject
// lift`), which is written down there each time. Whoever has only the store, or only a backup of
// it, learns nothing. For all that, what goes under a pseudonym remains personal data (GDPR recital
// 26).
//
// The procedure (which fields, who keeps the key, rotation, lifting) is in
// proxy-core/access/README.md.
//
// Thread: one at a time; each thread opens its own. Several may be open on the same files, in
// several processes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "proxy-core/access/grant.hpp"
#include "senml/name.hpp"

namespace courant {

/// How a grant changes the names that a peer gets.
struct Disguise {
    /// The subject goes under a pseudonym.
    bool subject = false;
    /// So do these levels of the path, counted from 1, in rising order.
    std::vector<std::size_t> levels = {};

    /// Whether names go as they are.
    bool none() const { return !subject && levels.empty(); }
    auto operator<=>(const Disguise&) const = default;
};

/// As a grant says.
Disguise disguise_of(const Grant& grant);
/// Levels as a grant has them, "1 3", of what a person types: "1,3". Nothing where that is no list
/// of levels.
std::optional<std::string> hidden_levels_from(std::string_view text);

/// Where key and names are.
struct PseudonymFiles {
    std::filesystem::path key;
    std::filesystem::path names;
};

/// Whether a proxy has a key already.
enum class KeyState { made, found };
/// Makes a key, 0600, unless there is one. Throws StoreError where it cannot, or where names were
/// given out already: they were made of a key that is missing.
KeyState ensure_pseudonym_key(const PseudonymFiles& files);
/// Puts a new key in the place of the old one, which is gone then: every peer gets new names from
/// the next start on, and nobody but the file of names can tell which were whose. Written down
/// there.
void replace_pseudonym_key(const PseudonymFiles& files, std::string_view who,
                           std::string_view reason, Time now);

/// What a pseudonym stands for.
struct Lifted {
    /// In people's spelling: "kersabiec@lorient.example".
    std::string subject;
    /// The level that it stands for, in SenML spelling; empty where it stands for the subject.
    std::string level;
    Jid recipient;
    /// When it was given out.
    Time since;
};

/// Somebody wanted to know who is who, or changed the key.
struct LiftingRecord {
    Time at;
    std::string who;
    std::string pseudonym;
    std::string reason;
    bool found = false;
};

/// A subject's name at one recipient.
struct GivenName {
    std::string pseudonym;
    Jid recipient;
    Time since;
};

/// A name that a recipient was given, and what it stands for.
struct Revealed {
    senml::Name name;
    /// What of it was disguised.
    Disguise disguise;
};

/// The file of names, which is made where there is none: who is who. Throws StoreError.
class PseudonymRegister {
  public:
    explicit PseudonymRegister(const std::filesystem::path& names);
    ~PseudonymRegister();
    PseudonymRegister(PseudonymRegister&&) noexcept;
    PseudonymRegister& operator=(PseudonymRegister&&) noexcept;

    /// The series that a recipient means by a name that it was given; nothing where it was not
    /// given this one. For the proxy's own use: nothing of it reaches a person.
    std::optional<Revealed> reveal(const senml::Name& given, const Jid& recipient);

    /// Who that is, for a person; that it was asked is written down first.
    std::optional<Lifted> lift(std::string_view pseudonym, std::string_view who,
                               std::string_view reason, Time now);
    /// What was written down, the oldest first.
    std::vector<LiftingRecord> liftings();
    /// Under which names a subject is known, and to whom.
    std::vector<GivenName> names_of(std::string_view subject);
    /// Forgets a subject: from then on nobody can tell who its pseudonyms are. How many went.
    std::int64_t forget(std::string_view subject);

  private:
    friend class Pseudonyms;
    friend void replace_pseudonym_key(const PseudonymFiles&, std::string_view, std::string_view,
                                      Time);
    struct State;
    std::unique_ptr<State> state_;
};

/// The making of names, with the key.
class Pseudonyms {
  public:
    /// Opens the files; throws StoreError where the key is missing or is none.
    explicit Pseudonyms(const PseudonymFiles& files);
    ~Pseudonyms();
    Pseudonyms(Pseudonyms&&) noexcept;
    Pseudonyms& operator=(Pseudonyms&&) noexcept;

    /// The name that a recipient gets for a series. It is in the register when this returns. The
    /// error says why it can have none: it is somebody else's already, or too long. Throws
    /// StoreError where the register is away.
    tl::expected<senml::Name, std::string> conceal(const senml::Name& name, const Jid& recipient,
                                                   const Disguise& disguise, Time now);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Pseudonyms that are opened when the first is needed: most proxies need none, and have no key.
class PseudonymsAtNeed {
  public:
    PseudonymsAtNeed() = default;
    explicit PseudonymsAtNeed(PseudonymFiles files) : files_(std::move(files)) {}
    /// Throws as the constructor of Pseudonyms.
    Pseudonyms& get();

  private:
    PseudonymFiles files_;
    std::optional<Pseudonyms> open_;
};

}  // namespace courant
