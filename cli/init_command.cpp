// `courant init`: the first file of a new proxy.
#include <filesystem>
#include <fstream>
#include <ostream>

#include "cli/command.hpp"
#include "proxy-core/config/default_text.hpp"

namespace courant::cli {

int init_command(Words words, Console& console) {
    cxxopts::Options options("courant init",
                             "Writes a configuration with every default in it, commented");
    options.add_options()("jid", "the proxy's XMPP account", cxxopts::value<std::string>(), "JID")(
        "file", "where to write it", cxxopts::value<std::string>()->default_value("courant.toml"))(
        "h,help", "this text");
    options.parse_positional({"file"});
    options.positional_help("[FILE]");
    const auto given = parse(options, words, console);
    if (!given) return Exit::done;
    if (given->count("jid") == 0)
        throw UsageError("who is this proxy? --jid zabbix@lorient.example");
    const Jid jid = jid_from((*given)["jid"].as<std::string>());
    const std::filesystem::path file = (*given)["file"].as<std::string>();
    if (std::filesystem::exists(file)) {
        console.err << file.string() << " exists already; it is left as it is\n";
        return Exit::failed;
    }
    std::ofstream out(file);
    out << default_config_text(jid);
    out.close();
    if (!out) {
        console.err << "cannot write " << file.string() << '\n';
        return Exit::failed;
    }
    console.err
        << "wrote " << file.string() << ". Next:\n"
        << "  put the account's password into the file \"password\" beside it (chmod 600)\n"
        << "  courant adapters                      what can be connected; \"show NAME\" prints "
           "its settings\n"
        << "  courant check -c " << file.string()
        << "            is everything right, is the server reached?\n"
        << "  courant peer add JID                  who may send to us, and whom we send to\n"
        << "  courant grant add JID SERIES          what it may have, what for and why\n"
        << "  courant subscription add JID SERIES   what of that goes there\n"
        << "  courant run -c " << file.string() << '\n';
    return Exit::done;
}

}  // namespace courant::cli
