// A pull reader for XML: the next start tag, text or end tag, one at a time, out of a text that is
// in memory.
//
//     XmlReader reader(stanza);
//     while (reader.next() == XmlEvent::start) { if (reader.name() == "readings") … else
//     reader.skip_element(); } if (reader.failed()) complain(reader.fault().what,
//     reader.fault().offset);
//
// Ours and not a library's, because what comes over the network must be refused where XML 1.0 and
// Namespaces in XML say so: duplicate attributes, undeclared prefixes, unknown entities, bare `&`
// and `<`, characters that XML does not have, text that is not UTF-8, anything but blanks around
// the root. DOCTYPE is refused altogether (RFC 6120 section 11.1): what needs a DTD has no place in
// a stanza, and entity expansion is an attack. Comments and processing instructions are passed
// over. Attribute values are normalised, line ends too.
//
// Nothing is copied unless it holds references or blanks to normalise: names, values and text are
// views, into the text that was given or into the reader; those into the reader live until the next
// event. Nothing throws for a bad text: `next` answers `fault`, and goes on doing so.
//
// A part of a document can be read on its own: `position` and `event_begin` tell where it stands in
// the text, and `inherited_namespace` gives the new reader the default namespace that the part was
// under.
//
// Thread: one reader belongs to one thread.
#pragma once

#include <cstddef>
#include <forward_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace courant::senml {

/// What `XmlReader::next` came upon.
enum class XmlEvent {
    /// A start tag: `name`, `namespace_uri`, `attributes`.
    start,
    /// An end tag, or the end of an empty element: `name`, `namespace_uri`.
    end,
    /// Characters: `text`. Comments and CDATA borders may split what belongs together.
    text,
    /// The root is closed and the text is at its end.
    finished,
    /// The text is no XML: `fault`.
    fault,
};

/// Why a text is no XML, and at which byte.
struct XmlFault {
    /// Counted from 0, in bytes.
    std::size_t offset = 0;
    /// For a person, without a final point; a literal, valid for ever.
    std::string_view what;
};

/// An attribute. Namespace declarations are none.
struct XmlAttribute {
    /// Empty for an attribute without prefix.
    std::string_view namespace_uri;
    /// The local name, without its prefix.
    std::string_view name;
    /// The value, normalised, references replaced.
    std::string_view value;
};

/// Bounds, and where the text was cut out from.
struct XmlOptions {
    /// How many elements may be open at once; one more is a fault.
    std::size_t max_depth = 256;
    /// The default namespace in force where the text stands.
    std::string_view inherited_namespace = {};
    /// How many bytes of the text the caller knows to be ASCII without control characters.
    std::size_t known = 0;
};

/// Reads one document, or one element cut out of a document.
class XmlReader {
  public:
    /// A reader of nothing, until `reset` gives it a text.
    XmlReader() = default;
    /// `text` must outlive the reader.
    explicit XmlReader(std::string_view text, const XmlOptions& options = {}) {
        reset(text, options);
    }
    XmlReader(const XmlReader&) = delete;
    XmlReader& operator=(const XmlReader&) = delete;

    /// Begins another text; the memory is kept.
    void reset(std::string_view text, const XmlOptions& options = {});
    /// Goes on at another place of the same text, for a caller who has read what lies between by
    /// itself: whole elements and no more, so that the same elements are open there.
    void resume_at(std::size_t position) { position_ = position; }

    /// Goes on to the next event.
    XmlEvent next();

    /// After a start: goes on to the element's own end, past all that it holds. False on a fault.
    bool skip_element();
    /// After a start: the element as it stands in the text, tags included; the reader is then at
    /// its end.
    std::optional<std::string_view> take_element();
    /// After a start: the characters of an element that holds nothing else; the reader is then at
    /// its end.
    std::optional<std::string> take_text();

    /// The namespace of the element, after start and end.
    std::string_view namespace_uri() const { return namespace_uri_; }
    /// The local name of the element, after start and end.
    std::string_view name() const { return name_; }
    /// After start and end: whether the element is `name` of that namespace.
    bool is(std::string_view namespace_uri, std::string_view name) const {
        return name_ == name && namespace_uri_ == namespace_uri;
    }
    /// The attributes of the element, after a start.
    std::span<const XmlAttribute> attributes() const { return attributes_; }
    /// The value of an attribute without prefix, after a start.
    std::optional<std::string_view> attribute(std::string_view name) const;
    /// The characters, after text.
    std::string_view text() const { return text_; }
    /// The default namespace in force, for a reader that reads a part of this text.
    std::string_view default_namespace() const;

    /// How many elements are open; 1 after the root's start.
    std::size_t depth() const { return open_.size(); }
    /// Where the last event begins.
    std::size_t event_begin() const { return event_begin_; }
    /// Where the last event ends.
    std::size_t position() const { return position_; }

    /// Whether the last `next` came upon a fault, and so will all that follow.
    bool failed() const { return fault_.has_value(); }
    /// Only after a fault.
    const XmlFault& fault() const { return *fault_; }

  private:
    struct Binding {
        std::string_view prefix;
        std::string_view uri;
    };
    struct OpenElement {
        std::string_view qualified;
        std::string_view local;
        std::string_view namespace_uri;
        std::size_t bindings = 0;  ///< how many were in force outside
    };
    struct QualifiedName {
        std::string_view prefix;
        std::string_view local;
        std::string_view whole;
    };
    struct RawAttribute {
        QualifiedName name;
        std::string_view value;
        std::size_t offset = 0;
    };

    XmlEvent fail(std::string_view what) { return fail_at(position_, what); }
    XmlEvent fail_at(std::size_t offset, std::string_view what);
    bool refuse(std::string_view what);

    bool at_end() const { return position_ == text_in_.size(); }
    char peek() const { return position_ < text_in_.size() ? text_in_[position_] : '\0'; }
    bool looking_at(std::string_view what) const {
        return text_in_.substr(position_).starts_with(what);
    }
    bool skip_blanks();

    bool read_prolog();
    bool read_declaration();
    bool read_pseudo_attribute(std::string_view& name, std::string_view& value);
    bool skip_comment();
    bool skip_instruction();
    bool skip_miscellany();

    XmlEvent next_outside_root();
    XmlEvent next_inside_root();
    XmlEvent read_markup();
    XmlEvent read_start();
    XmlEvent read_end();
    XmlEvent read_characters();
    XmlEvent read_cdata();
    XmlEvent close_element();

    std::optional<QualifiedName> read_name();
    bool read_attributes();
    bool read_attribute();
    std::optional<std::string_view> read_value();
    bool normalise_value(char quote, std::size_t begin);
    bool append_reference();
    bool append_character_reference(std::string_view digits);
    bool take_attributes();
    bool declare_namespaces();
    bool declare(const RawAttribute& attribute);
    bool resolve_attributes();
    bool attributes_differ();
    std::optional<std::string_view> lookup(std::string_view prefix) const;

    std::string_view text_in_;
    std::size_t max_depth_ = 0;
    std::string_view inherited_namespace_;
    std::size_t position_ = 0;
    std::size_t event_begin_ = 0;
    bool root_seen_ = false;
    bool prefixes_used_ =
        false;  ///< the last start has prefixes or declarations among its attributes
    bool close_empty_ = false;  ///< the last start was of an empty element
    std::string_view namespace_uri_;
    std::string_view name_;
    std::string_view text_;
    std::string
        scratch_;  ///< decoded values and text of the current event; never reallocated while in use
    std::vector<RawAttribute> raw_attributes_;
    std::vector<XmlAttribute> attributes_;
    std::vector<std::size_t> order_;
    std::vector<OpenElement> open_;
    std::vector<Binding> bindings_;
    std::forward_list<std::string> kept_;  ///< namespace names that had references in them
    std::optional<XmlFault> fault_;
};

}  // namespace courant::senml
