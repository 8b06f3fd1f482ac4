// What the admin endpoints see of the server, and what they may tell it to do. Implemented by the
// server; main thread. Everything is a copy of the moment.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/config/node.h"
#include "sluice/discovery/host.h"
#include "sluice/net/address.h"
#include "sluice/net/certificate_info.h"
#include "sluice/stats/store.h"
#include "sluice/stats/tags.h"

namespace sluice::admin {

enum class ServerState : uint8_t { kLive, kDraining, kPreInitializing, kInitializing };
std::string_view ServerStateName(ServerState state);  // "LIVE"

// The reasons why a host is not simply healthy, as /clusters names them.
struct HealthFlags {
  bool failed_active_hc = false;
  bool failed_outlier_check = false;
  bool failed_eds_health = false;
  bool degraded_active_hc = false;
  bool degraded_eds_health = false;
  bool pending_dynamic_removal = false;
  bool pending_active_hc = false;
  bool excluded_via_immediate_hc_fail = false;
  bool active_hc_timeout = false;
};

struct HostView {
  net::Address address;
  std::string hostname;
  uint64_t cx_active = 0, cx_connect_fail = 0, cx_total = 0;
  uint64_t rq_active = 0, rq_error = 0, rq_success = 0, rq_timeout = 0, rq_total = 0;
  HealthFlags health;
  uint32_t weight = 1;
  uint32_t priority = 0;
  std::string region, zone, sub_zone;
  bool canary = false;
  double success_rate = -1;  // -1: unknown
  double local_origin_success_rate = -1;
};

struct BreakerView {
  uint64_t max_connections = 1024;
  uint64_t max_pending_requests = 1024;
  uint64_t max_requests = 1024;
  uint64_t max_retries = 3;
};

struct OutlierView {  // -1: unknown
  double success_rate_average = -1;
  double success_rate_ejection_threshold = -1;
  double local_origin_success_rate_average = -1;
  double local_origin_success_rate_ejection_threshold = -1;
};

struct ClusterView {
  std::string name;
  std::string observability_name;  // alt_stat_name, or the name
  BreakerView normal;
  BreakerView high;
  std::optional<OutlierView> outlier;  // with outlier detection only
  std::vector<HostView> hosts;
};

struct ListenerView {
  std::string name;
  std::vector<net::Address> addresses;  // as bound
};

using CertificateView = net::CertificateInfo;
using CertificateSetView = net::CertificateSet;

struct RuntimeValueView {
  std::string key;
  std::string final_value;
  std::vector<std::string> layer_values;  // one for each layer; empty: not there
};

struct RuntimeView {
  std::vector<std::string> layers;
  std::vector<RuntimeValueView> entries;  // by key
};

struct DrainOrder {
  bool graceful = false;
  bool skip_exit = false;
  bool inbound_only = false;
};

class AdminHost {
 public:
  virtual ~AdminHost() = default;

  // Looking.
  virtual ServerState State() const = 0;
  virtual std::string Version() const = 0;
  virtual WallTime Now() const = 0;
  virtual WallTime StartTime() const = 0;
  virtual config::Node CommandLineOptions() const = 0;  // CommandLineOptions of server_info.proto
  virtual config::Node NodeInfo() const = 0;            // config.core.v3.Node
  // The whole bootstrap as it is in force, secrets redacted, and since when.
  virtual config::Node Bootstrap() const = 0;
  virtual WallTime ConfigTime() const = 0;
  virtual std::vector<ClusterView> Clusters() const = 0;  // in the order of the config
  virtual std::vector<ListenerView> Listeners() const = 0;
  virtual std::vector<CertificateSetView> Certificates() const = 0;
  // What came from files of resources.
  virtual std::vector<discovery::ResourceView> DynamicResources() const = 0;
  virtual RuntimeView Runtime() const = 0;
  // Gauges that are made when asked for are up to date after this call.
  virtual stats::Store& FreshStats() = 0;
  virtual const stats::Tagging& StatTags() const = 0;
  virtual std::span<const double> HistogramBounds(std::string_view name) const = 0;

  // Acting.
  virtual void FailHealthCheck(bool fail) = 0;
  virtual void DrainListeners(const DrainOrder& order) = 0;
  virtual void ReopenLogs() = 0;
  virtual void Quit() = 0;  // after the answer has been sent
  // Empty value: removes the override. False when there is no admin layer to write to.
  virtual bool ModifyRuntime(const std::vector<std::pair<std::string, std::string>>& values) = 0;
};

}  // namespace sluice::admin
