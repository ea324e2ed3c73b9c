#include "proxy-core/catalog/shown_name.hpp"

namespace courant {

std::string shown_name(const Grant& /*grant*/, const std::string& name) {
    return name;
}

}  // namespace courant
