// What a message carries: a pack, in one of two forms.
//
//     xml       a <sensml> element, the common language
//     compact   the same pack in CBOR (RFC 8428 section 6), in one zstd frame (RFC 8878)
//
// Outbox and inbox hold either; the first bytes of a body tell which. A body is kept in the form in
// which it goes or came, so that nothing is read and written twice on the way; the compact one
// takes a third to a fifth of the other's room on the disk. Who wants the readings asks a
// BodyReader and need not know the form.
//
// What comes from peers is read with bounds: a frame of some kilobytes can say that it holds
// gigabytes. What a frame says of its size is compared with the limit, and never believed.
//
// Thread: a reader or writer belongs to one thread, and keeps its memory from body to body.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "senml/fault.hpp"
#include "senml/pack.hpp"
#include "senml/time.hpp"

namespace courant {

/// The forms of a body.
enum class BodyForm { xml, compact };

/// Which form a body has.
BodyForm form_of(std::string_view body);

/// What a proxy writes on the wire and says that it reads; it reads both in any case.
enum class Encodings { xml_only, xml_and_packed };

/// How much of a compact body is unpacked.
struct BodyLimits {
    /// The CBOR in it, in bytes.
    std::size_t unpacked_bytes = std::size_t{4} << 20;
    /// The readings in it.
    std::size_t records = 100'000;
};

/// For bodies that were let into our own store: the most that an administrator can allow
/// (`limits.receive_pack_bytes`), whatever is allowed today.
inline constexpr BodyLimits stored_body_limits{.unpacked_bytes = 100'000'000};

/// Reads bodies of either form.
class BodyReader {
  public:
    explicit BodyReader(const BodyLimits& limits = {});
    ~BodyReader();
    BodyReader(BodyReader&&) noexcept;
    BodyReader& operator=(BodyReader&&) noexcept;

    /// Replaces what is in `into`; names may be in either spelling. The error says what is wrong
    /// with the body. `now` is what relative times are relative to.
    tl::expected<void, std::string> read(std::string_view body, senml::Time now, senml::Pack& into);
    /// The body as XML, unlooked at if it is that already.
    tl::expected<std::string, std::string> to_xml(std::string_view body, senml::Time now);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Writes compact bodies.
class BodyWriter {
  public:
    BodyWriter();
    ~BodyWriter();
    BodyWriter(BodyWriter&&) noexcept;
    BodyWriter& operator=(BodyWriter&&) noexcept;

    /// The compact form of a pack; an error where CBOR has no image of it.
    tl::expected<std::string, senml::Fault> compact(const senml::Pack& pack);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace courant
