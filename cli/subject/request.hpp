// A request about one subject, as the commands of `courant subject` share it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"
#include "proxy-core/access/holdings.hpp"
#include "proxy-core/access/subject_book.hpp"

namespace courant::cli {

/// What was asked, and of which proxy.
struct SubjectRequest {
    const cxxopts::ParseResult& given;
    /// The words behind the action.
    std::vector<std::string> words;
    const Config& config;
    Store& store;
    Console& console;

    /// The subject that the only word names, in people's spelling; UsageError where it is none.
    std::string subject() const;
    /// --reason; UsageError without it.
    std::string reason() const;
    /// The only word, or a UsageError that says what it should be.
    const std::string& only_word(std::string_view what) const;
    /// Throws UsageError unless --yes was said, or nobody sits there whom one could ask.
    void insist_on_yes(std::string_view what) const;
    /// Under which names the subject goes here.
    SubjectNames names(const std::string& subject) const;
};

/// What a subject says of grants: those for it alone can change, those for many cannot.
struct GrantsAbout {
    std::vector<Grant> alone;
    std::vector<Grant> among_many;
};
GrantsAbout grants_about(Mailboxes& m, const std::string& subject);

/// Who sits there: the system's name for the user of this process, and who it was before sudo.
std::string person_here();

/// SHA-256 in hexadecimal digits.
std::string sha256_of(std::string_view bytes);
/// A whole file; throws Error where it cannot be read.
std::string whole_file(const std::filesystem::path& file);

int show_subject(const SubjectRequest& request);
int export_subject(const SubjectRequest& request);
int import_subject(const SubjectRequest& request);
int object_for_subject(const SubjectRequest& request);
int limit_subject(const SubjectRequest& request);
int resume_subject(const SubjectRequest& request);
int erase_subject(const SubjectRequest& request);
int lift_pseudonym(const SubjectRequest& request);
int list_liftings(const SubjectRequest& request);
int rotate_key(const SubjectRequest& request);

}  // namespace courant::cli
