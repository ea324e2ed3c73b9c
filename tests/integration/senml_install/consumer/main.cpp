#include <iostream>

#include "senml/codec.hpp"

int main() {
    using namespace courant::senml;
    const auto pack = read(Format::json, R"([{"n":"roof","u":"W","t":1600000000,"v":230.5}])", {});
    std::cout << write(Format::xml, pack.value()).value() << '\n';
}
