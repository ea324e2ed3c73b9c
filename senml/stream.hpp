// SensML: packs that never need to end (RFC 8428 section 4.8), read and written as they come.
//
//     StreamReader reader(Format::json);
//     Pack pack;
//     while (auto bytes = connection.receive()) {
//         const auto fine = reader.feed(*bytes, clock(), pack);
//         store(pack);                      // all readings whose records are whole by now
//         pack.clear();
//         if (!fine) return complain(fine.error().to_string());
//     }
//     if (auto end = reader.finish(); !end) complain(end.error().to_string());
//
//     StreamWriter writer(Format::json);
//     writer.begin(out);
//     for (const Pack& part : parts) if (!writer.write(part, out)) …
//     writer.end(out);
//
// A stream is its own media type, `application/sensml+json` and its kin (senml/media_type.hpp),
// because its rules differ: a record counts as soon as its closing brace, tag or map is there,
// whatever comes behind it. Relative times are relative to the instant at which a record came in,
// not to one instant for all. A fault ends the stream but takes nothing back, whereas of a pack
// with a fault nothing may be used. The array may stay open for ever.
//
// Otherwise a stream is read by the rules of `read`, by the same code: base fields stay in effect
// from one record to the next, however the bytes are split, and all records have one version. How
// the bytes were split changes nothing in what is read. The work is proportional to the bytes and
// the memory is one record's, even where they come one by one. Finding where records end costs
// about twice what reading them does; a pack that is there as a whole is better given to `read`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "senml/codec.hpp"
#include "senml/fault.hpp"
#include "senml/pack.hpp"

namespace courant::senml {

/// Bounds and choices of one stream. What `ReadOptions` says of a member holds here, too; how many
/// records a stream has is not bounded.
struct StreamOptions {
    /// How much is forgiven.
    Profile profile = Profile::tolerant;
    /// Which names pass; any other is a fault.
    NameRule names = NameRule::rfc8428;
    /// The deepest nesting accepted in fields that nobody knows.
    std::size_t max_depth = 64;
    /// The longest name accepted, in bytes.
    std::size_t max_name = 65'535;
    /// Of the names in the pack that is fed; a caller who empties it can read for ever.
    std::size_t max_names = std::size_t{64} << 20;
    /// What becomes of fields that RFC 8428 does not have.
    Unknown unknown = Unknown::drop;
    /// RFC 9100 feature codes understood, as bits.
    std::uint64_t features = std::uint64_t{1} << 4;
    /// Must outlive the reader.
    std::span<const std::string_view> understood = {};
    /// The longest record accepted, in bytes: that much is kept while one does not end.
    std::size_t max_record = std::size_t{1} << 20;
};

/// Reads one stream.
///
/// Thread: one reader belongs to one thread.
class StreamReader {
  public:
    /// A reader at the beginning of a stream.
    explicit StreamReader(Format format, const StreamOptions& options = {});
    ~StreamReader();
    StreamReader(StreamReader&&) noexcept;
    StreamReader& operator=(StreamReader&&) noexcept;

    /// Takes the next bytes of the stream, which came in at `now`, and appends to `into` every
    /// reading whose record is whole by now. `into` gets the stream's version; it may be another
    /// pack each time. After a fault the stream is stopped: every further call says the same fault
    /// and delivers nothing. What was delivered stays. `deviations`, where given, gets what a
    /// tolerant reader let pass.
    ///
    /// A fault says which record of the whole stream it is about.
    tl::expected<void, Fault> feed(std::string_view bytes, Time now, Pack& into,
                                   std::vector<Fault>* deviations = nullptr);

    /// Whether the stream may end here: not within a record, and not before it has begun. An array
    /// that was never closed is none the worse for it.
    tl::expected<void, Fault> finish() const;

    /// How many records were read, those of base fields alone included.
    std::size_t records() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// How the records of a stream are written.
enum class StreamLayout {
    /// Short: every part begins with its own base fields.
    factored,
    /// Every record in full, with no base field but the version, and as it is, as `write_resolved`
    /// does: for tools and people.
    resolved,
};

/// Writes one stream, part by part. Whatever is written can be sent at once.
///
/// The version of the stream is that of its first part: readers must refuse a stream that changes
/// it (RFC 8428 section 4.4). Who will send secondary units later on gives the first part the
/// version 26.
///
/// Thread: one writer belongs to one thread.
class StreamWriter {
  public:
    /// A writer at the beginning of a stream.
    explicit StreamWriter(Format format, StreamLayout layout = StreamLayout::factored);
    ~StreamWriter();
    StreamWriter(StreamWriter&&) noexcept;
    StreamWriter& operator=(StreamWriter&&) noexcept;

    /// Appends what stands before the first record. Once, and first.
    void begin(std::string& out);

    /// Appends the readings of a pack as further records; nothing for an empty pack. Fails as the
    /// function `write` does, and on a part that needs features (RFC 9100) which the stream's
    /// version does not have; then nothing is appended, and the stream can go on with another part.
    tl::expected<void, Fault> write(const Pack& part, std::string& out);

    /// Appends what stands behind the last record. RFC 8428 knows no pack without records; where
    /// none was written, readers will complain.
    void end(std::string& out);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace courant::senml
