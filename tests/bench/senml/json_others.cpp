// Other people's JSON parsers, each used as its documentation says is fast.
//
// simdjson wants padded input: the copies are made beforehand, in its favour. rapidjson parses in
// situ and so spoils its input: the copy is part of its time.
#include <rapidjson/reader.h>
#include <simdjson.h>

#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/bench/senml/allocations.hpp"
#include "tests/bench/senml/contestant.hpp"

namespace courant::bench {

namespace {

double now_of(const Corpus& corpus) {
    return std::chrono::duration<double>(corpus.options.now.time_since_epoch()).count();
}

/// A tree of everything, then a walk through it.
template <typename Sink>
struct NlohmannDom {
    Sink sink;

    template <typename See>
    void run(const Corpus& corpus, std::size_t index, const See& see) {
        const auto document = nlohmann::json::parse(corpus.texts[index]);
        sink.begin(now_of(corpus));
        Fields fields;
        for (const auto& record : document) {
            fields.clear();
            for (const auto& [key, value] : record.get_ref<const nlohmann::json::object_t&>()) {
                const Label label = label_of(key);
                if (label == Label::unknown) continue;
                if (is_text(label)) {
                    fields.put(label, value.template get_ref<const std::string&>());
                } else {
                    fields.put(label, value.template get<double>());
                }
            }
            sink.take(fields);
        }
        see(sink.readings());
    }
};

/// On demand: stage one by the fastest implementation that the processor has, whatever this file
/// was compiled for; it checks UTF-8. Labels are looked at as they are written, escapes and all,
/// which is a tenth faster than `unescaped_key`.
struct Simdjson {
    simdjson::ondemand::parser parser;
    SharedSink sink;
    std::vector<simdjson::padded_string> padded;

    void prepare(const Corpus& corpus) {
        padded.clear();
        for (const auto& text : corpus.texts) padded.emplace_back(text);
    }
    template <typename See>
    void run(const Corpus& corpus, std::size_t index, const See& see) {
        auto document = parser.iterate(padded[index]);
        sink.begin(now_of(corpus));
        Fields fields;
        for (auto record : document.get_array()) {
            fields.clear();
            for (auto field : record.get_object()) {
                const Label label = raw_label(field.key());
                if (label == Label::unknown) continue;
                if (is_text(label)) {
                    fields.put(label, std::string_view{field.value().get_string()});
                } else {
                    fields.put(label, double{field.value().get_double()});
                }
            }
            sink.take(fields);
        }
        see(sink.readings());
    }

  private:
    static Label raw_label(simdjson::ondemand::raw_json_string key) {
        const char* text = key.raw();
        if (text[0] != '"' && text[1] == '"') return label_of({text, 1});
        if (text[0] != '"' && text[2] == '"') return label_of({text, 2});
        return Label::unknown;
    }
};

/// What rapidjson calls; a pack is an array of flat objects.
class RapidHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, RapidHandler> {
  public:
    explicit RapidHandler(SharedSink& sink) : sink_(sink) {}

    // NOLINTBEGIN(readability-identifier-naming): their names
    bool Default() { return label_ == Label::unknown; }
    bool StartArray() { return depth_++ == 0; }
    bool EndArray(rapidjson::SizeType) { return --depth_ == 0; }
    bool StartObject() {
        fields_.clear();
        return depth_++ == 1;
    }
    bool EndObject(rapidjson::SizeType) {
        sink_.take(fields_);
        return --depth_ == 1;
    }
    bool Key(const char* text, rapidjson::SizeType size, bool) {
        label_ = label_of({text, size});
        return true;
    }
    bool String(const char* text, rapidjson::SizeType size, bool) {
        if (label_ == Label::unknown) return true;
        if (!is_text(label_)) return false;
        fields_.put(label_, std::string_view{text, size});
        return true;
    }
    bool Int(int value) { return number(value); }
    bool Uint(unsigned value) { return number(value); }
    bool Int64(std::int64_t value) { return number(static_cast<double>(value)); }
    bool Uint64(std::uint64_t value) { return number(static_cast<double>(value)); }
    bool Double(double value) { return number(value); }
    // NOLINTEND(readability-identifier-naming)

  private:
    bool number(double value) {
        if (label_ == Label::unknown) return true;
        if (is_text(label_)) return false;
        fields_.put(label_, value);
        return true;
    }

    SharedSink& sink_;
    Fields fields_;
    Label label_ = Label::unknown;
    int depth_ = 0;
};

/// Events, in situ. UTF-8 is not checked: rapidjson does that only when asked, at a further cost.
template <unsigned flags>
struct RapidjsonSax {
    CountedAllocator allocator;
    rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>, CountedAllocator> reader{
        &allocator};
    SharedSink sink;
    std::vector<char> copy;

    template <typename See>
    void run(const Corpus& corpus, std::size_t index, const See& see) {
        const std::string& text = corpus.texts[index];
        copy.resize(text.size() + 1);
        std::memcpy(copy.data(), text.c_str(), text.size() + 1);
        sink.begin(now_of(corpus));
        rapidjson::InsituStringStream stream(copy.data());
        RapidHandler handler(sink);
        if (!reader.template Parse<rapidjson::kParseInsituFlag | flags>(stream, handler)) {
            throw std::runtime_error("rapidjson does not take the payload");
        }
        see(sink.readings());
    }
};

}  // namespace

void add_json_parsers(Contestants& to) {
    add<NlohmannDom<OwningSink>>(to, "nlohmann DOM, owning strings", Part::nlohmann_owning);
    add<NlohmannDom<SharedSink>>(to, "nlohmann DOM, shared names", Part::nlohmann_shared);
    add<Simdjson>(to, "simdjson on-demand, shared names", Part::simdjson);
    add<RapidjsonSax<rapidjson::kParseNoFlags>>(to, "rapidjson SAX in situ");
    add<RapidjsonSax<rapidjson::kParseFullPrecisionFlag>>(to,
                                                          "rapidjson SAX in situ, full precision");
}

}  // namespace courant::bench
