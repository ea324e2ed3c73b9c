#include "cli/dead/exporting.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "cli/command.hpp"
#include "proxy-core/federation/base64.hpp"
#include "proxy-core/federation/protocol.hpp"
#include "senml/codec.hpp"
#include "senml/stream.hpp"

namespace courant::cli {
namespace {

using nlohmann::ordered_json;

std::string hops_of(const Envelope& envelope) {
    std::string hops;
    for (const Jid& hop : envelope.hops) hops += (hops.empty() ? "" : " ") + hop.to_string();
    return hops;
}

template <class Value>
ordered_json or_null(const std::optional<Value>& value) {
    return value ? ordered_json(*value) : ordered_json(nullptr);
}

// Bytes that are no text would be replaced in JSON: they go as base64.
bool is_text(const std::string& bytes) {
    try {
        static_cast<void>(ordered_json(bytes).dump());
        return true;
    } catch (const ordered_json::type_error&) {
        return false;
    }
}

class Lines final : public DeadExport {
  public:
    explicit Lines(std::ostream& out) : out_(out) {}

    void write(const DeadLetter& letter) override {
        ordered_json line{{"id", letter.id},
                          {"at", to_timestamp(letter.at)},
                          {"origin", to_word(letter.origin)},
                          {"whom", letter.whom},
                          {"lane", letter.lane ? ordered_json(letter.lane->value) : ordered_json()},
                          {"seq", or_null(letter.seq)},
                          {"record", or_null(letter.record)},
                          {"reason", letter.reason},
                          {"retain", letter.envelope.retain},
                          {"grant", letter.envelope.grant},
                          {"quality", to_word(letter.envelope.quality)},
                          {"hops", hops_of(letter.envelope)}};
        if (is_text(letter.payload))
            line["payload"] = letter.payload;
        else
            line["payload_base64"] = encode_base64(letter.payload);
        out_ << line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) << '\n';
    }

  private:
    std::ostream& out_;
};

// RFC 4180.
class Table final : public DeadExport {
  public:
    explicit Table(std::ostream& out) : out_(out) {
        out_ << "id,at,origin,whom,lane,seq,record,reason,retain,grant,quality,hops,payload\r\n";
    }

    void write(const DeadLetter& letter) override {
        const auto number = [](const std::optional<std::int64_t>& value) {
            return value ? std::to_string(*value) : std::string();
        };
        const std::array fields{std::to_string(letter.id),
                                to_timestamp(letter.at),
                                std::string(to_word(letter.origin)),
                                letter.whom,
                                letter.lane ? letter.lane->value : std::string(),
                                number(letter.seq),
                                number(letter.record),
                                letter.reason,
                                letter.envelope.retain,
                                letter.envelope.grant,
                                std::string(to_word(letter.envelope.quality)),
                                hops_of(letter.envelope),
                                letter.payload};
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (i > 0) out_ << ',';
            write_field(fields[i]);
        }
        out_ << "\r\n";
    }

  private:
    void write_field(std::string_view field) {
        if (field.find_first_of(",\"\r\n") == std::string_view::npos) {
            out_ << field;
            return;
        }
        out_ << '"';
        for (const char c : field) {
            if (c == '"') out_ << '"';
            out_ << c;
        }
        out_ << '"';
    }

    std::ostream& out_;
};

class Readings final : public DeadExport {
  public:
    explicit Readings(std::ostream& out) : out_(out) { writer_.begin(text_); }

    void write(const DeadLetter& letter) override {
        const auto pack = senml::read(senml::Format::xml, letter.payload,
                                      {.now = letter.at, .names = senml::NameRule::federated});
        if (!pack || !writer_.write(*pack, text_)) ++left_out_;
        flush();
    }
    void end() override {
        writer_.end(text_);
        flush();
        out_ << '\n';
    }

  private:
    void flush() {
        out_ << text_;
        text_.clear();
    }

    std::ostream& out_;
    senml::StreamWriter writer_{senml::Format::json};
    std::string text_;
};

}  // namespace

std::unique_ptr<DeadExport> make_dead_export(std::string_view format, std::ostream& out) {
    if (format == "ndjson") return std::make_unique<Lines>(out);
    if (format == "csv") return std::make_unique<Table>(out);
    if (format == "senml") return std::make_unique<Readings>(out);
    throw UsageError("--format is ndjson, csv or senml");
}

}  // namespace courant::cli
