#include "cli/senml_command.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct Run {
    int code = -1;
    std::string out;
    std::string err;
};

Run run(const std::vector<std::string_view>& args, const std::string& input = {}) {
    std::istringstream in(input);
    std::ostringstream out;
    std::ostringstream err;
    const int code = courant::cli::run_senml_command(args, in, out, err);
    return {code, out.str(), err.str()};
}

// A file that lives as long as the test.
class File {
  public:
    explicit File(std::string_view content)
        : path_(std::filesystem::temp_directory_path() /
                ("courant-senml-" + std::to_string(std::random_device{}()))) {
        std::ofstream(path_, std::ios::binary) << content;
    }
    ~File() { std::filesystem::remove(path_); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    std::string name() const { return path_.string(); }

  private:
    std::filesystem::path path_;
};

// Standard output that another program reads: it gets what was flushed.
class Pipe final : public std::stringbuf {
  public:
    const std::string& flushed() const { return flushed_; }

  protected:
    int sync() override {
        flushed_ = str();
        return 0;
    }

  private:
    std::string flushed_;
};

// Standard input from somebody who looks at what has come out before he says the next thing.
class Dialogue final : public std::streambuf {
  public:
    Dialogue(std::vector<std::string> said, const Pipe& out) : said_(std::move(said)), out_(out) {}
    /// What had come out when each piece was asked for, and at the end.
    const std::vector<std::string>& heard() const { return heard_; }

  protected:
    int_type underflow() override {
        heard_.push_back(out_.flushed());
        if (next_ == said_.size()) return traits_type::eof();
        std::string& piece = said_[next_++];
        setg(piece.data(), piece.data(), piece.data() + piece.size());
        return traits_type::to_int_type(piece[0]);
    }

  private:
    std::vector<std::string> said_;
    std::size_t next_ = 0;
    const Pipe& out_;
    std::vector<std::string> heard_;
};

// Standard input that does not know how much of it is there.
class Unbuffered final : public std::streambuf {
  public:
    explicit Unbuffered(std::string text) : text_(std::move(text)) {}

  protected:
    int_type underflow() override {
        return at_ == text_.size() ? traits_type::eof() : traits_type::to_int_type(text_[at_]);
    }
    int_type uflow() override {
        const int_type c = underflow();
        if (c != traits_type::eof()) ++at_;
        return c;
    }

  private:
    std::string text_;
    std::size_t at_ = 0;
};

constexpr auto json_pack = R"([{"bn":"a/","n":"x","t":-5,"v":1},{"n":"y","t":-10,"vs":"é"}])";
constexpr auto xml_pack =
    "<sensml xmlns='urn:ietf:params:xml:ns:senml'><senml bn='a/' n='x' t='-5' v='1'/></sensml>";

}  // namespace

TEST_CASE("validate says nothing about a good pack, and one line per fault about a bad one") {
    CHECK(run({"validate", "-"}, json_pack).code == 0);
    CHECK(run({"validate", "-"}, json_pack).out.empty());
    const auto bad =
        run({"validate", "-"}, R"([{"n":"a","v":1},{"n":"b c","v":1},{"n":"d","bver":5,"v":1}])");
    CHECK(bad.code == 1);
    CHECK(bad.out ==
          "record 2: the name has a character outside A-Z a-z 0-9 - : . / _ (RFC 8428 4.5.1)\n"
          "record 3: bver differs (RFC 8428 4.4)\n");
    CHECK(run({"validate", "-"}, "[]").code == 1);
    CHECK(run({"validate", "-"}, "").code == 1);
}

TEST_CASE("validate notes what a tolerant reader lets pass, and --strict refuses it") {
    constexpr auto deployed = R"([{"n":"a","u":"Wh","v":1}])";
    const auto tolerant = run({"validate", "-"}, deployed);
    CHECK(tolerant.code == 0);
    CHECK(tolerant.err == "note: record 1: secondary unit 'Wh' without bver 26 (RFC 8798 3)\n");
    const auto strict = run({"validate", "--strict", "-"}, deployed);
    CHECK(strict.code == 1);
    CHECK(strict.out == "record 1: secondary unit 'Wh' without bver 26 (RFC 8798 3)\n");
}

TEST_CASE("the format is told by the first byte, or by --from") {
    CHECK(run({"validate", "-"}, xml_pack).code == 0);
    CHECK(run({"validate", "-"}, " \n" + std::string{xml_pack}).code == 0);
    CHECK(run({"validate", "--from", "xml", "-"}, xml_pack).code == 0);
    CHECK(run({"validate", "--from=json", "-"}, xml_pack).code == 1);
    CHECK(run({"validate", "-"}, "hello").code == 1);
    CHECK(run({"validate", "--from", "exi", "-"}, xml_pack).code == 2);
}

TEST_CASE("resolve writes full records with absolute times, in order of time") {
    const auto resolved = run({"resolve", "--now", "1600000000", "-"}, json_pack);
    CHECK(resolved.code == 0);
    CHECK(resolved.out ==
          "[{\"n\":\"a/y\",\"t\":1599999990,\"vs\":\"é\"},{\"n\":\"a/"
          "x\",\"t\":1599999995,\"v\":1}]\n");
    const auto xml = run({"resolve", "--now=1600000000.5", "--to", "xml", "-"}, json_pack);
    CHECK(xml.out.find("t=\"1599999995.5\"") != std::string::npos);
    CHECK(run({"resolve", "-"}, xml_pack).out.starts_with("<sensml"));
    CHECK(run({"resolve", "-"}, xml_pack).out.find("t=\"1\"") == std::string::npos);
    const auto bad = run({"resolve", "-"}, R"([{"n":"a"}])");
    CHECK(bad.code == 1);
    CHECK(bad.out.empty());
    CHECK(bad.err == "courant senml resolve: record 1: no value and no sum (RFC 8428 4.2)\n");
    CHECK(run({"resolve", "--now", "noon", "-"}, json_pack).code == 2);
}

TEST_CASE("convert writes the same pack in another format") {
    const auto xml = run({"convert", "--from", "json", "--to", "xml", "-"}, json_pack);
    CHECK(xml.code == 0);
    CHECK(
        xml.out ==
        "<sensml xmlns=\"urn:ietf:params:xml:ns:senml\"><senml bn=\"a/\" n=\"x\" t=\"-5\" v=\"1\"/>"
        "<senml n=\"y\" t=\"-10\" vs=\"é\"/></sensml>\n");
    const auto json = run({"convert", "--from", "xml", "--to", "json", "-"}, xml.out);
    CHECK(json.out == std::string{json_pack} + '\n');
    CHECK(run({"convert", "-"}, json_pack).code == 2);
    CHECK(run({"convert", "--to", "xml", "-"}, "[]").code == 1);
}

TEST_CASE("CBOR is told by its first byte, and written without a line end") {
    const auto cbor = run({"convert", "--to", "cbor", "-"}, json_pack);
    CHECK(cbor.code == 0);
    CHECK(cbor.out[0] == '\x82');
    CHECK(cbor.out.back() == '\xA9');
    CHECK(run({"validate", "-"}, cbor.out).code == 0);
    CHECK(run({"convert", "--from", "cbor", "--to", "json", "-"}, cbor.out).out ==
          std::string{json_pack} + '\n');
    const auto resolved = run({"resolve", "--now", "1600000000", "-"}, cbor.out);
    CHECK(run({"convert", "--to", "json", "-"}, resolved.out).out ==
          run({"resolve", "--now", "1600000000", "-"}, json_pack).out);
    const std::string endless = '\x9F' + cbor.out.substr(1) + '\xFF';
    CHECK(run({"validate", "-"}, endless).err ==
          "note: pack: an array of indefinite length (RFC 8428 6)\n");
}

TEST_CASE("--features, --strict and --keep-unknown say what a reader accepts and keeps") {
    constexpr auto features = R"([{"bver":58,"n":"a","v":1}])";
    for (const auto* command : {"validate", "resolve"}) {
        CHECK(run({command, "-"}, features).code == 1);
        CHECK(run({command, "--features", "4,5", "-"}, features).code == 0);
        CHECK(run({command, "--features=5", "-"}, features).code == 1);
    }
    CHECK(run({"convert", "--to", "json", "--features", "4,5", "-"}, features).code == 0);
    CHECK(run({"convert", "--to", "json", "-"}, features).code == 1);
    for (const auto* wrong : {"3", "53", "x", "4,", ",4", "4,,5", "4 ", "-4", "999999999999"}) {
        const auto misused = run({"validate", "--features", wrong, "-"}, features);
        CHECK(misused.code == 2);
        CHECK(misused.err.find("is no feature code") != std::string::npos);
    }

    constexpr auto deployed = R"([{"n":"a","u":"Wh","v":1}])";
    CHECK(run({"resolve", "--strict", "-"}, deployed).code == 1);
    CHECK(run({"resolve", "-"}, deployed).code == 0);
    CHECK(run({"convert", "--strict", "--to", "xml", "-"}, deployed).code == 1);
    CHECK(run({"convert", "--to", "xml", "-"}, deployed).code == 0);

    constexpr auto unknown = R"([{"n":"a","t":1600000000,"v":1,"x":[1]}])";
    CHECK(run({"resolve", "--keep-unknown", "-"}, unknown).out == std::string{unknown} + '\n');
    CHECK(run({"resolve", "-"}, unknown).out.find('x') == std::string::npos);
    CHECK(run({"convert", "--keep-unknown", "--to", "json", "-"}, unknown).out ==
          std::string{unknown} + '\n');
}

TEST_CASE("91 resolve --rec writes the records of those numbers, in order of time") {
    constexpr auto text =
        R"([{"bn":"a/","bt":1600000000},{"n":"x","t":3,"v":1},{"n":"y","v":2},{"n":"z","v":3}])";
    const std::string both =
        R"([{"n":"a/y","t":1600000000,"v":2},{"n":"a/x","t":1600000003,"v":1}])";
    for (const auto* numbers : {"2-3", "rec=2,3", "#rec=1-3"}) {
        CHECK(run({"resolve", "--rec", numbers, "-"}, text).out == both + '\n');
    }
    CHECK(run({"resolve", "--rec", "1", "-"}, text).out == "[]\n");
    const auto malformed = run({"resolve", "--rec", "3-1", "-"}, text);
    CHECK(malformed.code == 2);
    CHECK(malformed.err.find("--rec: a fragment with a range that runs backwards") !=
          std::string::npos);
    CHECK(run({"resolve", "--rec", "1", "-"}, R"([{"n":"a","v":1},{"n":"b"}])").code == 1);
}

TEST_CASE("89 resolve --stream writes a reading as soon as its record is whole") {
    Pipe pipe;
    std::ostream out(&pipe);
    std::ostringstream err;
    Dialogue dialogue({" [{\"n\":\"a\",\"t\":1600000000,", "\"v\":1},{\"bn", "\":\"b\",\"v\":2}"},
                      pipe);
    std::istream in(&dialogue);
    const std::vector<std::string_view> words{"resolve", "--stream", "--now", "1600000001", "-"};
    CHECK(courant::cli::run_senml_command(words, in, out, err) == 0);
    const std::string first = R"([{"n":"a","t":1600000000,"v":1})";
    const std::string second = R"(,{"n":"b","t":1600000001,"v":2})";
    REQUIRE(dialogue.heard().size() == 4);
    CHECK(dialogue.heard()[1].empty());
    CHECK(dialogue.heard()[2] == first);
    CHECK(dialogue.heard()[3] == first + second);
    CHECK(pipe.str() == first + second + "]\n");
    CHECK(err.str().empty());
}

TEST_CASE("90 resolve --stream writes what was delivered before a fault, and says the fault") {
    const auto faulty =
        run({"resolve", "--stream", "-"}, R"([{"n":"a","t":1600000000,"v":1},{"n":"b"},)");
    CHECK(faulty.code == 1);
    CHECK(faulty.out == "[{\"n\":\"a\",\"t\":1600000000,\"v\":1}]\n");
    CHECK(faulty.err == "courant senml resolve: record 2: no value and no sum (RFC 8428 4.2)\n");
    const auto half = run({"resolve", "--stream", "-"}, R"([{"n":"a","t":1600000000,"v":1},{)");
    CHECK(half.code == 1);
    CHECK(half.out == faulty.out);
    CHECK(half.err.find("record 2: the stream ends inside a record") != std::string::npos);
    const auto no_image =
        run({"resolve", "--stream", "--to", "xml", "-"},
            R"([{"bver":5,"n":"a","t":1600000000,"v":1},{"n":"b","vs":"\u0001"},)");
    CHECK(no_image.code == 1);
    CHECK(no_image.out ==
          "<sensml xmlns=\"urn:ietf:params:xml:ns:senml\"><senml bver=\"5\" n=\"a\" "
          "t=\"1600000000\" v=\"1\"/>"
          "</sensml>\n");
    CHECK(no_image.err ==
          "courant senml resolve: record 2: vs holds characters that XML does not have (RFC 8428 "
          "7)\n");
    const auto none = run({"resolve", "--stream", "-"}, "[{}}");
    CHECK(none.code == 1);
    CHECK(none.out.empty());
}

TEST_CASE("resolve --stream reads whatever gives bytes, and counts the readings it has written") {
    Pipe pipe;
    std::ostream out(&pipe);
    std::ostringstream err;
    Dialogue dialogue(
        {"[{\"n\":\"a\",\"v\":1}", ",{\"n\":\"b\",\"v\":2},{\"n\":\"c\",\"vs\":\"\\u0001\"}"},
        pipe);
    std::istream in(&dialogue);
    const std::vector<std::string_view> to_xml{"resolve", "--stream", "--to", "xml", "-"};
    CHECK(courant::cli::run_senml_command(to_xml, in, out, err) == 1);
    CHECK(err.str().find("resolve: record 3: vs holds") != std::string::npos);
    CHECK(pipe.str().find("n=\"b\"") != std::string::npos);

    Unbuffered bytes(R"([{"n":"a","t":1600000000,"v":1}])");
    std::istream trickle(&bytes);
    std::ostringstream written;
    const std::vector<std::string_view> words{"resolve", "--stream", "-"};
    CHECK(courant::cli::run_senml_command(words, trickle, written, err) == 0);
    CHECK(written.str() == "[{\"n\":\"a\",\"t\":1600000000,\"v\":1}]\n");
}

TEST_CASE("resolve --stream takes the options of resolve, and files") {
    CHECK(run({"resolve", "--stream", "-"}, "[").out == "[]\n");
    CHECK(run({"resolve", "--stream", "-"}, "").code == 1);
    CHECK(run({"resolve", "--stream", "-"}, "hello").code == 1);
    CHECK(run({"resolve", "--stream", "--rec", "1", "-"}, json_pack).code == 2);
    CHECK(run({"resolve", "--stream", "--from", "xml", "-"}, json_pack).code == 1);
    CHECK(run({"resolve", "--stream"}, json_pack).code == 2);
    constexpr auto features = R"([{"bver":58,"n":"a","v":1}])";
    CHECK(run({"resolve", "--stream", "-"}, features).code == 1);
    CHECK(run({"resolve", "--stream", "--features", "4,5", "-"}, features).code == 0);
    const File file(R"([{"n":"a","u":"Wh","t":1600000000,"v":1,"x":2},{"n":"b","t":1,"v":2}])");
    const auto noted =
        run({"resolve", "--stream", "--keep-unknown", "--now", "1600000000", file.name()});
    CHECK(noted.code == 0);
    CHECK(noted.out ==
          "[{\"n\":\"a\",\"u\":\"Wh\",\"t\":1600000000,\"v\":1,\"x\":2},"
          "{\"n\":\"b\",\"t\":1600000001,\"v\":2}]\n");
    CHECK(noted.err == "note: record 1: secondary unit 'Wh' without bver 26 (RFC 8798 3)\n");
    CHECK(run({"resolve", "--stream", "--strict", file.name()}).code == 1);
    CHECK(run({"resolve", "--stream", file.name() + "-not"}).code == 1);
    const auto xml = run({"resolve", "--stream", "--now=0", "--to", "xml", file.name()});
    CHECK(xml.out.starts_with("<sensml"));
    CHECK(run({"resolve", "--stream", "--now=0", "-"}, xml.out).out == xml.out);
    const auto cbor = run({"resolve", "--stream", "--now=0", "--to", "cbor", file.name()});
    CHECK(cbor.out.front() == '\x9F');
    CHECK(cbor.out.back() == '\xFF');
    CHECK(run({"resolve", "--stream", "--now=0", "--to", "xml", "-"}, cbor.out).out == xml.out);
}

TEST_CASE("93 fetch writes the records that are asked for") {
    const File request(R"([{"bn":"a/","n":"y"}])");
    const auto found =
        run({"fetch", "--now", "1600000000", "--request", request.name(), "-"}, json_pack);
    CHECK(found.code == 0);
    CHECK(found.out == "[{\"n\":\"a/y\",\"t\":1599999990,\"vs\":\"é\"}]\n");
    const auto xml = run({"fetch", "--request", request.name(), "--to", "json", "-"}, xml_pack);
    CHECK(xml.code == 0);
    CHECK(xml.out == "[]\n");
    const File target(json_pack);
    CHECK(run({"fetch", "--request", "-", target.name()}, R"([{"n":"a/y"}])").out.find("a/y") !=
          std::string::npos);
    const auto refused = run({"fetch", "--request", "-", target.name()}, R"([{"n":"a","v":1}])");
    CHECK(refused.code == 1);
    CHECK(refused.err ==
          "courant senml fetch: the request: record 1: label 'v' has no place in a "
          "fetch (RFC 8790 3.1)\n");
    CHECK(run({"fetch", "--request", request.name(), "-"}, "[]").code == 1);
    CHECK(run({"fetch", target.name()}).code == 2);
    CHECK(run({"fetch", "--request", "-", "-"}).code == 2);
    CHECK(run({"fetch", "--request", request.name()}).code == 2);
}

TEST_CASE("94 patch writes the pack as it is after the changes, or says why there are none") {
    const File target(R"([{"n":"a","v":1},{"n":"b","v":2}])");
    const auto patched = [&](std::string_view request, std::string_view option = "--strict") {
        return run({"patch", "--now=1600000000", option, "--request", "-", target.name()},
                   std::string{request});
    };
    CHECK(patched(R"([{"n":"a","v":null},{"n":"b","v":5},{"n":"c","v":6,"x_":0}])").out ==
          R"([{"n":"b","t":1600000000,"v":5},{"n":"c","t":1600000000,"v":6}])"
          "\n");
    CHECK(patched(R"([{"n":"a","v":null},{"n":"b","v":5,"x_":0}])", "--keep-unknown").out ==
          R"([{"n":"b","t":1600000000,"v":5,"x_":0}])"
          "\n");
    const auto refused = patched(R"([{"n":"a"}])");
    CHECK(refused.code == 1);
    CHECK(refused.out.empty());
    CHECK(refused.err ==
          "courant senml patch: the request: record 1: no value and no sum (RFC 8790 3.2)\n");
    const File twins(R"([{"n":"a","u":"W","v":1},{"n":"a","u":"V","v":1}])");
    CHECK(run({"patch", "--request", "-", twins.name()}, R"([{"n":"a","v":2}])").code == 1);
    CHECK(run({"patch", "--request", "-", twins.name()}, xml_pack).code == 1);
}

TEST_CASE("a file is read where one is named") {
    std::string text;
    {
        const File file(json_pack);
        text = file.name();
        CHECK(run({"validate", text}).code == 0);
    }
    const auto missing = run({"validate", text});
    CHECK(missing.code == 1);
    CHECK(missing.err.find("cannot be read") != std::string::npos);
}

TEST_CASE("name takes a federated name apart, as JSON or for people") {
    constexpr auto text = "zabbix@lorient.example/kersabiec@lorient.example/pv/power";
    const auto json = run({"name", text, "--json"});
    CHECK(json.code == 0);
    CHECK(nlohmann::json::parse(json.out) ==
          nlohmann::json{{"app", "zabbix"},
                         {"app_server", "lorient.example"},
                         {"subject", "kersabiec"},
                         {"subject_server", "lorient.example"},
                         {"path", {"pv", "power"}},
                         {"name", text},
                         {"senml", "zabbix:lorient.example/kersabiec:lorient.example/pv/power"}});
    const auto odd = run({"name", "--json", "a@s/b@t/\"q\\:01"});
    CHECK(nlohmann::json::parse(odd.out)["path"][0] == "\"q\\\x01");
    CHECK(run({"name", text}).out.find("kersabiec at lorient.example") != std::string::npos);
    const auto none = run({"name", "a@s/user/x"});
    CHECK(none.code == 1);
    CHECK(none.out.empty());
    CHECK(none.err.find("the subject has no server") != std::string::npos);
}

TEST_CASE("a misuse ends with 2, help with 0") {
    CHECK(run({}).code == 2);
    CHECK(run({"frobnicate"}).code == 2);
    CHECK(run({"validate"}).code == 2);
    CHECK(run({"validate", "--nonsense", "-"}).code == 2);
    CHECK(run({"validate", "-", "another"}).code == 2);
    CHECK(run({"name"}).code == 2);
    CHECK(run({"--help"}).code == 0);
    for (const auto* command : {"validate", "resolve", "convert", "fetch", "patch", "name"}) {
        const auto help = run({command, "--help"});
        CHECK(help.code == 0);
        CHECK(help.out.find(command) != std::string::npos);
        CHECK(help.err.empty());
    }
}
