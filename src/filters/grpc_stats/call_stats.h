// The counters of cluster.<name>.grpc.[<service>.<method>.], made when they are first needed.
// Worker's own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sluice/stats/stats.h"

namespace sluice::filters::grpc_stats {

class CallStats {
 public:
  explicit CallStats(const stats::Scope& scope);
  void CountStatus(std::string_view status);  // of grpc-status
  void CountMessages(uint64_t requests, uint64_t responses) {
    if (requests != 0) requests_.Add(requests);
    if (responses != 0) responses_.Add(responses);
  }
  void RecordTime(uint64_t ms);

 private:
  static constexpr size_t kStatuses = 17;  // 0 to 16; others are counted as failures only

  stats::Scope scope_;
  stats::Counter success_;
  stats::Counter failure_;
  stats::Counter total_;
  stats::Counter requests_;
  stats::Counter responses_;
  std::array<stats::Counter, kStatuses> statuses_;
  std::array<bool, kStatuses> status_known_{};
  std::unique_ptr<stats::Histogram> time_;
};

class CallStatsTable {
 public:
  CallStatsTable(stats::Store& store, uint32_t slot) : store_(store), slot_(slot) {}

  // `service` may be empty: then all calls of the cluster are one. So are those of services that
  // come when there are kMost already: their names are the clients' to choose.
  CallStats& For(std::string_view cluster, std::string_view service, std::string_view method,
                 bool replace_dots);
  static constexpr size_t kMost = 4096;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  stats::Store& store_;
  uint32_t slot_;
  std::string key_;  // kept for its room
  std::unordered_map<std::string, std::unique_ptr<CallStats>, Hash, std::equal_to<>> known_;
};

}  // namespace sluice::filters::grpc_stats
