// From cells to primary units.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "adapters/csv/conversion.hpp"
#include "adapters/csv/file_name.hpp"

using courant::csv::Conversion;
using courant::csv::series_path;

TEST_CASE("a power of ten is applied to the decimal text: 0.392 kW is exactly 392 W") {
    const Conversion kilowatt("kW");
    CHECK(kilowatt.unit() == "W");
    CHECK(kilowatt.read("0.392") == 392.0);
    CHECK(kilowatt.read("0.48200000000000004") == 482.00000000000004);
    CHECK(kilowatt.read("-1e3") == -1e6);
    CHECK(Conversion("ms").read("1500") == 1.5);
    CHECK(Conversion("ms").unit() == "s");
}

TEST_CASE("other factors multiply: 1.5 kWh are 5.4 MJ, 72 km/h are 20 m/s") {
    CHECK(Conversion("kWh").unit() == "J");
    CHECK(Conversion("kWh").read("1.5") == 5'400'000.0);
    CHECK(Conversion("km/h").read("72") == 20.0);
}

TEST_CASE("primary and unregistered units stay as they are") {
    CHECK(Conversion("V").unit() == "V");
    CHECK(Conversion("V").read("230.5") == 230.5);
    CHECK(Conversion("furlong").unit() == "furlong");
    CHECK(Conversion("").unit().empty());
}

TEST_CASE("what is no number is none") {
    for (const char* text : {"", "abc", "1,5", "1 000", "0x10", "NaN", "INF", "1.5kW"})
        CHECK_FALSE(Conversion("W").read(text).has_value());
}

TEST_CASE("a series name as a file name: readable, and never a way out of the folder") {
    CHECK(series_path("zabbix:lorient.example/kersabiec:lorient.example/pv/power") ==
          "zabbix@lorient.example+kersabiec@lorient.example+pv+power.csv");
    CHECK(series_path("../../etc/passwd") == "%2E.+..+etc+passwd.csv");
    CHECK(series_path("..") == "%2E..csv");
    CHECK(series_path("a\\b c\n") == "a%5Cb%20c%0A.csv");
    CHECK(series_path("a@b") != series_path("a:b"));
    CHECK(series_path("a+b") != series_path("a/b"));
    CHECK(series_path("a%2Bb") != series_path("a+b"));
}

TEST_CASE("a name that is too long for a file is spread over folders, without losing a byte") {
    const std::string name = "a:b.example/c:d.example/" + std::string(480, 'x');
    const auto path = series_path(name);
    std::string joined;
    for (const auto& part : path) {
        CHECK(part.string().size() <= 210);
        joined += part.string();
    }
    CHECK(series_path(name + 'y') != path);
    CHECK(std::count(joined.begin(), joined.end(), 'x') == 482);  // those of "example" included
}
