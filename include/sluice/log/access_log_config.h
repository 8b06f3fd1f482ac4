// {name, filter, typed_config}: an access log as listeners, tcp_proxy and HTTP name it
// (envoy.config.accesslog.v3.AccessLog). Immutable once parsed.
#pragma once

#include <string>

#include "sluice/config/types.h"

namespace sluice::access_log {

struct AccessLogConfig {
  std::string name;
  config::TypedConfig typed_config;  // config::kAccessLoggers
  static const config::Message& Schema();
};

}  // namespace sluice::access_log
