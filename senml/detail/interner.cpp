#include "senml/detail/interner.hpp"

#include <algorithm>
#include <functional>

namespace courant::senml::detail {

namespace {

constexpr std::size_t linear_until = 8;  // below this a hash costs more than looking

}  // namespace

std::uint32_t Interner::intern(std::string_view text) {
    if (slots_.size() < linear_until) {
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            if ((*this)[i] == text) return static_cast<std::uint32_t>(i);
        }
    } else {
        if (buckets_.size() < slots_.size() * 2) grow();
        const std::size_t bucket = find_bucket(text);
        if (buckets_[bucket] != 0) return buckets_[bucket] - 1;
        buckets_[bucket] = static_cast<std::uint32_t>(slots_.size() + 1);
    }
    slots_.push_back({bytes_.size(), text.size()});
    bytes_.append(text);
    return static_cast<std::uint32_t>(slots_.size() - 1);
}

std::size_t Interner::find_bucket(std::string_view text) const {
    const std::size_t mask = buckets_.size() - 1;
    std::size_t bucket = std::hash<std::string_view>{}(text)&mask;
    while (buckets_[bucket] != 0 && (*this)[buckets_[bucket] - 1] != text) {
        bucket = (bucket + 1) & mask;
    }
    return bucket;
}

void Interner::grow() {
    std::size_t size = 64;
    while (size < slots_.size() * 4) size *= 2;
    buckets_.assign(size, 0);
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        buckets_[find_bucket((*this)[i])] = static_cast<std::uint32_t>(i + 1);
    }
}

void Interner::clear() {
    bytes_.clear();
    slots_.clear();
    buckets_.clear();
}

}  // namespace courant::senml::detail
