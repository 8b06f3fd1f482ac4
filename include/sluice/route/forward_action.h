// Everything that a `route:` action says about forwarding, as plain data: the router and the
// connection manager read it. Made at load, immutable, any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/config/common.h"
#include "sluice/config/proxy_header.h"
#include "sluice/match/header_matcher.h"
#include "sluice/match/regex.h"
#include "sluice/match/runtime.h"
#include "sluice/route/header_edits.h"
#include "sluice/route/path_rewrite.h"
#include "sluice/route/rate_limits.h"
#include "sluice/route/retry_policy.h"

namespace sluice::route {

struct HashPolicyConfig;

inline constexpr uint32_t kNoCluster = UINT32_MAX;

// Which cluster. Either a name, resolved at load to the position that the ClusterResolver gave
// (kNoCluster when it is unknown and validate_clusters is false), or the request header that names
// it, for the router to look up.
struct ClusterSpec {
  std::string name;
  uint32_t id = kNoCluster;
  std::string header;  // lower case; not empty: cluster_header
};

enum class HostRewriteKind : uint8_t { kNone, kLiteral, kHeader, kPathRegex, kAuto, kFormat };

struct HostRewrite {
  HostRewriteKind kind = HostRewriteKind::kNone;
  std::string text;                          // literal, or the header's name in lower case
  std::optional<match::RegexRewrite> regex;  // kPathRegex
  std::unique_ptr<const TextFormat> format;  // kFormat (`host_rewrite`)
  bool append_x_forwarded_host = false;
};

struct MirrorPolicy {
  ClusterSpec cluster;
  match::RuntimeFraction fraction;
  HeaderMutations request_mutations;
  std::string host_rewrite_literal;  // empty: as it was
  bool append_shadow_to_host = true;
};

enum class HashKind : uint8_t {
  kNothing,  // connection_properties without source_ip
  kHeader,
  kCookie,
  kSourceIp,
  kQueryParameter,
  kFilterState,
};

struct HashPolicy {
  HashKind kind = HashKind::kHeader;
  bool terminal = false;
  std::string name;  // of the header (lower case), cookie, parameter, filter state
  std::optional<match::RegexRewrite> header_rewrite;
  std::optional<Duration> cookie_ttl;  // 0: a session cookie is made
  std::string cookie_path;
  std::vector<std::pair<std::string, std::string>> cookie_attributes;
};

HashPolicy CompileHash(const HashPolicyConfig& config);

struct InternalRedirectPolicy {
  uint32_t max_redirects = 1;
  std::vector<uint16_t> codes{302};
  bool allow_cross_scheme = false;
  std::vector<std::string> response_headers_to_copy;  // lower case
};

// An upgrade type (lower case: "websocket", "connect") that the route allows or forbids; types not
// listed follow the connection manager.
struct UpgradeRule {
  std::string type;
  bool enabled = true;
  bool connect_as_tcp = false;  // connect_config present: the payload goes upstream as raw bytes
  bool allow_post = false;
  std::optional<config::ProxyHeaderConfig> proxy_header;  // ahead of the payload
};

struct ForwardAction {
  PathRewrite path_rewrite;
  HostRewrite host_rewrite;

  Duration timeout = std::chrono::seconds(15);  // 0: none
  std::optional<Duration> idle_timeout;         // 0: none, even if the manager has one
  std::optional<Duration> flush_timeout;
  // max_stream_duration is there: the timeouts below count, and `timeout` does not.
  bool stream_timeouts = false;
  std::optional<Duration> max_stream_duration;         // 0: none, even if the manager has one
  std::optional<Duration> grpc_timeout_header_max;     // 0: no cap
  std::optional<Duration> grpc_timeout_header_offset;  // may make the timeout 0: at once
  std::optional<Duration> max_grpc_timeout;            // deprecated forms, of the route timeout
  std::optional<Duration> grpc_timeout_offset;

  std::unique_ptr<const RetryPolicy> retry;  // the route's, else the virtual host's; null: none
  std::vector<MirrorPolicy> mirrors;
  std::vector<HashPolicy> hash_policies;
  std::optional<InternalRedirectPolicy> internal_redirect;
  std::vector<UpgradeRule> upgrades;
  config::RoutingPriority priority = config::RoutingPriority::kDefault;
  uint16_t cluster_not_found_status = 503;
  RateLimits rate_limits;
  bool include_vh_rate_limits = false;  // those of the virtual host as well

  const UpgradeRule* FindUpgrade(std::string_view type) const;  // in any case
};

}  // namespace sluice::route
