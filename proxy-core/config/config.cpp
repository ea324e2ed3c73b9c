#include "proxy-core/config/config.hpp"

namespace courant {

const AdapterConfig* Config::adapter(std::string_view name) const {
    for (const auto& candidate : adapters)
        if (candidate.name == name) return &candidate;
    return nullptr;
}

}  // namespace courant
