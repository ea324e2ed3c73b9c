// The other way to carry readings between two organisations that people know: an MQTT bridge from
// one mosquitto to another, at QoS 1 or 2, with persistence.
//
// What it promises is less than ours: mosquitto keeps its queues in memory and writes them to its
// file now and then and at its end, so that a power cut costs what came since. It can be told to
// write them after every change, the nearest that it has to a durable message: still after it has
// answered for it. Nobody learns what the receiver's application made of a message.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace courant::bench {

/// Whether mosquitto is installed.
bool has_mosquitto();

/// When the brokers write their queues down.
enum class Persistence {
    half_hourly,   ///< as mosquitto comes
    every_change,  ///< autosave_on_changes
};

/// Two brokers, the first with a bridge to the second, in `folder`. Publishes the payloads at the
/// first and answers the seconds until a subscriber at the second has the last of them.
double push_over_bridge(const std::filesystem::path& folder, int qos, Persistence persistence,
                        const std::vector<std::string>& payloads);

}  // namespace courant::bench
