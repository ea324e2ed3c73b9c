// Strings held once and known by small numbers, in the order in which they were first seen.
#pragma once

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

    /// Empties the table, keeps its memory.
    void clear();

  private:
    struct Slot {
        std::size_t offset = 0;
        std::size_t size = 0;
    };
    std::size_t find_bucket(std::string_view text) const;
    void grow();

    std::string bytes_;
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> buckets_;  ///< open addressing: number + 1, 0 where free
};

}  // namespace courant::senml::detail
