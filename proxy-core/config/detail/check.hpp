// Holds one table of the file against its keys, whoever described them: our own sections and every
// adapter alike.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy-core/adapter.hpp"
#include "proxy-core/config/detail/document.hpp"
#include "proxy-core/config/detail/faults.hpp"
#include "proxy-core/config/keys.hpp"

namespace courant::detail {

/// In the settings of a list, the name of each element's value.
inline constexpr std::string_view list_element = "element";

/// A table after the check: what is right is in `settings`, defaults included, what is wrong in the
/// faults.
struct CheckedTable {
    const Node* node = nullptr;
    /// Its key: "adapters.roof".
    std::string way;
    Settings settings;

    /// The line of a key of this table, or of the table where the key is not given.
    int line_of(std::string_view key) const;
    /// A fault at one of its keys.
    void fault(Faults& faults, std::string_view key, std::string_view what) const;
};

/// Checks tables of one file.
class Checker {
  public:
    /// Relative paths start at `folder`.
    Checker(std::filesystem::path folder, Faults& faults)
        : folder_(std::move(folder)), faults_(faults) {}

    /// Checks a table. `also_known` are keys that somebody else looks at.
    CheckedTable check(const Node& table, std::string way, std::span<const Key> keys,
                       const std::vector<std::string_view>& also_known = {});

  private:
    using Value = std::optional<Settings::Value>;

    void check_key(CheckedTable& table, const Key& key);
    void check_secret(CheckedTable& table, const Key& key);
    void check_unknown(const CheckedTable& table, std::span<const Key> keys,
                       const std::vector<std::string_view>& also_known);
    void missing(const CheckedTable& table, const Property& property);
    Value value(const Node& node, const std::string& way, const Key& key);
    Value list_value(const Node& node, const std::string& way, const Key& key);
    Value alone_value(const Node& node, const std::string& way, const Key& key);
    Value text_value(const Node& node, const std::string& way, const Property& property);
    Value integer_value(const Node& node, const std::string& way, const Key& key);
    Value number_value(const Node& node, const std::string& way, const Property& property);
    Value duration_value(const Node& node, const std::string& way, const Key& key);
    Value tables_value(const Node& node, const std::string& way, const Property& property);
    Value wrong_type(const Node& node, const std::string& way, std::string_view wanted);
    Value read_secret(const Node& node, const std::string& way);
    std::string resolved(const std::string& text) const;

    std::filesystem::path folder_;
    Faults& faults_;
};

/// Whether a file is there and others than its owner may read it.
bool others_may_read(const std::filesystem::path& file);

/// The keys that an adapter's description means.
std::vector<Key> keys_of(std::span<const Property> properties);

/// "one|two" as its words.
std::vector<std::string_view> words_of(std::string_view choices);

}  // namespace courant::detail
