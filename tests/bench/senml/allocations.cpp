#include "tests/bench/senml/allocations.hpp"

#include <cstdlib>
#include <new>

namespace courant::bench {

namespace {
std::uint64_t count = 0;
}  // namespace

std::uint64_t allocations() {
    return count;
}

void* counted_malloc(std::size_t size) {
    ++count;
    return std::malloc(size);
}

void* counted_realloc(void* block, std::size_t size) {
    ++count;
    return std::realloc(block, size);
}

void counted_free(void* block) {
    std::free(block);
}

namespace {

void* allocate(std::size_t size) {
    void* block = counted_malloc(size == 0 ? 1 : size);
    if (block == nullptr) throw std::bad_alloc();
    return block;
}

void* allocate(std::size_t size, std::align_val_t alignment) {
    const auto step = static_cast<std::size_t>(alignment);
    ++count;
    void* block = std::aligned_alloc(step, (size + step - 1) / step * step);
    if (block == nullptr) throw std::bad_alloc();
    return block;
}

}  // namespace

}  // namespace courant::bench

// The array forms call these; so do the ones that do not throw.
void* operator new(std::size_t size) {
    return courant::bench::allocate(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return courant::bench::allocate(size, alignment);
}
void operator delete(void* block) noexcept {
    std::free(block);
}
void operator delete(void* block, std::size_t) noexcept {
    std::free(block);
}
void operator delete(void* block, std::align_val_t) noexcept {
    std::free(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
    std::free(block);
}
