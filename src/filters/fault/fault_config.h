// The config structs of envoy.filters.http.fault, and what they compile to. Immutable, any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/base/value.h"
#include "sluice/config/types.h"
#include "sluice/match/config.h"
#include "sluice/match/header_matcher.h"
#include "sluice/match/runtime.h"

namespace sluice::filters::fault {

struct FaultDelayConfig {
  std::optional<Duration> fixed_delay;
  std::optional<config::Empty> header_delay;
  config::FractionalPercent percentage;
  static const config::Message& Schema();
};

struct FaultAbortConfig {
  std::optional<uint32_t> http_status;
  std::optional<uint32_t> grpc_status;
  std::optional<config::Empty> header_abort;
  config::FractionalPercent percentage;
  static const config::Message& Schema();
};

struct FaultFixedLimitConfig {
  uint64_t limit_kbps = 0;
  static const config::Message& Schema();
};

struct FaultRateLimitConfig {
  std::optional<FaultFixedLimitConfig> fixed_limit;
  std::optional<config::Empty> header_limit;
  config::FractionalPercent percentage;
  static const config::Message& Schema();
};

struct HttpFaultConfig {
  std::optional<FaultDelayConfig> delay;
  std::optional<FaultAbortConfig> abort;
  std::string upstream_cluster;
  std::vector<match::HeaderMatcherConfig> headers;
  std::vector<std::string> downstream_nodes;
  std::optional<uint32_t> max_active_faults;
  std::optional<FaultRateLimitConfig> response_rate_limit;
  // The keys of runtime values that go before what is configured.
  std::string delay_percent_runtime = "fault.http.delay.fixed_delay_percent";
  std::string abort_percent_runtime = "fault.http.abort.abort_percent";
  std::string delay_duration_runtime = "fault.http.delay.fixed_duration_ms";
  std::string abort_http_status_runtime = "fault.http.abort.http_status";
  std::string abort_grpc_status_runtime = "fault.http.abort.grpc_status";
  std::string max_active_faults_runtime = "fault.http.max_active_faults";
  std::string response_rate_limit_percent_runtime = "fault.http.rate_limit.response_percent";
  bool disable_downstream_cluster_stats = false;
  config::Node filter_metadata;
  config::Where where;
  static const config::Message& Schema();
};

enum class Source : uint8_t { kNone, kFixed, kHeader };

struct Fault {
  Source delay = Source::kNone;
  Duration fixed_delay{};
  std::string delay_key;  // milliseconds
  match::RuntimeFraction delay_share;

  Source abort = Source::kNone;
  uint32_t http_status = 0;             // kFixed: this
  std::optional<uint32_t> grpc_status;  // or that
  std::string http_status_key;
  std::string grpc_status_key;
  match::RuntimeFraction abort_share;

  Source throttle = Source::kNone;
  uint64_t limit_kbps = 0;  // kFixed: KiB a second
  match::RuntimeFraction throttle_share;

  std::optional<uint32_t> most_active;
  std::string most_active_key;

  bool by_downstream_cluster = true;
  std::string upstream_cluster;  // empty: any
  std::vector<match::HeaderMatcher> headers;
  std::vector<std::string> downstream_nodes;
  ValueStruct metadata;

  explicit Fault(const HttpFaultConfig& config);
};

}  // namespace sluice::filters::fault
