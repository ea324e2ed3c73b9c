// How often memory is asked for: every operator new of this program, and the C libraries that take
// an allocator of ours.
#pragma once

#include <cstddef>
#include <cstdint>

namespace courant::bench {

/// Calls so far. One thread only.
std::uint64_t allocations();

/// malloc, realloc and free, counted, for libraries that ask for such functions.
void* counted_malloc(std::size_t size);
void* counted_realloc(void* block, std::size_t size);
void counted_free(void* block);

/// The same as rapidjson wants it.
class CountedAllocator {
  public:
    static const bool kNeedFree = true;  // NOLINT(readability-identifier-naming): theirs
    void* Malloc(std::size_t size) {     // NOLINT(readability-identifier-naming)
        return size == 0 ? nullptr : counted_malloc(size);
    }
    // NOLINTNEXTLINE(readability-identifier-naming)
    void* Realloc(void* block, std::size_t, std::size_t size) {
        if (size != 0) return counted_realloc(block, size);
        counted_free(block);
        return nullptr;
    }
    static void Free(void* block) { counted_free(block); }  // NOLINT(readability-identifier-naming)
};

}  // namespace courant::bench
