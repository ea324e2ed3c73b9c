#include "senml/fault.hpp"

namespace courant::senml {

std::string Fault::to_string() const {
    std::string text = record == 0 ? "pack" : "record " + std::to_string(record);
    text += ": " + what;
    if (!rule.empty()) text += " (" + rule + ')';
    return text;
}

}  // namespace courant::senml
