// `courant subject import`: takes in what somebody brought along from another proxy. The readings
// go into the inbox, in a lane of their own, from where apps get them as any others. The lane is
// named after the manifest: taken in twice, everything is a repetition and changes nothing.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/subject/bundle.hpp"
#include "cli/subject/request.hpp"
#include "proxy-core/config/duration.hpp"
#include "senml/codec.hpp"

namespace courant::cli {
namespace {

using nlohmann::json;

constexpr std::size_t records_per_message = 500;

[[noreturn]] void refuse(const std::string& why) {
    throw Error(why + ". Nothing was taken in", Retry::useless);
}

/// A bundle that was read and found whole.
struct Brought {
    std::string subject;
    Jid node;
    LaneId lane;
    std::vector<Message> messages;
    std::int64_t readings = 0;
    std::size_t files = 0;
};

bool is_file_name(const std::string& name) {
    return !name.empty() && name.front() != '.' &&
           std::all_of(name.begin(), name.end(), [](unsigned char c) {
               return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
           });
}

// Cut as they would come over the wire.
void add_messages(Brought& brought, const senml::Pack& pack, const Envelope& envelope) {
    for (std::size_t begin = 0; begin < pack.size(); begin += records_per_message) {
        senml::Pack part;
        part.set_version(pack.version());
        const std::size_t end = std::min(pack.size(), begin + records_per_message);
        for (std::size_t i = begin; i < end; ++i) part.add_from(pack, i);
        auto body = senml::write(senml::Format::xml, part);
        if (!body) refuse(body.error().to_string());
        brought.messages.push_back({.peer = {},
                                    .lane = brought.lane,
                                    .seq = static_cast<Seq>(brought.messages.size() + 1),
                                    .envelope = envelope,
                                    .body = *std::move(body),
                                    .records = static_cast<std::int64_t>(part.size()),
                                    .stored_at = {}});
    }
    brought.readings += static_cast<std::int64_t>(pack.size());
}

void add_readings(Brought& brought, const json& file, const std::string& text, Time now) {
    const std::string name = file.at("name");
    const auto quality = quality_from(file.at("quality").get<std::string>());
    const std::string retain = file.at("retain");
    if (!quality || !is_iso_duration(retain))
        refuse(name + ": the manifest says no quality, or not how long it may be kept");
    const auto pack =
        senml::read(senml::Format::json, text, {.now = now, .names = senml::NameRule::federated});
    if (!pack) refuse(name + ": " + pack.error().to_string());
    const SubjectNames who(brought.subject, {});
    for (std::uint32_t i = 0; i < pack->name_count(); ++i)
        if (!who.means(pack->name(senml::NameId{i})))
            refuse(fmt::format("{}: {} is not about {}", name,
                               one_line(pack->name(senml::NameId{i})), brought.subject));
    add_messages(brought, *pack,
                 {.retain = retain, .grant = {}, .quality = *quality, .hops = {brought.node}});
}

Brought read_bundle(const std::filesystem::path& folder, Time now) {
    const std::string text = whole_file(folder / manifest_name);
    const json manifest = json::parse(text);
    if (manifest.at("format") != bundle_format)
        refuse((folder / manifest_name).string() + " is no export of a subject");
    if (manifest.at("version") != bundle_version)
        refuse(fmt::format("the export has version {}, and this program knows {}",
                           manifest.at("version").dump(), bundle_version));
    Brought brought{.subject = manifest.at("subject"),
                    .node = jid_from(manifest.at("node").get<std::string>()),
                    .lane = {"import-" + sha256_of(text).substr(0, 32)},
                    .messages = {}};
    for (const json& file : manifest.at("files")) {
        const std::string name = file.at("name");
        if (!is_file_name(name))
            refuse("the manifest names a file that cannot be one of the folder");
        const std::string bytes = whole_file(folder / name);
        if (sha256_of(bytes) != file.at("sha256"))
            refuse(name + " is not what the manifest says (SHA-256)");
        ++brought.files;
        // The XML files say the same once more.
        if (file.contains("readings") && name.ends_with(".json"))
            add_readings(brought, file, bytes, now);
    }
    return brought;
}

}  // namespace

int import_subject(const SubjectRequest& request) {
    const std::filesystem::path folder = request.only_word("which folder? subject import DIR");
    const Time now = std::chrono::system_clock::now();
    Brought brought;
    try {
        brought = read_bundle(folder, now);
    } catch (const json::exception& wrong) {
        refuse(fmt::format("{}: {}", (folder / manifest_name).string(), wrong.what()));
    }
    const Jid self = request.config.identity.jid.bare();
    std::int64_t repeated = 0;
    request.store.commit([&](Mailboxes& m) {
        repeated = 0;
        for (Message message : brought.messages) {
            message.peer = self;
            message.stored_at = now;
            repeated += m.take_in(message, now).repeated;
        }
    });
    std::ostream& err = request.console.err;
    err << fmt::format("{}: {} files, whole; {} readings from {}\n", brought.subject, brought.files,
                       brought.readings, brought.node.to_string());
    if (repeated == static_cast<std::int64_t>(brought.messages.size()) && repeated > 0)
        err << "they were taken in before; nothing has changed\n";
    else
        err << "they are in the inbox; apps get what their [[receive]] wants\n";
    err << "rights.json tells what was allowed there; here it allows nothing: courant grant add\n";
    return Exit::done;
}

}  // namespace courant::cli
