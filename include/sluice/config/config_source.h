// Where resources are to be read from (envoy.config.core.v3.ConfigSource): a file. Immutable once
// parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sluice/base/clock.h"
#include "sluice/config/types.h"

namespace sluice::config {

struct WatchedDirectory {
  std::string path;
  static const Message& Schema();
};

struct PathConfigSource {
  std::string path;
  std::optional<WatchedDirectory> watched_directory;
  static const Message& Schema();
};

enum class ApiVersion : uint8_t { kAuto, kV2, kV3 };
const EnumTable& ConfigEnum(ApiVersion);

struct ConfigSource {
  PathConfigSource path_config_source;
  Duration initial_fetch_timeout = std::chrono::seconds(15);  // files answer at once
  ApiVersion resource_api_version = ApiVersion::kAuto;
  Where where;
  static const Message& Schema();
};

}  // namespace sluice::config
