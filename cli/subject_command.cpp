// `courant subject`: what a person may ask of this proxy, and what follows from the answer.
#include "cli/subject/request.hpp"

namespace courant::cli {
namespace {

struct Action {
    std::string_view name;
    int (*run)(const SubjectRequest& request);
};

constexpr Action actions[] = {
    {"show", show_subject},         {"export", export_subject}, {"import", import_subject},
    {"object", object_for_subject}, {"limit", limit_subject},   {"resume", resume_subject},
    {"erase", erase_subject},       {"lift", lift_pseudonym},   {"liftings", list_liftings},
    {"rotate", rotate_key},
};

cxxopts::Options options() {
    auto options = options_for("subject", "What a person may ask, and what follows from it");
    options.add_options()("action", "", cxxopts::value<std::string>()->default_value(""))(
        "words", "", cxxopts::value<std::vector<std::string>>())("json", "show, liftings: as JSON")(
        "o,output", "export: the folder, which is made", cxxopts::value<std::string>(), "DIR")(
        "reason", "what is asked, by whom, which case", cxxopts::value<std::string>(), "TEXT")(
        "until", "limit: how long it is meant to last; resume ends it",
        cxxopts::value<std::string>(),
        "TIME")("dry-run", "erase: say what would go")("yes", "what cannot be undone is meant so");
    options.parse_positional({"action", "words"});
    options.positional_help(
        "[show ID | export ID -o DIR | import DIR | object ID | limit ID | resume ID | erase ID | "
        "lift PSEUDONYM | liftings | rotate]");
    return options;
}

}  // namespace

int subject_command(Words words, Console& console) {
    auto understood = options();
    const auto given = parse(understood, words, console);
    if (!given) return Exit::done;
    const auto wanted = (*given)["action"].as<std::string>();
    for (const Action& action : actions) {
        if (action.name != wanted) continue;
        auto rest = given->count("words") > 0 ? (*given)["words"].as<std::vector<std::string>>()
                                              : std::vector<std::string>{};
        const Config config = config_of(*given);
        const auto store = shared_store(config);
        return action.run({.given = *given,
                           .words = std::move(rest),
                           .config = config,
                           .store = *store,
                           .console = console});
    }
    throw UsageError(
        "subject show, export, import, object, limit, resume, erase, lift, liftings or rotate");
}

}  // namespace courant::cli
