// A virtual host as the data path sees it. Immutable, owned by its RouteTable.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/http/header_map.h"
#include "sluice/match/header_matcher.h"
#include "sluice/route/header_edits.h"
#include "sluice/route/rate_limits.h"

namespace sluice::config {
struct Metadata;
}

namespace sluice::route {

enum class TlsRequirement : uint8_t { kNone, kExternalOnly, kAll };

// Names a kind of request for statistics: vhost.<virtual host>.vcluster.<name>.
struct VirtualCluster {
  std::string name;
  std::vector<match::HeaderMatcher> headers;  // all must match
};

struct VirtualHost {
  std::string name;
  uint32_t index = 0;  // position in the route configuration
  std::vector<std::string> domains;
  TlsRequirement require_tls = TlsRequirement::kNone;
  bool include_request_attempt_count = false;      // x-envoy-attempt-count to upstream
  bool include_attempt_count_in_response = false;  // and to downstream
  bool include_is_timeout_retry_header = false;
  std::vector<VirtualCluster> virtual_clusters;
  HeaderEdits request_edits;
  HeaderEdits response_edits;
  RateLimits rate_limits;
  const config::Metadata* metadata = nullptr;

  static constexpr size_t kOtherVirtualCluster = SIZE_MAX;  // its name in stats is "other"
  // Position in virtual_clusters of the first that matches.
  size_t MatchVirtualCluster(const http::HeaderMap& request_head) const;
};

}  // namespace sluice::route
