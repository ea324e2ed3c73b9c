// Reads packs in XML (RFC 8428 section 7) from the events of XmlReader.
#include <algorithm>

#include "senml/detail/fields.hpp"
#include "senml/detail/readers.hpp"
#include "senml/detail/text.hpp"
#include "senml/xml_reader.hpp"

namespace courant::senml::detail {

namespace {

constexpr std::string_view senml_namespace = "urn:ietf:params:xml:ns:senml";

class XmlPack {
  public:
    XmlPack(std::string_view bytes, const ReadOptions& options, Report& report, RecordSink& sink)
        : reader_(bytes, {.max_depth = options.max_depth + 2}),
          options_(options),
          report_(report),
          sink_(sink) {}

    void read() {
        if (read_root() && record_.index == 0) {
            report_.fault(0, "a pack without records", "RFC 8428 3");
        }
        if (reader_.failed()) syntax_fault();
    }

  private:
    bool read_root();
    bool read_content();
    bool read_record();
    bool read_record_content();
    bool read_attribute(const XmlAttribute& attribute);
    bool read_number(Label label, std::string_view text);
    bool read_boolean(std::string_view text);
    bool wrong_type(Label label, std::string_view expected);
    bool only_blanks();
    void syntax_fault();

    XmlReader reader_;
    const ReadOptions& options_;
    Report& report_;
    RecordSink& sink_;
    RawRecord record_;
    std::string scratch_;
};

void XmlPack::syntax_fault() {
    report_.fault(record_.index,
                  "no XML at byte " + std::to_string(reader_.fault().offset) + ": " +
                      std::string{reader_.fault().what},
                  "RFC 8428 7");
}

bool XmlPack::read_root() {
    if (reader_.next() != XmlEvent::start) return false;
    if (!reader_.is(senml_namespace, "sensml")) {
        report_.fault(0, "the root is not sensml of the namespace urn:ietf:params:xml:ns:senml",
                      "RFC 8428 7");
        return false;
    }
    return read_content() && reader_.next() == XmlEvent::finished;
}

bool XmlPack::read_content() {
    for (;;) {
        switch (reader_.next()) {
            case XmlEvent::start:
                if (reader_.is(senml_namespace, "senml") ? !read_record()
                                                         : !reader_.skip_element()) {
                    return false;
                }
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
    if (++record_.index > options_.max_records) {
        report_.fault(record_.index, "more records than are accepted", "");
        return false;
    }
    record_.present = 0;
    scratch_.clear();
    const std::size_t faults = report_.faults().size();
    for (const XmlAttribute& attribute : reader_.attributes()) {
        if (attribute.namespace_uri.empty() && !read_attribute(attribute)) return false;
    }
    if (report_.faults().size() != faults) keep_base(record_);
    return sink_.take(record_) && read_record_content();
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
    return set_number(record_, label, *decimal, report_);
}

bool XmlPack::read_boolean(std::string_view text) {
    text = trim_blanks(text);
    record_.vb = text == "true" || text == "1";
    return record_.vb || text == "false" || text == "0" || wrong_type(Label::vb, "boolean");
}

bool XmlPack::read_attribute(const XmlAttribute& attribute) {
    const Label label = find_label(attribute.name);
    if (label == Label::unknown) {
        return pass_unknown(record_, attribute.name, options_, report_);
    }
    record_.present |= bit(label);
    if ((string_labels & bit(label)) != 0) {
        return set_string(record_, label, attribute.value, scratch_, report_);
    }
    return label == Label::vb ? read_boolean(attribute.value) : read_number(label, attribute.value);
}

}  // namespace

void read_xml(std::string_view bytes, const ReadOptions& options, Report& report,
              RecordSink& sink) {
    XmlPack(bytes, options, report, sink).read();
}

}  // namespace courant::senml::detail
