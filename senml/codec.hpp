// Reading and writing packs: SenML in JSON, XML and CBOR (RFC 8428 sections 5 to 7).
//
//     auto pack = read(Format::xml, bytes, {.now = now});
//     if (!pack) complain(pack.error().to_string());   // record 3: bver differs (RFC 8428 4.4)
//     auto json = write(Format::json, *pack);
//
// Reading resolves: base fields are folded in, times are made absolute against `now` (RFC 8428
// section 4.6). A pack with one fault is refused as a whole, as section 4.4 demands; what deployed
// peers get wrong but everybody understands is accepted by the tolerant profile and reported.
//
// Writing factors what repeats into base fields, where that changes no bit of what a reader gets
// back; numbers are the shortest text that reads back to the same double. Neither direction depends
// on the locale. The functions keep no state and may be called from any thread.
//
// A program that reads pack after pack keeps a `Reader` and a `Pack`, and one that writes a
// `Writer` and a string: once they have grown, nothing is allocated any more.
//
//     Reader reader;
//     Pack pack;
//     while (auto bytes = next()) if (reader.read(Format::json, *bytes, {.now = now}, pack))
//     use(pack);
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "senml/fault.hpp"
#include "senml/pack.hpp"

/// SenML as a library: senml/README.md.
namespace courant::senml {

/// The representations that this library reads and writes.
enum class Format { json, xml, cbor };

/// How much a reader forgives.
enum class Profile {
    /// What deployed peers send and everybody understands is accepted and reported as a deviation.
    tolerant,
    /// Every departure from the RFCs is an error.
    strict,
};

/// Which names a reader lets pass.
enum class NameRule {
    /// RFC 8428 section 4.5.1: `A-Z a-z 0-9 - : . / _`, the first one alphanumeric.
    rfc8428,
    /// The same and `@`, as federated names of deployed peers have it.
    federated,
    /// RFC 8428 and a leading `/`, as LwM2M devices name their objects.
    lwm2m,
};

/// What becomes of fields that RFC 8428 does not have (section 4.4).
enum class Unknown {
    drop,
    /// Regular ones are kept in `Extra::unknown` and written again, for a proxy that must not lose
    /// what its peers understand. Base fields are dropped all the same: what they would mean for
    /// the records after them is not known.
    keep,
};

/// Bounds and choices of one reading.
struct ReadOptions {
    /// What relative times are relative to.
    Time now;
    /// How much is forgiven.
    Profile profile = Profile::tolerant;
    /// Which names pass; any other is a fault.
    NameRule names = NameRule::rfc8428;
    /// The deepest nesting accepted in fields that nobody knows.
    std::size_t max_depth = 64;
    /// The most records accepted in one pack.
    std::size_t max_records = 1'000'000;
    /// The longest name accepted, in bytes, once base name and name are put together.
    std::size_t max_name = 65'535;
    /// The most bytes that all different names of a pack may take together: a long base name and
    /// many short names are a small text and a large pack.
    std::size_t max_names = std::size_t{64} << 20;
    /// What becomes of fields that RFC 8428 does not have.
    Unknown unknown = Unknown::drop;
    /// RFC 9100 feature codes understood, as bits: bit 4 is code 4, secondary units.
    std::uint64_t features = std::uint64_t{1} << 4;
    /// Labels ending in `_` that the caller understands (RFC 8428 section 4.4): such fields are
    /// treated as `unknown` says.
    std::span<const std::string_view> understood = {};
};

/// Reads a whole pack and resolves it, in the order in which it was written. `deviations`, where
/// given, gets what a tolerant reader let pass.
tl::expected<Pack, Fault> read(Format format, std::string_view bytes, const ReadOptions& options,
                               std::vector<Fault>* deviations = nullptr);

/// Reads pack after pack and keeps its memory; for everything else as the function `read`.
///
/// Thread: one reader belongs to one thread.
class Reader {
  public:
    Reader();
    ~Reader();
    Reader(Reader&&) noexcept;
    Reader& operator=(Reader&&) noexcept;

    /// Replaces what is in `into`, which is empty after a fault.
    tl::expected<void, Fault> read(Format format, std::string_view bytes,
                                   const ReadOptions& options, Pack& into,
                                   std::vector<Fault>* deviations = nullptr);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// All that is wrong with a pack, in the order in which it stands there; empty if `read` would take
/// it. After a breach of the format itself, JSON's, XML's or CBOR's, nothing more is found.
std::vector<Fault> validate(Format format, std::string_view bytes, const ReadOptions& options,
                            std::vector<Fault>* deviations = nullptr);

/// Writes a resolved pack, factored; with `bver` 26 where a unit is a secondary one (RFC 8798).
/// Fails on a value that the format has no image for: NaN, infinity, control characters in XML; on
/// a name outside RFC 8428's alphabet, a time that would be read as a relative one (before
/// 1978-07-04), and a pack without records, which RFC 8428 does not know.
tl::expected<std::string, Fault> write(Format format, const Pack& pack);

/// Writes pack after pack and keeps its memory; for everything else as the function `write`.
///
/// Thread: one writer belongs to one thread.
class Writer {
  public:
    Writer();
    ~Writer();
    Writer(Writer&&) noexcept;
    Writer& operator=(Writer&&) noexcept;

    /// Replaces what is in `out`, which is empty after a fault.
    tl::expected<void, Fault> write(Format format, const Pack& pack, std::string& out);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Writes a pack record by record as RFC 8428 section 4.6 has it, each in full, with no base field
/// but the version: for tools and people. Base fields that no reading came of give a pack without
/// records. Times before 1978-07-04 are written as they are, though a reader takes them for
/// relative ones.
tl::expected<std::string, Fault> write_resolved(Format format, const Pack& pack);

/// Rewrites a pack in another format as it stands, base fields and relative times included.
tl::expected<std::string, Fault> convert(Format from, Format to, std::string_view bytes,
                                         const ReadOptions& options);

/// "json", "xml" or "cbor"; nothing else is a format.
tl::expected<Format, Fault> format_from(std::string_view word);

}  // namespace courant::senml
