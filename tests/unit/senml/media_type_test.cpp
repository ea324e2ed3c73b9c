// Conformance point K (88): media types and content formats.
#include "senml/media_type.hpp"

#include "packs.hpp"
#include "vector_cases.hpp"

using namespace courant::senml;
using namespace courant::senml::test;

TEST_CASE("88 vectors: every media type is known by name and by content format, and back") {
    if (!vectors()) return;
    std::size_t read = 0;
    for (const auto& row : read_csv(*vectors() / "units/media_types.csv")) {
        CAPTURE(row.at(0));
        const auto number = static_cast<std::uint16_t>(std::stoi(row.at(1)));
        const auto type = parse_media_type(row.at(0));
        CHECK(type == media_type_of(number));
        if (!type) {
            CHECK(type.error().to_string() == "pack: " + row.at(0) + " is not read here");
            continue;
        }
        ++read;
        CHECK((type->use == Use::stream) == (row.at(2) == "1"));
        CHECK((type->use == Use::etch) == (row.at(4) == "RFC 8790"));
        CHECK(row.at(0).ends_with(
            std::array{"json", "xml", "cbor"}.at(static_cast<std::size_t>(type->format))));
        CHECK(name(*type) == row.at(0));
        CHECK(content_format(*type) == number);
    }
    CHECK(read == 8);
}

TEST_CASE("88 a media type is told in any case, whatever its parameters") {
    CHECK(parse_media_type("Application/SenSML+CBOR") == MediaType{Format::cbor, Use::stream});
    CHECK(parse_media_type(" application/senml+json ; charset=utf-8") ==
          MediaType{Format::json, Use::pack});
    CHECK(parse_media_type("application/senml-etch+json;x") == MediaType{Format::json, Use::etch});
}

TEST_CASE("88 what is none of SenML's media types is refused by name") {
    for (const auto* wrong :
         {"", ";", "application/json", "application/senml", "application/senml+jso",
          "application/senml+json2", "application/senml-etch+xml", "senml+json"}) {
        CHECK_FALSE(parse_media_type(wrong));
    }
    CHECK(parse_media_type("text/plain; x").error().to_string() ==
          "pack: 'text/plain' is no media type of SenML (RFC 8428 12.3)");
    CHECK(media_type_of(50).error().to_string() ==
          "pack: content format 50 is no media type of SenML (RFC 8428 12.3)");
    CHECK(name({Format::xml, Use::etch}).empty());
    CHECK_FALSE(content_format({Format::xml, Use::etch}));
}
