// The federation's names: who put a series into the federation, whom it is about, and what it is.
//
//     zabbix@lorient.example/kersabiec@lorient.example/pv/power        people's spelling
//     zabbix:lorient.example/kersabiec:lorient.example/pv/power        SenML spelling
//
// `app@serverA / subject@serverB / level / level…`. People read and type `@`; RFC 8428
// section 4.5.1 has no `@` in its alphabet, so packs carry the second spelling. The two convert
// without loss: in the first two segments the last `:` stands between the local part and the domain
// (a domain has none), and every other byte outside the alphabet, `:` itself included, is written
// `:XX` (two upper-case hex digits of the UTF-8 byte).
//
//     auto name = Name::parse("zabbix@lorient.example/kersabiec@lorient.example/pv/power");
//     name->app_server();   // "lorient.example"
//     name->senml();        // "zabbix:lorient.example/kersabiec:lorient.example/pv/power"
//
// Values; immutable once parsed; safe to share between threads.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace courant::senml {

/// Why a text is no federated name: which part is at fault and what is wrong with it, for a person.
struct NameFault {
    /// "the subject is empty", without a final point.
    std::string what;

    bool operator==(const NameFault&) const = default;
};

/// A federated name.
class Name {
  public:
    /// The longest name, in bytes of the SenML spelling.
    static constexpr std::size_t max_size = 512;

    /// Reads either spelling; domains and the app's local part are lower-cased, as JIDs are.
    static tl::expected<Name, NameFault> parse(std::string_view text);

    /// The app's local part, unescaped: "zabbix".
    const std::string& app() const { return app_; }
    /// The server of the app that speaks this name: "lorient.example".
    const std::string& app_server() const { return app_server_; }
    /// The bare JID that may speak this name (its authority): "zabbix@lorient.example".
    std::string authority() const { return app_ + '@' + app_server_; }
    /// The person, site or sensor, unescaped: "kersabiec".
    const std::string& subject() const { return subject_; }
    /// The server where the subject entered the federation.
    const std::string& subject_server() const { return subject_server_; }
    /// What it is, at least one level, unescaped: {"pv", "power"}.
    const std::vector<std::string>& path() const { return path_; }

    /// People's spelling, with `@`.
    std::string people() const;
    /// SenML spelling, with `:`; within RFC 8428's alphabet, at most max_size bytes.
    std::string senml() const;

    auto operator<=>(const Name&) const = default;

  private:
    std::string app_, app_server_, subject_, subject_server_;
    std::vector<std::string> path_;
};

}  // namespace courant::senml
