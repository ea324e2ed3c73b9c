// The media types of SenML and their CoAP content formats (RFC 8428 sections 12.3 and 12.5, RFC
// 8790 section 6).
//
//     auto type = parse_media_type(header("Content-Type"));    // application/sensml+json
//     if (!type) return complain(type.error().to_string());
//     if (type->use == Use::stream) …                          // senml/stream.hpp
//     reply.header("Content-Type", name(MediaType{Format::cbor, Use::pack}));
//
// Whether bytes are a pack, a stream or a request to look up and change records is nothing that
// they say themselves: RFC 8428 section 4.8 makes it the media type's. Who receives bytes without a
// type has to know it otherwise.
//
// EXI has its media types, too, and they are known here by name; this library does not read EXI.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <tl/expected.hpp>

#include "senml/codec.hpp"
#include "senml/fault.hpp"

namespace courant::senml {

/// What the records of a text are for.
enum class Use {
    /// Readings, a whole pack: `application/senml+json`, …; senml/codec.hpp.
    pack,
    /// Readings, as they come: `application/sensml+json`, …; senml/stream.hpp.
    stream,
    /// A Fetch or a Patch Pack: `application/senml-etch+json`, …; senml/etch.hpp.
    etch,
};

/// What to read bytes as.
struct MediaType {
    /// The representation: JSON, XML or CBOR.
    Format format = Format::json;
    /// What kind of body it is.
    Use use = Use::pack;

    bool operator==(const MediaType&) const = default;
};

/// The media type of that name, in any case; parameters behind a `;` are passed over. Fails on
/// types that are none of SenML's, and on EXI.
tl::expected<MediaType, Fault> parse_media_type(std::string_view name);

/// The media type of that CoAP content format. Fails on numbers that are none of SenML's, and on
/// EXI's.
tl::expected<MediaType, Fault> media_type_of(std::uint16_t content_format);

/// "application/senml+json"; empty where there is no such type: Fetch and Patch Packs have none in
/// XML.
std::string_view name(const MediaType& type);

/// The CoAP content format; nothing where there is no such type.
std::optional<std::uint16_t> content_format(const MediaType& type);

}  // namespace courant::senml
