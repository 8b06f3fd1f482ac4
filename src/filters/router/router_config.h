// envoy.extensions.filters.http.router.v3.Router as a struct.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sluice/config/types.h"

namespace sluice::filters::router {

struct RouterConfig {
  bool dynamic_stats = true;
  bool start_child_span = false;
  bool suppress_envoy_headers = false;
  std::vector<std::string> strict_check_headers;
  bool respect_expected_rq_timeout = false;
  bool suppress_grpc_request_failure_code_stats = false;

  static const config::Message& Schema();
};

}  // namespace sluice::filters::router
