// From checked tables to the typed members of a Config, with the rules that concern more than one
// key.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "proxy-core/config/config.hpp"
#include "proxy-core/config/detail/check.hpp"

namespace courant::detail {

/// [identity]; the JID stays empty where it is wrong.
IdentityConfig bind_identity(const CheckedTable& table, Faults& faults);
/// [organisation].
Card bind_organisation(const CheckedTable& table, Faults& faults);
/// [store].
StoreConfig bind_store(const CheckedTable& table, Faults& faults);
/// [federation].
FederationConfig bind_federation(const CheckedTable& table, Faults& faults);
/// [limits].
LimitsConfig bind_limits(const CheckedTable& table, Faults& faults);
SpaceConfig bind_space(const CheckedTable& table);
OutboxConfig bind_outbox(const CheckedTable& table);
RetentionConfig bind_retention(const CheckedTable& table, Faults& faults);
ArchiveConfig bind_archive(const CheckedTable& table, Faults& faults);
PseudonymsConfig bind_pseudonyms(const CheckedTable& table, Faults& faults);
/// [log].
LogConfig bind_log(const CheckedTable& table);

/// What is wrong with a cron expression.
using CronFault = std::function<std::optional<std::string>(std::string_view)>;

/// One [[extract]]; the adapter itself is looked at by the loader.
ExtractConfig bind_extract(const CheckedTable& table, const CronFault& cron_fault, Faults& faults);
/// One [[receive]].
ReceiveConfig bind_receive(const CheckedTable& table);
/// One [[series]].
SeriesConfig bind_series(const CheckedTable& table, Faults& faults);
/// [quoalise].
QuoaliseConfig bind_quoalise(const CheckedTable& table, const StoreConfig& store, Faults& faults);

}  // namespace courant::detail
