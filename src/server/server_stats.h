// `server.` on main.
#pragma once

#include "sluice/stats/table.h"

namespace sluice::server {

struct ServerStats {
  stats::Gauge uptime;
  stats::Gauge concurrency;
  stats::Gauge memory_allocated;
  stats::Gauge memory_heap_size;
  stats::Gauge memory_physical_size;
  stats::Gauge live;
  stats::Gauge state;
  stats::Gauge parent_connections;
  stats::Gauge total_connections;
  stats::Gauge version;
  stats::Gauge days_until_first_cert_expiring;
  stats::Gauge hot_restart_epoch;
  stats::Gauge hot_restart_generation;
  stats::Gauge stats_recent_lookups;
  stats::Counter debug_assertion_failures;
  stats::Counter envoy_bug_failures;
  stats::Counter static_unknown_fields;
  stats::Counter dynamic_unknown_fields;
  stats::Counter wip_protos;
  stats::Histogram initialization_time_ms;

  static constexpr stats::Field<ServerStats> kFields[] = {
      {&ServerStats::uptime, "uptime", "Seconds since the start"},
      {&ServerStats::concurrency, "concurrency", "Workers"},
      {&ServerStats::memory_allocated, "memory_allocated", "Bytes allocated on the heap"},
      {&ServerStats::memory_heap_size, "memory_heap_size", "Bytes of heap held"},
      {&ServerStats::memory_physical_size, "memory_physical_size", "Resident bytes"},
      {&ServerStats::live, "live", "1 while the process is not draining"},
      {&ServerStats::state, "state", "0 live, 1 draining, 2 pre-initializing, 3 initializing"},
      {&ServerStats::parent_connections, "parent_connections", "0: there is no hot restart"},
      {&ServerStats::total_connections, "total_connections", "Open client connections"},
      {&ServerStats::version, "version", "A number made of the build's commit"},
      {&ServerStats::days_until_first_cert_expiring, "days_until_first_cert_expiring",
       "Days until the first certificate expires"},
      {&ServerStats::hot_restart_epoch, "hot_restart_epoch", "--restart-epoch"},
      {&ServerStats::hot_restart_generation, "hot_restart_generation", "Starts of this process"},
      {&ServerStats::stats_recent_lookups, "stats_recent_lookups", "0: lookups are not kept"},
      {&ServerStats::debug_assertion_failures, "debug_assertion_failures",
       "Broken invariants that were survived"},
      {&ServerStats::envoy_bug_failures, "envoy_bug_failures",
       "Broken invariants that were survived"},
      {&ServerStats::static_unknown_fields, "static_unknown_fields",
       "Unknown fields of the configuration that were let through"},
      {&ServerStats::dynamic_unknown_fields, "dynamic_unknown_fields",
       "The same for what arrives later"},
      {&ServerStats::wip_protos, "wip_protos", "Uses of unfinished messages"},
      {&ServerStats::initialization_time_ms, "initialization_time_ms", "From start to listening"},
  };
};

}  // namespace sluice::server
