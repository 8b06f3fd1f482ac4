// envoy.config.core.v3.GrpcService: a gRPC service that the proxy itself calls, through a cluster.
// Immutable once parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/common.h"
#include "sluice/config/config_source.h"
#include "sluice/config/types.h"

namespace sluice::config {

struct EnvoyGrpc {
  Located<std::string> cluster_name;
  std::string authority;  // empty: the cluster's name
  std::optional<uint32_t> max_receive_message_length;
  bool skip_envoy_headers = false;
  static const Message& Schema();
};

struct GrpcService {
  EnvoyGrpc envoy_grpc;
  std::optional<Duration> timeout;
  std::vector<HeaderValue> initial_metadata;
  static const Message& Schema();
};

}  // namespace sluice::config
