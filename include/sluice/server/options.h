// What the command line says. Envoy's flags with Envoy's defaults, and a few of our own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sluice/base/log.h"

namespace sluice::server {

enum class Mode : uint8_t { kServe, kValidate, kInitOnly };
enum class DrainStrategy : uint8_t { kGradual, kImmediate };
// Things to print instead of serving.
enum class Print : uint8_t {
  kNothing,
  kVersion,
  kHotRestartVersion,
  kConfigReference,
  kConfigSchema
};

struct Options {
  std::string config_path;
  std::string config_yaml;
  Mode mode = Mode::kServe;
  bool json_problems = false;  // --format json
  bool expand_env = false;
  bool allow_unknown_static_fields = false;
  bool reject_unknown_dynamic_fields = false;
  Print print = Print::kNothing;
  std::string explain;  // "GET https://host/path"
  std::vector<std::string> explain_headers;

  bool ktls = false;
  uint32_t concurrency = 0;  // 0: not given
  log::Level log_level = log::Level::kInfo;
  std::vector<std::pair<log::Component, log::Level>> component_log_levels;
  std::string log_format;
  std::string log_path;

  std::string admin_address_path;
  std::string service_cluster;
  std::string service_node;
  std::string service_zone;
  std::string local_address_ip_version = "v4";
  uint32_t drain_time_s = 600;
  DrainStrategy drain_strategy = DrainStrategy::kGradual;
  uint32_t shutdown_grace_s = 25;
  std::optional<uint32_t> file_flush_interval_ms;  // unset: as soon as it is cheap
  uint32_t file_flush_min_size_kb = 64;
  std::vector<std::string> stats_tags;

  // Parsed because scripts pass them; hot restart itself is not there.
  uint32_t base_id = 0;
  uint32_t restart_epoch = 0;
  uint32_t parent_shutdown_time_s = 900;
  std::vector<std::string> ignored;  // the flags given that change nothing here
};

struct EarlyExit {
  int code = 0;
  std::string out;
  std::string err;
};

std::variant<Options, EarlyExit> ParseOptions(int argc, const char* const* argv);

}  // namespace sluice::server
