// Looking up and changing single records of a pack: FETCH and PATCH with SenML (RFC 8790).
//
//     auto wanted = FetchPack::read(Format::json, request, {.now = now});
//     if (!wanted) return refuse(wanted.error().to_string());      // CoAP: 4.22, HTTP: 422
//     reply(write_resolved(Format::json, fetch(target, *wanted)));
//
//     auto changes = PatchPack::read(Format::json, request, {.now = now});
//     if (changes && !patch(target, *changes)) …                   // target is as it was
//
// Both requests name records by name, time and unit, in the resolved form of RFC 8428 section 4.6,
// so that it does not matter which base fields anybody used. They have a media type of their own
// (`application/senml-etch+json`, `+cbor`; senml/media_type.hpp) because they are no packs: a Fetch
// Record has no value, and in a Patch Record `"v":null` takes the reading away. RFC 8790 knows them
// in JSON and CBOR only.
//
// A pack of ours has a time for every record: one without time is one at `now`. So that a record
// without time in a patch finds one without time in the target, both must be read with the same
// `now`. A fetch does not need that: without a time it matches any.
//
// What RFC 8790 leaves open, and what is done here:
//
// - What a fetch finds is in the order of the target ("a subset of records, in sequence"), under
//   the target's version.
// - `"v":null` removes the one record that a Fetch Record of this name, time and unit would match.
//   Any other Patch Record replaces the record with the same name and the same time and unit, where
//   none on both sides is the same; if there is none such, it is added. In both cases it is a fault
//   if a Fetch Record would match several, and none of them is the same in the second case: nobody
//   can say which one is meant. So whoever applies a patch twice changes nothing the second time,
//   but for the place of records that it removes and adds.
// - A Patch Record has its value or sum itself; a base value alone is none.
// - Fields that nobody knows are no fault in a patch, whatever their label (section 5), and go into
//   the target where the options say `Unknown::keep`. A label that ends in `_` will then stand in
//   the target, where readers of packs have to understand it.
// - A patch need not say its version; if it does, the target's gets the features of both.
//
// Thread: any; a request is a value, safe to share while nobody writes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "senml/codec.hpp"
#include "senml/fault.hpp"
#include "senml/pack.hpp"

namespace courant::senml {

/// Which records are asked for, or are to be changed; a name and, where they are given, a time and
/// a unit.
struct Selector {
    /// The whole name.
    std::string_view name;
    /// The time; nothing where any will do.
    std::optional<Time> time;
    /// The unit; nothing where any will do.
    std::optional<std::string_view> unit;
};

/// A Fetch Pack (RFC 8790 section 3.1).
class FetchPack {
  public:
    /// Reads a request; one fault anywhere, and it is none. Fails on XML, which has no such
    /// request.
    static tl::expected<FetchPack, Fault> read(Format format, std::string_view bytes,
                                               const ReadOptions& options,
                                               std::vector<Fault>* deviations = nullptr);

    /// How many Fetch Records there are; one at least.
    std::size_t size() const { return records_.size(); }
    /// What record `index`, from 0, asks for. The views live as long as the request.
    Selector operator[](std::size_t index) const;

  private:
    Pack records_;                ///< their names, units and times; the values mean nothing
    std::vector<bool> has_time_;  ///< by record: whether a time was given
};

/// A Patch Pack (RFC 8790 section 3.2).
class PatchPack {
  public:
    /// As for a `FetchPack`.
    static tl::expected<PatchPack, Fault> read(Format format, std::string_view bytes,
                                               const ReadOptions& options,
                                               std::vector<Fault>* deviations = nullptr);

    /// How many Patch Records there are; one at least.
    std::size_t size() const { return records_.size(); }
    /// Which record the Patch Record `index`, from 0, is about. The views live as long as the
    /// request.
    Selector operator[](std::size_t index) const;
    /// Whether it removes (`"v":null`).
    bool removes(std::size_t index) const { return removes_[index]; }
    /// What it puts in place, unless it removes: the record of the same index.
    const Pack& records() const { return records_; }
    /// The version, where the patch says one.
    std::optional<std::uint64_t> version() const { return version_; }

  private:
    Pack records_;
    std::vector<bool> has_time_;
    std::vector<bool> removes_;
    std::optional<std::uint64_t> version_;
};

/// The records of `target` that are asked for, each once, in the order of the target. There may be
/// none: that is the one empty pack that RFC 8790 allows. `write` refuses packs without records;
/// answer with `write_resolved`, which writes any.
Pack fetch(const Pack& target, const FetchPack& wanted);

/// Applies all changes to `target`, one after another; or, if one of them cannot be applied, none.
tl::expected<void, Fault> patch(Pack& target, const PatchPack& changes);

}  // namespace courant::senml
