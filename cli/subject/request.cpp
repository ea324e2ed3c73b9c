#include "cli/subject/request.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <sodium.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "proxy-core/access/access_book.hpp"
#include "proxy-core/access/series_pattern.hpp"
#include "senml/name.hpp"

namespace courant::cli {

const std::string& SubjectRequest::only_word(std::string_view what) const {
    if (words.size() != 1) throw UsageError(std::string(what));
    return words.front();
}

std::string SubjectRequest::subject() const {
    const std::string& word =
        only_word("about whom? Subjects are called as in names: kersabiec@lorient.example");
    const auto name = senml::Name::parse("a@a.example/" + word + "/x");
    if (!name || name->path().size() != 1 || word.find('*') != std::string::npos)
        throw UsageError(word + " is no subject; one looks like kersabiec@lorient.example");
    return name->subject() + "@" + name->subject_server();
}

std::string SubjectRequest::reason() const {
    auto text = text_of(given, "reason");
    if (text.empty()) throw UsageError("--reason TEXT: what is asked, by whom, which case");
    return text;
}

void SubjectRequest::insist_on_yes(std::string_view what) const {
    if (given.count("yes") > 0 || isatty(STDIN_FILENO) == 0) return;
    throw UsageError(fmt::format("{} cannot be undone; say --yes", what));
}

SubjectNames SubjectRequest::names(const std::string& subject) const {
    // Where nobody was ever given a name there is no register, and none need be made.
    if (!std::filesystem::exists(config.pseudonyms.file)) return {subject, {}};
    return {subject, PseudonymRegister(config.pseudonyms.file).names_of(subject)};
}

GrantsAbout grants_about(Mailboxes& m, const std::string& subject) {
    GrantsAbout about;
    for (Grant& grant : m.access().grants()) {
        if (!series_matches(grant.subject, subject) || !may_be_about(grant.series, subject))
            continue;
        const bool alone = grant.subject.find('*') == std::string::npos;
        (alone ? about.alone : about.among_many).push_back(std::move(grant));
    }
    return about;
}

std::string person_here() {
    // A command has one thread.
    const passwd* user = getpwuid(getuid());        // NOLINT(concurrency-mt-unsafe)
    const char* before = std::getenv("SUDO_USER");  // NOLINT(concurrency-mt-unsafe)
    std::string name = user ? user->pw_name : std::to_string(getuid());
    return before ? fmt::format("{} (as {})", before, name) : name;
}

std::string sha256_of(std::string_view bytes) {
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(bytes.data()),
                       bytes.size());
    std::array<char, 2 * crypto_hash_sha256_BYTES + 1> text{};
    sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
    return text.data();
}

std::string whole_file(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::string text;
    if (in) text.assign(std::istreambuf_iterator<char>(in), {});
    if (!in || in.bad()) throw Error("cannot read " + file.string(), Retry::useless);
    return text;
}

}  // namespace courant::cli
