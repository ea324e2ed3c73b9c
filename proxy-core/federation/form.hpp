// Data forms (XEP-0004): what a command asks for, what somebody filled in, and what came of it.
//
// Values, read from elements and written as text. Deployed clients submit fields without their
// types and with blanks between the elements, so only `var` and `value` are believed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/federation/stanza.hpp"

namespace courant {

inline constexpr std::string_view data_forms = "jabber:x:data";

/// One field of a form.
struct FormField {
    std::string var;
    std::string label = {};
    std::vector<std::string> values = {};
    /// "text-single", "fixed", …
    std::string type = "text-single";
    /// A line for whoever fills it in.
    std::string description = {};
    bool required = false;
};

/// A form.
struct Form {
    /// What a form is for; `form` asks, the others answer.
    enum class Type { form, submit, cancel, result };

    Type type = Type::form;
    std::string title = {};
    std::vector<FormField> fields = {};

    /// The first value of a field; empty where it has none or is missing.
    std::string_view value(std::string_view var) const;
};

/// The form in an element; nothing where there is none.
std::optional<Form> form_in(const Element& element);

/// Appends `<x xmlns='jabber:x:data'>`.
void append_form(std::string& out, const Form& form);

}  // namespace courant
