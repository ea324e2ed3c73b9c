// `courant subject lift`, `liftings` and `rotate`: who is behind a pseudonym, who has asked, and
// another key. The procedure is in proxy-core/access/README.md.
#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/subject/request.hpp"
#include "proxy-core/federation/protocol.hpp"

namespace courant::cli {
namespace {

PseudonymRegister register_of(const Config& config) {
    if (!std::filesystem::exists(config.pseudonyms.file))
        throw Error(fmt::format("{}: there is no such file: nobody was given a pseudonym here",
                                config.pseudonyms.file.string()),
                    Retry::useless);
    return PseudonymRegister(config.pseudonyms.file);
}

// "p-3kq…", or the whole name in which it stands.
std::string pseudonym_in(const std::string& word) {
    for (const std::string_view mark : {"/p-", "/l-"}) {
        const auto at = word.find(mark);
        if (at == std::string::npos) continue;
        const auto begin = at + 1;
        return word.substr(begin, word.find_first_of("@:/", begin) - begin);
    }
    return word.substr(0, word.find_first_of("@:/"));
}

}  // namespace

int lift_pseudonym(const SubjectRequest& request) {
    const std::string pseudonym = pseudonym_in(request.only_word("which pseudonym? p-…"));
    const std::string reason = request.reason();
    const auto lifted =
        register_of(request.config)
            .lift(pseudonym, person_here(), reason, std::chrono::system_clock::now());
    request.console.err << "this was written down (courant subject liftings)\n";
    if (!lifted) {
        request.console.err << one_line(pseudonym)
                            << " was given to nobody here, or is forgotten\n";
        return Exit::failed;
    }
    request.console.out << lifted->subject << (lifted->level.empty() ? "" : " ") << lifted->level
                        << '\n';
    request.console.err << "since " << to_timestamp_for_people(lifted->since) << " at "
                        << lifted->recipient.to_string() << '\n';
    return Exit::done;
}

int list_liftings(const SubjectRequest& request) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const LiftingRecord& record : register_of(request.config).liftings())
        rows.push_back({{"at", to_timestamp_for_people(record.at)},
                        {"who", record.who},
                        {"pseudonym", record.pseudonym},
                        {"reason", record.reason},
                        {"found", record.found}});
    print_list(request.console.out, rows, listing_of(request.given));
    return Exit::done;
}

int rotate_key(const SubjectRequest& request) {
    const std::string reason = request.reason();
    request.insist_on_yes(
        "Another key: every peer gets other names from the next start on, and it");
    const PseudonymFiles files = pseudonym_files(request.config);
    replace_pseudonym_key(files, person_here(), reason, std::chrono::system_clock::now());
    request.console.err << "there is a new key in " << files.key.string()
                        << "; restart the proxy, and tell the peers that their series end and "
                           "others begin\n";
    return Exit::done;
}

}  // namespace courant::cli
