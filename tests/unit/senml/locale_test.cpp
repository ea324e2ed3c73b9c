// Conformance point 100: no result depends on the locale.
//
// Number and codec checks are repeated under fr_FR.UTF-8, where the decimal point is a comma, set
// in both of the ways that a program can set it. Few machines have that locale; where it is missing
// it is built into a temporary folder, and the test starts itself again with LOCPATH pointing
// there, because the C library reads that variable only once.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <locale>
#include <sstream>
#include <string>

#include "packs.hpp"
#include "senml/units.hpp"

using namespace courant::senml;
using namespace courant::senml::test;

namespace {

constexpr const char* french = "fr_FR.UTF-8";
constexpr const char* restarted = "COURANT_TEST_LOCALE_BUILT";

// Puts both locales back when the test is over.
class ForeignLocale {
  public:
    ForeignLocale() : before_(std::setlocale(LC_ALL, nullptr)) {
        entered_ = std::setlocale(LC_ALL, french) != nullptr;
        if (entered_) cpp_before_ = std::locale::global(std::locale(french));
    }
    ~ForeignLocale() {
        if (entered_) std::locale::global(cpp_before_);
        std::setlocale(LC_ALL, before_.c_str());
    }
    ForeignLocale(const ForeignLocale&) = delete;
    ForeignLocale& operator=(const ForeignLocale&) = delete;

    bool entered() const { return entered_; }

  private:
    std::string before_;
    std::locale cpp_before_;
    bool entered_ = false;
};

void check_everything() {
    // The comma is really in force, for C and for C++.
    char text[16];
    std::snprintf(text, sizeof text, "%.1f", 1.5);
    REQUIRE(std::string{text} == "1,5");
    std::ostringstream stream;
    stream << 1.5;
    REQUIRE(stream.str() == "1,5");

    CHECK(parse_json_number("23.5") == 23.5);
    CHECK(parse_json_number("1234567.891e-3") == 1234.567891);
    CHECK_FALSE(parse_json_number("1,5"));
    CHECK(parse_xml_number("23.100000000000001") == 23.1);
    CHECK_FALSE(parse_xml_number("1,5"));
    CHECK(parse_scaled("0.392", 3) == 392);
    CHECK(parse_seconds("1276020076.001") == Span{1'276'020'076'001'000'000});
    std::string number;
    append_number(number, 1234567.5);
    append_number(number, 0.1);
    append_number(number, 1.2345678901234567e-30);
    CHECK(number == "1234567.50.11.2345678901234567e-30");
    std::string seconds;
    append_seconds(seconds, Span{1'276'020'076'001'000'000});
    CHECK(seconds == "1276020076.001");
    CHECK(to_primary(*secondary_unit("km/h"), 36) == 10);

    const auto json =
        R"([{"bn":"a","bt":1276020076.25,"bver":10,"v":23.1,"s":1234567.5},{"t":0.5,"v":1e-7}])";
    const auto pack = good_json(json);
    CHECK(number_at(pack, 0) == 23.1);
    CHECK(time_at(pack, 1) == "1276020076.75");
    for (const auto format : {Format::json, Format::xml}) {
        const auto written = write(format, pack).value();
        CHECK(written.find("1234567.5") != std::string::npos);
        CHECK(good(format, written) == pack);
    }
    CHECK(xml_refused(sensml("<senml n='a' v='1,5'/>")));
    CHECK(json_fault(R"([{"n":"a","v":1,"bver":1234567}])").find("bver 1234567 is") !=
          std::string::npos);
    CHECK(xml_fault(std::string(2000, ' ') + "<").find("at byte 2001:") != std::string::npos);
}

// Runs this test case alone in a process of its own, with the locale built; its exit status.
int run_again(const std::filesystem::path& folder) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        setenv("LOCPATH", folder.c_str(), 1);
        setenv(restarted, "1", 1);
        execl("/proc/self/exe", "unit_senml", "--test-case=100 *", static_cast<char*>(nullptr));
        _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

}  // namespace

TEST_CASE("100 nothing depends on the locale: all holds where the decimal point is a comma") {
    {
        const ForeignLocale locale;
        if (locale.entered()) {
            check_everything();
            return;
        }
    }
    REQUIRE_MESSAGE(std::getenv(restarted) == nullptr, "fr_FR.UTF-8 was built but cannot be used");
    std::string pattern =
        (std::filesystem::temp_directory_path() / "courant-locale-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    const std::filesystem::path folder = pattern;
    const std::string command = "localedef --no-archive -i fr_FR -f UTF-8 '" +
                                (folder / french).string() + "' >/dev/null 2>&1";
    // localedef warns with status 1 where it still writes the locale; the folder tells.
    const int status = std::system(command.c_str());
    const bool built = std::filesystem::exists(folder / french / "LC_NUMERIC");
    CHECK_MESSAGE(built, "localedef cannot build fr_FR.UTF-8 (status ", status,
                  "): install the package locales");
    if (built) CHECK(run_again(folder) == 0);
    std::filesystem::remove_all(folder);
}
