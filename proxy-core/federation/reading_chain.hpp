// A digest over readings in their order, which can be gone on with at any of them.
//
//     ReadingChain chain;
//     chain.add(page);                    // page after page, wherever they are cut
//     chain.text();                       // 64 hexadecimal digits
//     auto resumed = ReadingChain::parse(text);
//
// d(0) is 32 zero bytes, and d(n) = SHA-256(d(n-1), r(n)), where r(n) is reading n as a resolved
// SenML pack of that one record in canonical CBOR (senml::write_resolved). Asker and answerer
// calculate it each for itself, and are of one mind or not: about every reading and their order,
// whatever the pages were, and whatever servers made of the XML on the way.
//
// Why a chain and not one digest over all bytes: whoever is cut off keeps 64 digits and no state of
// a hash function.
//
// Protocol: schemas/PROTOCOL.md, "Questions".
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "senml/pack.hpp"

namespace courant {

/// A value.
class ReadingChain {
  public:
    /// From its text; nothing if it is none.
    static std::optional<ReadingChain> parse(std::string_view text);

    /// Goes on with readings. False, and unchanged, where one of them has no image in CBOR.
    bool add(const senml::Pack& readings);
    /// 64 hexadecimal digits, lower case.
    std::string text() const;

    bool operator==(const ReadingChain&) const = default;

  private:
    static constexpr std::size_t size = 32;
    std::array<unsigned char, size> value_{};
};

}  // namespace courant
