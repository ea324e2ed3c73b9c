#include "senml/etch.hpp"

#include <limits>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>

#include "senml/detail/readers.hpp"
#include "senml/detail/report.hpp"
#include "senml/detail/resolver.hpp"
#include "senml/version.hpp"

namespace courant::senml {

namespace {

using detail::bit;
using detail::Dialect;
using detail::Label;
using detail::Labels;
using detail::RawRecord;
using detail::Report;

constexpr std::string_view fetch_rule = "RFC 8790 3.1";
constexpr std::string_view patch_rule = "RFC 8790 3.2";

/// What a request says beside what a pack can hold.
struct Request {
    Pack records;
    std::vector<bool> has_time;
    std::vector<bool> removes;
    std::optional<std::uint64_t> version;
};

// Checks what the RFC has for the records of requests, and has the resolver make readings of them.
class RequestSink final : public detail::RecordSink {
  public:
    RequestSink(Dialect dialect, const ReadOptions& options, Report& report, Request& request)
        : dialect_(dialect), options_(options), report_(report), request_(request) {
        // Requests have no default version (section 3), so that no unit can be wrong by it.
        resolving_ = options;
        resolving_.features |= feature(secondary_units);
        resolver_.begin(request.records, resolving_, report);
    }

    bool take(const RawRecord& record) override {
        const bool is_right =
            dialect_ == Dialect::fetch ? check_fetch(record) : check_patch(record);
        if (!is_right) return false;
        has_base_time_ = has_base_time_ || record.has(Label::bt);
        request_.has_time.push_back(has_base_time_ || record.has(Label::t));
        request_.removes.push_back(record.removes && record.has(Label::v));
        return resolver_.take(as_reading(record));
    }

  private:
    bool fault(const RawRecord& record, std::string what, std::string_view rule) {
        report_.fault(record.index, std::move(what), rule);
        return false;
    }
    bool check_fetch(const RawRecord& record);
    bool check_patch(const RawRecord& record);
    bool check_version(const RawRecord& record);
    RawRecord as_reading(const RawRecord& record) const;

    Dialect dialect_;
    const ReadOptions& options_;
    Report& report_;
    Request& request_;
    ReadOptions resolving_;
    detail::Resolver resolver_;
    bool has_base_time_ = false;
};

bool RequestSink::check_fetch(const RawRecord& record) {
    constexpr Labels names = bit(Label::n) | bit(Label::bn);
    constexpr Labels allowed =
        names | bit(Label::t) | bit(Label::bt) | bit(Label::u) | bit(Label::bu);
    for (std::size_t i = 0; i < detail::label_count; ++i) {
        const auto label = static_cast<Label>(i);
        if (!record.has(label) || (allowed & bit(label)) != 0) continue;
        return fault(record, "label '" + std::string{spelling(label)} + "' has no place in a fetch",
                     fetch_rule);
    }
    return (record.present & names) != 0 || fault(record, "neither n nor bn", fetch_rule);
}

bool RequestSink::check_patch(const RawRecord& record) {
    constexpr Labels values = detail::value_labels | bit(Label::s);
    if ((record.present & values) == 0) return fault(record, "no value and no sum", patch_rule);
    return !record.has(Label::bver) || check_version(record);
}

bool RequestSink::check_version(const RawRecord& record) {
    if (request_.version.value_or(record.bver) != record.bver) {
        return fault(record, "bver differs", "RFC 8428 4.4");
    }
    if (!detail::understands_version(record.bver, options_.features)) {
        return fault(record, "bver " + std::to_string(record.bver) + " is not understood",
                     record.bver > default_version ? "RFC 9100 2.2" : "RFC 8428 4.4");
    }
    request_.version = record.bver;
    return true;
}

RawRecord RequestSink::as_reading(const RawRecord& record) const {
    RawRecord reading = record;
    reading.present &= ~bit(Label::bver);
    if (record.index == 1) {
        reading.bver = version_of(feature(secondary_units));
        reading.present |= bit(Label::bver);
    }
    if (dialect_ == Dialect::fetch) reading.present |= bit(Label::v);
    if (dialect_ == Dialect::fetch || record.removes) reading.v = 0;
    return reading;
}

tl::expected<Request, Fault> read_request(Dialect dialect, Format format, std::string_view bytes,
                                          const ReadOptions& options,
                                          std::vector<Fault>* deviations) {
    if (format == Format::xml) {
        return tl::unexpected(Fault{0, "there are no such requests in XML", "RFC 8790 3"});
    }
    Request request;
    Report report(options.profile, detail::Reach::first_fault, deviations);
    detail::Scratch scratch;
    RequestSink sink(dialect, options, report, request);
    read_records(format, {.bytes = bytes, .options = options, .dialect = dialect}, scratch, report,
                 sink);
    if (report.failed()) return tl::unexpected(report.faults().front());
    request.records.set_version(request.version.value_or(default_version));
    return request;
}

std::optional<std::string_view> unit_of(const Pack& pack, const Record& record) {
    if (record.unit == no_unit) return std::nullopt;
    return pack.unit(record.unit);
}

Selector selector(const Pack& records, std::size_t index, bool has_time) {
    const Record& record = records[index];
    return {.name = records.name(record.name),
            .time = has_time ? std::optional{record.time} : std::nullopt,
            .unit = unit_of(records, record)};
}

// By name id: whether a request is about records of that name.
std::vector<bool> names_among(const Pack& target, const std::set<std::string_view>& names) {
    std::vector<bool> among;
    for (std::size_t id = 0; id < target.name_count(); ++id) {
        among.push_back(names.contains(target.name(static_cast<NameId>(id))));
    }
    return among;
}

template <typename Requests>
std::set<std::string_view> names_of(const Requests& requests) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < requests.size(); ++i) names.insert(requests[i].name);
    return names;
}

// A target under change: where each record is to come from, and which ones a selector finds.
class Draft {
  public:
    Draft(const Pack& target, const PatchPack& changes);

    bool apply(std::size_t change);
    Pack finish(std::uint64_t version) const;

  private:
    using Unit = std::optional<std::string_view>;
    /// Name, unit, time, and which of the places; in an order in which all that a selector can
    /// match lies together.
    using Key = std::tuple<std::string_view, Unit, Time, std::size_t>;
    struct Place {
        const Pack* pack = nullptr;  ///< null once the record was removed
        std::size_t index = 0;
    };
    static constexpr std::size_t two = 2;  // as many matches as make a selector ambiguous
    static constexpr std::size_t last_place = std::numeric_limits<std::size_t>::max();

    void append(const Pack& pack, std::size_t index, bool is_indexed);
    bool remove(const Selector& selector);
    bool set(std::size_t change);
    std::vector<Key> matches(const Selector& selector) const;
    void collect(std::string_view name, const Unit& unit, const std::optional<Time>& time,
                 std::vector<Key>& found) const;

    const PatchPack& changes_;
    std::vector<Place> places_;
    std::set<Key> index_;
};

Draft::Draft(const Pack& target, const PatchPack& changes) : changes_(changes) {
    const std::vector<bool> among = names_among(target, names_of(changes));
    places_.reserve(target.size() + changes.size());
    for (std::size_t i = 0; i < target.size(); ++i) {
        append(target, i, among[static_cast<std::size_t>(target[i].name)]);
    }
}

void Draft::append(const Pack& pack, std::size_t index, bool is_indexed) {
    const Record& record = pack[index];
    if (is_indexed) {
        index_.emplace(pack.name(record.name), unit_of(pack, record), record.time, places_.size());
    }
    places_.push_back({&pack, index});
}

// False if nobody can say which record is meant.
bool Draft::apply(std::size_t change) {
    return changes_.removes(change) ? remove(changes_[change]) : set(change);
}

bool Draft::remove(const Selector& selector) {
    const std::vector<Key> found = matches(selector);
    if (found.empty()) return true;
    if (found.size() > 1) return false;
    places_[std::get<std::size_t>(found.front())].pack = nullptr;
    index_.erase(found.front());
    return true;
}

bool Draft::set(std::size_t change) {
    const Pack& records = changes_.records();
    const Record& record = records[change];
    std::vector<Key> same;
    collect(records.name(record.name), unit_of(records, record), record.time, same);
    if (same.size() == 1) {
        places_[std::get<std::size_t>(same.front())] = {&records, change};
        return true;
    }
    if (matches(changes_[change]).size() > 1) return false;
    append(records, change, true);
    return true;
}

// Up to two of the records that a Fetch Record would match.
std::vector<Draft::Key> Draft::matches(const Selector& selector) const {
    std::vector<Key> found;
    if (selector.unit) {
        collect(selector.name, selector.unit, selector.time, found);
        return found;
    }
    auto at = index_.lower_bound({selector.name, std::nullopt, Time::min(), 0});
    while (at != index_.end() && std::get<std::string_view>(*at) == selector.name &&
           found.size() < two) {
        const Unit unit = std::get<Unit>(*at);
        collect(selector.name, unit, selector.time, found);
        at = index_.upper_bound({selector.name, unit, Time::max(), last_place});
    }
    return found;
}

void Draft::collect(std::string_view name, const Unit& unit, const std::optional<Time>& time,
                    std::vector<Key>& found) const {
    auto at = index_.lower_bound({name, unit, time.value_or(Time::min()), 0});
    const Key last{name, unit, time.value_or(Time::max()), last_place};
    for (; at != index_.end() && *at <= last && found.size() < two; ++at) found.push_back(*at);
}

Pack Draft::finish(std::uint64_t version) const {
    Pack pack;
    pack.reserve(places_.size());
    pack.set_version(version);
    for (const Place& place : places_) {
        if (place.pack != nullptr) pack.add_from(*place.pack, place.index);
    }
    return pack;
}

// The version of a target that was changed; nothing where the two have nothing to do with each
// other.
std::optional<std::uint64_t> united(const Pack& target, std::optional<std::uint64_t> patch) {
    const std::uint64_t version = target.version();
    if (!patch || *patch == version) return version;
    if (target.empty()) return patch;
    if (version < default_version || *patch < default_version) return std::nullopt;
    return version | *patch;
}

}  // namespace

tl::expected<FetchPack, Fault> FetchPack::read(Format format, std::string_view bytes,
                                               const ReadOptions& options,
                                               std::vector<Fault>* deviations) {
    auto request = read_request(Dialect::fetch, format, bytes, options, deviations);
    if (!request) return tl::unexpected(request.error());
    FetchPack pack;
    pack.records_ = std::move(request->records);
    pack.has_time_ = std::move(request->has_time);
    return pack;
}

Selector FetchPack::operator[](std::size_t index) const {
    return selector(records_, index, has_time_[index]);
}

tl::expected<PatchPack, Fault> PatchPack::read(Format format, std::string_view bytes,
                                               const ReadOptions& options,
                                               std::vector<Fault>* deviations) {
    auto request = read_request(Dialect::patch, format, bytes, options, deviations);
    if (!request) return tl::unexpected(request.error());
    PatchPack pack;
    pack.records_ = std::move(request->records);
    pack.has_time_ = std::move(request->has_time);
    pack.removes_ = std::move(request->removes);
    pack.version_ = request->version;
    return pack;
}

Selector PatchPack::operator[](std::size_t index) const {
    return selector(records_, index, has_time_[index]);
}

Pack fetch(const Pack& target, const FetchPack& wanted) {
    using Pattern =
        std::tuple<std::string_view, std::optional<std::string_view>, std::optional<Time>>;
    std::set<Pattern> patterns;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        patterns.emplace(wanted[i].name, wanted[i].unit, wanted[i].time);
    }
    const std::vector<bool> among = names_among(target, names_of(wanted));
    Pack found;
    found.set_version(target.version());
    for (std::size_t i = 0; i < target.size(); ++i) {
        const Record& record = target[i];
        if (!among[static_cast<std::size_t>(record.name)]) continue;
        const auto has = [&,
                          name = target.name(record.name)](std::optional<std::string_view> unit) {
            return patterns.contains({name, unit, std::nullopt}) ||
                   patterns.contains({name, unit, record.time});
        };
        if (has(std::nullopt) || has(unit_of(target, record))) found.add_from(target, i);
    }
    return found;
}

tl::expected<void, Fault> patch(Pack& target, const PatchPack& changes) {
    const auto version = united(target, changes.version());
    if (!version) return tl::unexpected(Fault{0, "bver differs", "RFC 8428 4.4"});
    Draft draft(target, changes);
    for (std::size_t i = 0; i < changes.size(); ++i) {
        if (draft.apply(i)) continue;
        return tl::unexpected(
            Fault{i + 1, "it matches more than one record", std::string{patch_rule}});
    }
    try {
        target = draft.finish(*version);
    } catch (const std::length_error&) {
        return tl::unexpected(Fault{0, "more different units than a pack can hold", ""});
    }
    return {};
}

}  // namespace courant::senml
