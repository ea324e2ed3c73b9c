// `courant subject export`: everything here about somebody, for them to take along.
#include <fmt/format.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/subject/bundle.hpp"
#include "cli/subject/portrait.hpp"
#include "proxy-core/config/duration.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "senml/codec.hpp"
#include "senml/name.hpp"

namespace courant::cli {
namespace {

using nlohmann::ordered_json;

/// The readings under their true names, each once: of two with one name and time the better one
/// counts, among equals the later message (schemas/PROTOCOL.md).
class Readings {
  public:
    void add(std::string_view name, const Holding& one, std::size_t index) {
        const senml::Record& record = one.about[index];
        const Envelope& envelope = one.message.envelope;
        const Kept kept{envelope.quality, one.message.stored_at, all_.size(), envelope.retain};
        const auto [place, added] = kept_.try_emplace({std::string(name), record.time}, kept);
        if (!added) {
            if (std::pair(kept.quality, kept.stored_at) <
                std::pair(place->second.quality, place->second.stored_at))
                return;
            place->second = kept;
        }
        all_.add_from(one.about, index, name);
    }

    /// Those of one quality, by name and time.
    senml::Pack of(Quality quality) const {
        senml::Pack pack;
        for (const auto& [key, kept] : kept_)
            if (kept.quality == quality) pack.add_from(all_, kept.index);
        return pack;
    }
    /// The shortest time that whoever gets one of them may keep it.
    std::string retain(Quality quality) const {
        std::string shortest;
        for (const auto& [key, kept] : kept_)
            if (kept.quality == quality && !kept.retain.empty() &&
                (shortest.empty() || nominal_length(kept.retain) < nominal_length(shortest)))
                shortest = kept.retain;
        return shortest;
    }

  private:
    struct Kept {
        Quality quality = Quality::raw;
        Time stored_at;
        std::size_t index = 0;
        std::string retain;
    };
    senml::Pack all_;
    std::map<std::pair<std::string, Time>, Kept> kept_;
};

/// The name as it is here, where a message bears the peer's.
class TrueNames {
  public:
    explicit TrueNames(const std::filesystem::path& file) {
        if (std::filesystem::exists(file)) names_.emplace(file);
    }
    std::string of(std::string_view name, const Jid& peer) {
        const auto given = senml::Name::parse(name);
        if (!given) return std::string(name);
        const auto revealed = names_ ? names_->reveal(*given, peer) : std::nullopt;
        return revealed ? revealed->name.senml() : given->senml();
    }

  private:
    std::optional<PseudonymRegister> names_;
};

ordered_json provenance_of(const Holding& one, const std::vector<std::string>& series) {
    const Message& message = one.message;
    ordered_json hops = ordered_json::array();
    for (const Jid& hop : message.envelope.hops) hops.push_back(hop.to_string());
    return {{"place", to_word(one.place)},
            {"peer", message.peer.local().empty() ? "" : message.peer.to_string()},
            {"lane", message.lane.value},
            {"seq", message.seq},
            {"grant", message.envelope.grant},
            {"quality", to_word(message.envelope.quality)},
            {"retain", message.envelope.retain},
            {"hops", hops},
            {"stored_at", to_timestamp(message.stored_at)},
            {"readings", one.about.size()},
            {"series", series}};
}

/// Writes files into a folder that nobody else may read, and remembers their digests.
class Bundle {
  public:
    explicit Bundle(std::filesystem::path folder) : folder_(std::move(folder)) {
        if (mkdir(folder_.c_str(), 0700) != 0)
            throw Error(fmt::format("cannot make the folder {}: {}", folder_.string(),
                                    std::generic_category().message(errno)),
                        Retry::useless);
    }
    ordered_json& write(const std::string& name, const std::string& text) {
        put(name, text);
        files_.push_back({{"name", name}, {"bytes", text.size()}, {"sha256", sha256_of(text)}});
        return files_.back();
    }
    void finish(ordered_json manifest) {
        manifest["files"] = files_;
        put(std::string(manifest_name), manifest.dump(2) + "\n");
    }

  private:
    void put(const std::string& name, const std::string& text) const {
        std::ofstream out(folder_ / name, std::ios::binary);
        out << text;
        out.close();
        if (!out) throw Error("cannot write " + (folder_ / name).string(), Retry::worthwhile);
    }

    std::filesystem::path folder_;
    ordered_json files_ = ordered_json::array();
};

std::string printed(const ordered_json& value) {
    return value.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string senml_text(senml::Format format, const senml::Pack& pack) {
    const auto text = senml::write(format, pack);
    if (!text) throw Error(text.error().to_string(), Retry::useless);
    return *text + "\n";
}

}  // namespace

int export_subject(const SubjectRequest& request) {
    const std::string subject = request.subject();
    const std::string folder = text_of(request.given, "output");
    if (folder.empty()) throw UsageError("-o DIR: the folder that is to be made");
    Bundle bundle(folder);
    Readings readings;
    TrueNames names(request.config.pseudonyms.file);
    ordered_json provenance = ordered_json::array();
    std::int64_t illegible = 0;
    walk_holdings(request.store, request.names(subject), [&](const Holding& one) {
        illegible += one.illegible;
        if (one.illegible) return;
        std::vector<std::string> series;
        for (std::uint32_t i = 0; i < one.about.name_count(); ++i)
            series.push_back(names.of(one.about.name(senml::NameId{i}), one.message.peer));
        for (std::size_t i = 0; i < one.about.size(); ++i)
            readings.add(series[static_cast<std::size_t>(one.about[i].name)], one, i);
        for (std::string& name : series) name = named_series(name).name;
        provenance.push_back(provenance_of(one, series));
    });
    bundle.write("rights.json", printed(rights_told(request, subject)));
    bundle.write("provenance.json", printed(provenance));
    std::size_t count = 0;
    for (const Quality quality : {Quality::missing, Quality::estimated, Quality::raw,
                                  Quality::corrected, Quality::validated, Quality::invoiced}) {
        const senml::Pack pack = readings.of(quality);
        if (pack.empty()) continue;
        count += pack.size();
        const std::string stem = fmt::format("readings-{}", to_word(quality));
        for (const auto& [format, ending] :
             {std::pair{senml::Format::json, ".json"}, std::pair{senml::Format::xml, ".xml"}}) {
            ordered_json& file = bundle.write(stem + ending, senml_text(format, pack));
            file["readings"] = pack.size();
            file["quality"] = to_word(quality);
            file["retain"] = readings.retain(quality);
        }
    }
    bundle.finish({{"format", bundle_format},
                   {"version", bundle_version},
                   {"subject", subject},
                   {"node", request.config.identity.jid.bare().to_string()},
                   {"made_at", to_timestamp(std::chrono::system_clock::now())}});
    request.console.err << fmt::format("{}: {} readings, and where they are from, are in {}\n",
                                       subject, count, folder);
    if (illegible > 0)
        request.console.err << illegible
                            << " dead letters mention the subject and are no readings; courant "
                               "dead shows them\n";
    return Exit::done;
}

}  // namespace courant::cli
