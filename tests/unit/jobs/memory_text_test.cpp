#include "jobs/memory_text.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "tests/unit/jobs/desk.hpp"

using namespace courant;
using namespace courant::test;

namespace {

const ShapeMemory full{
    .terms = "shape PT1H 0.5 sum",
    .open = {.begin = at(1),
             .from_the_start = true,
             .count = 3,
             .sum = 0.1 + 0.2,
             .last = {.time = at(2),
                      .value = {.kind = senml::Kind::number, .number = -1e-300},
                      .unit = "",
                      .quality = Quality::invoiced}},
    .sent = Reading{.time = Time::min(),
                    .value = {.kind = senml::Kind::text, .text = std::string("a\n \xFF\0=", 6)},
                    .quality = Quality::missing}};

}  // namespace

TEST_CASE("a memory comes out of its text as it went in, to the last bit") {
    CHECK(shape_memory_from(to_text(full)) == full);
    ShapeMemory none{.terms = "shape - 1 -"};
    CHECK(shape_memory_from(to_text(none)) == none);
    none.sent = Reading{.time = at(0), .value = {.kind = senml::Kind::boolean}, .unit = "lx"};
    CHECK(shape_memory_from(to_text(none)) == none);
}

TEST_CASE("what is no memory is none, however it was cut") {
    const std::string text = to_text(full);
    CHECK_FALSE(shape_memory_from(""));
    CHECK_FALSE(shape_memory_from("shape PT1H 0 sum\nelse 1\n"));
    for (std::size_t size = 1; size < text.size(); ++size) {
        const auto read = shape_memory_from(std::string_view(text).substr(0, size));
        CHECK((!read || read != full));
    }
}
