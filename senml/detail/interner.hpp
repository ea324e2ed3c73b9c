// Strings held once and known by small numbers, in the order in which they were first seen.
//
// A few strings are simply compared; more are found through a crit-bit tree: its nodes name the bit
// in which two strings differ first, so that looking one up costs a few steps and one comparison.
// Not a hash table, because names come from strangers: who knows a hash function can make all of
// his names meet, and the time for a pack would grow with the square of its size.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace courant::senml::detail {

/// A growing table of distinct strings. Their bytes stand in one block, so that a pack of one name
/// costs one allocation.
class Interner {
  public:
    /// The number of `text`, which is added if it is new. `text` must not point into this table
    /// unless it is in it.
    std::uint32_t intern(std::string_view text);

    std::string_view operator[](std::size_t index) const {
        return {bytes_.data() + slots_[index].offset, slots_[index].size};
    }
    std::size_t size() const { return slots_.size(); }
    /// How many bytes the strings take together.
    std::size_t bytes() const { return bytes_.size(); }

    /// Empties the table, keeps its memory.
    void clear();

  private:
    struct Slot {
        std::size_t offset = 0;
        std::size_t size = 0;
    };
    using Child = std::int64_t;  ///< a branch, or ~ the number of a string
    struct Branch {
        std::uint32_t at = 0;    ///< which symbol of the string decides
        std::uint16_t mask = 0;  ///< and which bit of it
        std::array<Child, 2> children{};
    };
    static unsigned side(const Branch& branch, std::string_view text);
    std::uint32_t append(std::string_view text);
    std::uint32_t find_or_add(std::string_view text);
    void plant();
    std::uint32_t nearest(std::string_view text) const;
    void attach(std::uint32_t number, std::uint32_t neighbour);

    std::string bytes_;
    std::vector<Slot> slots_;
    std::vector<Branch> branches_;  ///< empty while the strings are few
    Child root_ = 0;
};

}  // namespace courant::senml::detail
