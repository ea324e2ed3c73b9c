#include "proxy-core/federation/form.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace courant {
namespace {

// A form of a command has a handful of fields; more is nobody's form.
constexpr std::size_t most_fields = 64;

using Word = std::pair<std::string_view, Form::Type>;
constexpr std::array words{Word{"form", Form::Type::form}, Word{"submit", Form::Type::submit},
                           Word{"cancel", Form::Type::cancel}, Word{"result", Form::Type::result}};

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    const auto begin = text.find_first_not_of(blank);
    if (begin == text.npos) return {};
    return text.substr(begin, text.find_last_not_of(blank) + 1 - begin);
}

void append_text(std::string& out, std::string_view name, std::string_view text) {
    out += '<';
    out += name;
    out += '>';
    append_escaped(out, text);
    out += "</";
    out += name;
    out += '>';
}

FormField field_of(const Element& element) {
    FormField field{.var = std::string(element.attribute("var")),
                    .label = std::string(element.attribute("label")),
                    .type = std::string(element.attribute("type"))};
    for (const Element& child : element.children) {
        if (child.space != data_forms) continue;
        if (child.name == "value") field.values.emplace_back(trimmed(child.text));
        if (child.name == "desc") field.description = trimmed(child.text);
        if (child.name == "required") field.required = true;
    }
    return field;
}

}  // namespace

std::string_view Form::value(std::string_view var) const {
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [&](const FormField& f) { return f.var == var; });
    if (field == fields.end() || field->values.empty()) return {};
    return field->values.front();
}

std::optional<Form> form_in(const Element& element) {
    const Element* x = element.child("x", data_forms);
    if (!x) return std::nullopt;
    Form form;
    for (const auto& [word, type] : words)
        if (x->attribute("type") == word) form.type = type;
    for (const Element& child : x->children) {
        if (child.space != data_forms) continue;
        if (child.name == "title") form.title = trimmed(child.text);
        if (child.name == "field" && form.fields.size() < most_fields)
            form.fields.push_back(field_of(child));
    }
    return form;
}

void append_form(std::string& out, const Form& form) {
    out += "<x";
    append_attribute(out, "xmlns", data_forms);
    for (const auto& [word, type] : words)
        if (form.type == type) append_attribute(out, "type", word);
    out += '>';
    if (!form.title.empty()) append_text(out, "title", form.title);
    for (const FormField& field : form.fields) {
        out += "<field";
        append_attribute(out, "var", field.var);
        if (!field.type.empty()) append_attribute(out, "type", field.type);
        if (!field.label.empty()) append_attribute(out, "label", field.label);
        out += '>';
        for (const std::string& value : field.values) append_text(out, "value", value);
        if (!field.description.empty()) append_text(out, "desc", field.description);
        if (field.required) out += "<required/>";
        out += "</field>";
    }
    out += "</x>";
}

}  // namespace courant
