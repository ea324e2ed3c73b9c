// Reads packs in XML (RFC 8428 section 7) from the events of XmlReader.
#include <algorithm>

#include "senml/detail/alike_reader.hpp"
#include "senml/detail/fields.hpp"
#include "senml/detail/json/text.hpp"
#include "senml/detail/readers.hpp"
#include "senml/detail/text.hpp"
#include "senml/xml_reader.hpp"

namespace courant::senml::detail {

namespace {

constexpr std::string_view senml_namespace = "urn:ietf:params:xml:ns:senml";

class XmlPack {
  public:
    XmlPack(const Input& input, Scratch& scratch, Report& report, RecordSink& sink)
        : input_(input),
          report_(report),
          sink_(sink),
          reader_(scratch.xml),
          scratch_(scratch.text),
          kept_text_(scratch.kept),
          kept_(scratch.fields),
          holes_(scratch.holes) {
        record_.index = input.records_before;
    }

    void read() {
        std::size_t known = 0;
        if (input_.opening != nullptr && !take_opening(*input_.opening, known)) return;
        reader_.reset(input_.bytes, {.max_depth = input_.options.max_depth + 2, .known = known});
        if (reader_.failed()) record_.index = input_.records_before;  // it is said of the text
        if (read_root(known) && record_.index == 0) {
            report_.fault(0, "a pack without records", "RFC 8428 3");
        }
        if (reader_.failed()) syntax_fault();
    }

  private:
    bool take_opening(const Opening& opening, std::size_t& end);
    bool read_root(std::size_t known);
    bool read_content();
    bool read_record();
    void read_records_alike(std::size_t begin);
    bool begins_alike(std::size_t begin) const;
    bool read_record_content();
    bool read_attribute(const XmlAttribute& attribute);
    bool read_number(Label label, std::string_view text);
    bool read_boolean(std::string_view text);
    bool wrong_type(Label label, std::string_view expected);
    bool only_blanks();
    void keep_unknown(const XmlAttribute& attribute);
    void syntax_fault();

    const Input& input_;
    Report& report_;
    RecordSink& sink_;
    XmlReader& reader_;
    RawRecord record_;
    std::string& scratch_;
    std::string& kept_text_;
    std::vector<RawField>& kept_;
    Holes& holes_;
};

void XmlPack::syntax_fault() {
    report_.fault(record_.index,
                  "no XML at byte " + std::to_string(reader_.fault().offset) + ": " +
                      std::string{reader_.fault().what},
                  "RFC 8428 7");
}

bool XmlPack::take_opening(const Opening& opening, std::size_t& end) {
    constexpr TextShape likely = {R"(<senml t=")", R"(" v=")", R"("/>)"};
    end = opening.size;
    record_ = opening.raw();
    record_.index = 1;
    if (!sink_.take(record_)) return false;
    const auto into = opening.is_inherited() ? sink_.alike() : std::nullopt;
    if (into) {
        const char* const begin = input_.bytes.data();
        const Run run = read_alike(likely, begin + end, begin + input_.bytes.size(), *into,
                                   input_.options.max_records - 1);
        end = static_cast<std::size_t>(run.end - begin);
        record_.index += run.records;
    }
    return true;
}

// The root, and what it holds from `known` on, where the records before that are taken already.
bool XmlPack::read_root(std::size_t known) {
    if (reader_.next() != XmlEvent::start) return false;
    if (!reader_.is(senml_namespace, "sensml")) {
        report_.fault(0, "the root is not sensml of the namespace urn:ietf:params:xml:ns:senml",
                      "RFC 8428 7");
        return false;
    }
    if (known > 0) reader_.resume_at(known);
    return read_content() && reader_.next() == XmlEvent::finished;
}

bool XmlPack::read_content() {
    std::size_t end_of_last = reader_.position();
    for (;;) {
        switch (reader_.next()) {
            case XmlEvent::start:
                if (!reader_.is(senml_namespace, "senml")) {
                    if (!reader_.skip_element()) return false;
                } else {
                    if (!read_record()) return false;
                    read_records_alike(end_of_last);
                }
                end_of_last = reader_.position();
                break;
            case XmlEvent::text:
                if (!only_blanks()) return false;
                break;
            case XmlEvent::end:
                return true;
            case XmlEvent::finished:
            case XmlEvent::fault:
                return false;
        }
    }
}

bool XmlPack::only_blanks() {
    if (trim_blanks(reader_.text()).empty()) return true;
    return report_.fault(record_.index, "characters between the records", "RFC 8428 7");
}

bool XmlPack::read_record() {
    if (++record_.index > input_.options.max_records) {
        report_.fault(record_.index, "more records than are accepted", "");
        return false;
    }
    record_.present = 0;
    scratch_.clear();
    kept_.clear();
    kept_text_.clear();
    holes_.clear();
    const std::size_t faults = report_.faults().size();
    for (const XmlAttribute& attribute : reader_.attributes()) {
        if (attribute.namespace_uri.empty() && !read_attribute(attribute)) return false;
    }
    if (report_.faults().size() != faults) keep_base(record_);
    record_.unknown = kept_;
    return sink_.take(record_) && read_record_content();
}

// After a record that began behind `begin`, with the blanks before it: those that are like it.
void XmlPack::read_records_alike(std::size_t begin) {
    if (holes_.all().empty() || !begins_alike(begin)) return;
    const auto into = sink_.alike();
    if (!into) return;
    const auto record = input_.bytes.substr(begin, reader_.position() - begin);
    const char* const end = input_.bytes.data() + input_.bytes.size();
    const std::size_t most = input_.options.max_records - record_.index;
    const Run run = read_alike(record, holes_, end, *into, most);
    reader_.resume_at(static_cast<std::size_t>(run.end - input_.bytes.data()));
    record_.index += run.records;
}

bool XmlPack::read_record_content() {
    for (;;) {
        switch (reader_.next()) {
            case XmlEvent::start:
                if (reader_.is(senml_namespace, "senml") &&
                    !report_.fault(record_.index, "a record inside a record", "RFC 8428 7")) {
                    return false;
                }
                if (!reader_.skip_element()) return false;
                break;
            case XmlEvent::text:
                if (!only_blanks()) return false;
                break;
            case XmlEvent::end:
                return true;
            case XmlEvent::finished:
            case XmlEvent::fault:
                return false;
        }
    }
}

bool XmlPack::wrong_type(Label label, std::string_view expected) {
    record_.present &= ~bit(label);
    return report_.fault(record_.index,
                         std::string{spelling(label)} + " is no " + std::string{expected},
                         "RFC 8428 7");
}

bool XmlPack::read_number(Label label, std::string_view text) {
    const auto decimal = scan_xml_double(text);
    if (!decimal) return wrong_type(label, "number");
    constexpr std::string_view integer = "+-0123456789";
    if (label == Label::bver &&
        trim_blanks(text).find_first_not_of(integer) != std::string_view::npos) {
        return wrong_type(label, "positive integer");
    }
    const char* const begin = input_.bytes.data();
    const bool in_place = text.data() >= begin && text.data() < begin + input_.bytes.size();
    in_place ? holes_.add(label, text) : holes_.spoil();
    return set_number(record_, label, *decimal, report_);
}

// A quick look at what follows, before anything is prepared.
bool XmlPack::begins_alike(std::size_t begin) const {
    constexpr std::size_t enough = 8;
    const auto next = input_.bytes.substr(reader_.position(), enough);
    return next == input_.bytes.substr(begin, enough);
}

// What XML says is text, whatever it looks like.
void XmlPack::keep_unknown(const XmlAttribute& attribute) {
    // Escaped, a byte takes six at most; with room for all of them no view moves.
    const std::size_t enough = 6 * input_.bytes.size() + 2;
    if (kept_text_.capacity() < enough) kept_text_.reserve(enough);
    const std::size_t begin = kept_text_.size();
    append_json_string(kept_text_, attribute.value);
    kept_.push_back({attribute.name, std::string_view{kept_text_}.substr(begin)});
}

bool XmlPack::read_boolean(std::string_view text) {
    text = trim_blanks(text);
    record_.vb = text == "true" || text == "1";
    return record_.vb || text == "false" || text == "0" || wrong_type(Label::vb, "boolean");
}

bool XmlPack::read_attribute(const XmlAttribute& attribute) {
    const Label label = find_label(attribute.name);
    if (label == Label::unknown) {
        if (keeps(attribute.name, input_.options)) keep_unknown(attribute);
        return pass_unknown(record_, attribute.name, input_, report_);
    }
    record_.present |= bit(label);
    if ((string_labels & bit(label)) != 0) {
        return set_string(record_, label, attribute.value, scratch_, report_);
    }
    return label == Label::vb ? read_boolean(attribute.value) : read_number(label, attribute.value);
}

}  // namespace

void read_xml(const Input& input, Scratch& scratch, Report& report, RecordSink& sink) {
    XmlPack(input, scratch, report, sink).read();
}

}  // namespace courant::senml::detail
