// Other people's XML parsers. No namespaces for expat, no well-formedness checks beyond its own for
// pugixml: less than this library does, in their favour.
#include <expat.h>

#include <charconv>
#include <chrono>
#include <memory>
#include <pugixml.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tests/bench/senml/allocations.hpp"
#include "tests/bench/senml/contestant.hpp"

namespace courant::bench {

namespace {

double now_of(const Corpus& corpus) {
    return std::chrono::duration<double>(corpus.options.now.time_since_epoch()).count();
}

double to_double(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        throw std::runtime_error("no number: " + std::string{text});
    }
    return value;
}

/// How a number is read out of a pugixml attribute.
struct ByFromChars {
    static double number(const pugi::xml_attribute& attribute) {
        return to_double(attribute.value());
    }
};
struct ByAsDouble {  // strtod: follows the locale
    static double number(const pugi::xml_attribute& attribute) { return attribute.as_double(); }
};

/// A tree of everything, then a walk through it.
template <typename Numbers, typename Sink>
struct PugixmlDom {
    pugi::xml_document document;
    Sink sink;

    template <typename See>
    void run(const Corpus& corpus, std::size_t index, const See& see) {
        const std::string& text = corpus.texts[index];
        if (!document.load_buffer(text.data(), text.size())) {
            throw std::runtime_error("pugixml does not take the payload");
        }
        sink.begin(now_of(corpus));
        Fields fields;
        for (const auto& record : document.child("sensml").children("senml")) {
            fields.clear();
            for (const auto& attribute : record.attributes()) {
                const Label label = label_of(attribute.name());
                if (label == Label::unknown) continue;
                if (is_text(label)) {
                    fields.put(label, std::string_view{attribute.value()});
                } else {
                    fields.put(label, Numbers::number(attribute));
                }
            }
            sink.take(fields);
        }
        see(sink.readings());
    }
};

struct FreeParser {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

/// Events; the parser is reset, not made anew, for each pack.
class ExpatSax {
  public:
    template <typename See>
    void run(const Corpus& corpus, std::size_t index, const See& see) {
        const std::string& text = corpus.texts[index];
        XML_ParserReset(parser_.get(), nullptr);
        XML_SetUserData(parser_.get(), this);
        XML_SetStartElementHandler(parser_.get(), on_start);
        sink_.begin(now_of(corpus));
        if (XML_Parse(parser_.get(), text.data(), static_cast<int>(text.size()), XML_TRUE) !=
            XML_STATUS_OK) {
            throw std::runtime_error("expat does not take the payload");
        }
        see(sink_.readings());
    }

  private:
    static void on_start(void* self, const char* element, const char** attributes) {
        if (std::string_view{element} == "senml") static_cast<ExpatSax*>(self)->take(attributes);
    }

    void take(const char** attributes) {
        fields_.clear();
        for (; *attributes != nullptr; attributes += 2) {
            const Label label = label_of(attributes[0]);
            if (label == Label::unknown) continue;
            const std::string_view value{attributes[1]};
            if (is_text(label)) {
                fields_.put(label, value);
            } else {
                fields_.put(label, to_double(value));
            }
        }
        sink_.take(fields_);
    }

    static XML_Parser make() {
        static const XML_Memory_Handling_Suite memory{counted_malloc, counted_realloc,
                                                      counted_free};
        return XML_ParserCreate_MM(nullptr, &memory, nullptr);
    }

    std::unique_ptr<XML_ParserStruct, FreeParser> parser_{make()};
    SharedSink sink_;
    Fields fields_;
};

}  // namespace

void add_xml_parsers(Contestants& to) {
    pugi::set_memory_management_functions(counted_malloc, counted_free);
    add<PugixmlDom<ByAsDouble, OwningSink>>(to, "pugixml DOM, as_double, owning strings");
    add<PugixmlDom<ByAsDouble, SharedSink>>(to, "pugixml DOM, as_double, shared names");
    add<PugixmlDom<ByFromChars, SharedSink>>(to, "pugixml DOM, from_chars, shared names");
    add<ExpatSax>(to, "expat SAX, from_chars, shared names");
}

}  // namespace courant::bench
