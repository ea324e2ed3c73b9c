// Data forms (XEP-0004), as deployed clients write them and as they read ours.
#include <doctest/doctest.h>

#include "proxy-core/federation/form.hpp"

using namespace courant;

namespace {

Element read(std::string_view xml) {
    const auto element = read_stanza(xml);
    REQUIRE(element);
    return *element;
}

}  // namespace

TEST_CASE("a form is read by the names of its fields, whatever blanks and types stand around") {
    const auto form = form_in(read(
        "<command xmlns='http://jabber.org/protocol/commands'>\n  <x xmlns='jabber:x:data' "
        "type='submit'>\n <field var='identifier' type='text-single'>\n  <value>\n urn:dev:prm:1 "
        "</value>\n </field> <field var='to'><value>a</value><value>b</value></field> "
        "</x></command>"));
    REQUIRE(form);
    CHECK(form->type == Form::Type::submit);
    CHECK(form->value("identifier") == "urn:dev:prm:1");
    CHECK(form->value("to") == "a");
    CHECK(form->fields.at(1).values.size() == 2);
    CHECK(form->value("from").empty());
}

TEST_CASE("where there is no form, none is read") {
    CHECK_FALSE(form_in(read("<command xmlns='http://jabber.org/protocol/commands'/>")));
    CHECK_FALSE(form_in(read("<command><x xmlns='other'/></command>")));
}

TEST_CASE("a form is read as it was written, with every character in its place") {
    Form form{.type = Form::Type::form,
              .title = "<Get> & 'go'",
              .fields = {{.var = "from",
                          .label = "From \"here\"",
                          .values = {"1 < 2"},
                          .description = "a & b",
                          .required = true}}};
    std::string xml = "<command>";
    append_form(xml, form);
    const auto again = form_in(read(xml + "</command>"));
    REQUIRE(again);
    CHECK(again->type == Form::Type::form);
    CHECK(again->title == form.title);
    const FormField& field = again->fields.at(0);
    CHECK(field.label == "From \"here\"");
    CHECK(field.values == std::vector<std::string>{"1 < 2"});
    CHECK(field.description == "a & b");
    CHECK(field.required);
}
