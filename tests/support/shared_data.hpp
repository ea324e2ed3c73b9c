// Real input that lies beside the checkout, where there is any.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace courant::test {

/// The path of a file below the shared folder ($COURANT_SHARED, else beside the checkout); nothing
/// if it is not there. A test that gets nothing says so with MESSAGE and passes.
inline std::optional<std::filesystem::path> shared_file(const std::string& relative) {
    const char* root = std::getenv("COURANT_SHARED");
    std::filesystem::path path =
        std::filesystem::path(root ? root : COURANT_SHARED_DEFAULT) / relative;
    if (!std::filesystem::exists(path)) return std::nullopt;
    return path;
}

}  // namespace courant::test
