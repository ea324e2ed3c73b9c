// Other people's JSON writers.
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "tests/bench/senml/allocations.hpp"
#include "tests/bench/senml/text_encoders.hpp"

namespace courant::bench {

namespace {

/// A tree of everything, then its text.
struct NlohmannDump {
    template <typename See>
    void run(const Corpus& corpus, std::size_t index, const See& see) {
        const Factored pack(corpus.rows[index]);
        const auto& rows = pack.readings.rows;
        auto list = nlohmann::json::array();
        auto& records = list.get_ref<nlohmann::json::array_t&>();
        records.reserve(rows.size());
        nlohmann::json::object_t first;
        first.emplace("bn", pack.base_name);
        first.emplace("bt", pack.base_time);
        first.emplace("bu", pack.base_unit);
        first.emplace("v", rows[0].value);
        records.emplace_back(std::move(first));
        for (std::size_t i = 1; i < rows.size(); ++i) {
            nlohmann::json::object_t record;
            record.emplace("t", rows[i].time - pack.base_time);
            record.emplace("v", rows[i].value);
            records.emplace_back(std::move(record));
        }
        const std::string text = list.dump();
        see(std::string_view{text});
    }
};

/// Text as it goes, into a buffer that is kept.
struct RapidjsonWriter {
    using Buffer = rapidjson::GenericStringBuffer<rapidjson::UTF8<>, CountedAllocator>;
    using Writer =
        rapidjson::Writer<Buffer, rapidjson::UTF8<>, rapidjson::UTF8<>, CountedAllocator>;

    CountedAllocator allocator;
    Buffer buffer{&allocator};
    Writer writer{buffer, &allocator};

    template <typename See>
    void run(const Corpus& corpus, std::size_t index, const See& see) {
        const Factored pack(corpus.rows[index]);
        const auto& rows = pack.readings.rows;
        buffer.Clear();
        writer.Reset(buffer);
        writer.StartArray();
        writer.StartObject();
        text("bn", pack.base_name);
        time("bt", pack.base_time);
        text("bu", pack.base_unit);
        number("v", rows[0].value);
        writer.EndObject();
        for (std::size_t i = 1; i < rows.size(); ++i) {
            writer.StartObject();
            time("t", rows[i].time - pack.base_time);
            number("v", rows[i].value);
            writer.EndObject();
        }
        writer.EndArray();
        see(std::string_view{buffer.GetString(), buffer.GetSize()});
    }

  private:
    void key(std::string_view label) {
        writer.Key(label.data(), static_cast<rapidjson::SizeType>(label.size()));
    }
    void text(std::string_view label, const std::string& value) {
        key(label);
        writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
    }
    /// As an integer where it is one: much the faster of the two for rapidjson.
    void time(std::string_view label, double seconds) {
        key(label);
        const auto whole = static_cast<std::int64_t>(seconds);
        if (static_cast<double>(whole) == seconds) {
            writer.Int64(whole);
        } else {
            writer.Double(seconds);
        }
    }
    void number(std::string_view label, double value) {
        key(label);
        writer.Double(value);
    }
};

}  // namespace

void add_json_encoders(Contestants& to) {
    add<NlohmannDump>(to, "nlohmann DOM + dump");
    add<RapidjsonWriter>(to, "rapidjson Writer");
    add<Ostringstream<JsonText>>(to, "ostringstream, precision 17");
    add<Snprintf<JsonText>>(to, "snprintf %.17g");
}

}  // namespace courant::bench
