// Other people's XML writers.
#include <array>
#include <charconv>
#include <pugixml.hpp>
#include <string>

#include "tests/bench/senml/text_encoders.hpp"

namespace courant::bench {

namespace {

/// Where pugixml puts its text: a string that is kept.
struct StringWriter : pugi::xml_writer {
    std::string out;
    void write(const void* data, std::size_t size) override {
        out.append(static_cast<const char*>(data), size);
    }
};

/// How a number becomes a pugixml attribute.
struct ByToChars {
    static void put(pugi::xml_attribute attribute, double value) {
        std::array<char, 32> buffer{};
        *std::to_chars(buffer.data(), buffer.data() + buffer.size() - 1, value).ptr = '\0';
        attribute.set_value(buffer.data());
    }
};
struct BySetValue {  // follows the locale
    static void put(pugi::xml_attribute attribute, double value) { attribute.set_value(value); }
};

/// A tree of everything, then its text.
template <typename Numbers>
struct PugixmlDom {
    pugi::xml_document document;
    StringWriter writer;

    template <typename See>
    void run(const Corpus& corpus, std::size_t index, const See& see) {
        const Factored pack(corpus.rows[index]);
        const auto& rows = pack.readings.rows;
        document.reset();
        auto root = document.append_child("sensml");
        root.append_attribute("xmlns").set_value("urn:ietf:params:xml:ns:senml");
        auto first = root.append_child("senml");
        first.append_attribute("bn").set_value(pack.base_name.c_str());
        Numbers::put(first.append_attribute("bt"), pack.base_time);
        first.append_attribute("bu").set_value(pack.base_unit.c_str());
        Numbers::put(first.append_attribute("v"), rows[0].value);
        for (std::size_t i = 1; i < rows.size(); ++i) {
            auto record = root.append_child("senml");
            Numbers::put(record.append_attribute("t"), rows[i].time - pack.base_time);
            Numbers::put(record.append_attribute("v"), rows[i].value);
        }
        writer.out.clear();
        document.save(writer, "", pugi::format_raw | pugi::format_no_declaration);
        see(std::string_view{writer.out});
    }
};

}  // namespace

void add_xml_encoders(Contestants& to) {
    add<PugixmlDom<ByToChars>>(to, "pugixml DOM + to_chars");
    add<PugixmlDom<BySetValue>>(to, "pugixml DOM + set_value(double)");
    add<Ostringstream<XmlText>>(to, "ostringstream, precision 17");
    add<Snprintf<XmlText>>(to, "snprintf %.17g");
}

}  // namespace courant::bench
