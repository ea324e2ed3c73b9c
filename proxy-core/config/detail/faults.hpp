// All that is wrong with a file, collected so that it can be told at once.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace courant::detail {

/// Collects faults and warnings of one file.
class Faults {
  public:
    explicit Faults(std::string file) : file_(std::move(file)) {}

    /// The file's name as it stands in every line.
    const std::string& file() const { return file_; }
    /// "file:line: key", the place of a setting.
    std::string place(int line, std::string_view key) const;

    /// Something that must be mended.
    void add(int line, std::string_view key, std::string_view what);
    /// Something that deserves a look.
    void warn(int line, std::string_view key, std::string_view what);

    /// Whether nothing must be mended.
    bool none() const { return faults_.empty(); }
    /// All faults, one per line, in the order of the file.
    std::string text() const;
    /// All warnings, in the order of the file.
    std::vector<std::string> warnings() const;

  private:
    struct Remark {
        int line;
        std::string text;
    };
    static std::vector<std::string> in_order(std::vector<Remark> remarks);

    std::string file_;
    std::vector<Remark> faults_, warnings_;
};

/// " Did you mean access_token?" for the known word that is nearest to `word`, or begins with it;
/// nothing where none is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known);

/// The same, but " There are: csv, zabbix" where none is near.
std::string what_there_is(std::string_view word, const std::vector<std::string_view>& known);

/// "csv, linky-tic, zabbix".
std::string listed(const std::vector<std::string_view>& words);

}  // namespace courant::detail
