// The configured filter, compiled at load: immutable, shared by all workers. And what a route says
// to it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "attributes.h"
#include "ext_proc_config.h"
#include "messages.h"
#include "mutation.h"
#include "sluice/base/clock.h"
#include "sluice/filter/grpc_call.h"
#include "sluice/route/filter_config.h"

namespace sluice::filters::ext_proc {

using Names = std::vector<std::string>;

struct Plan {
  explicit Plan(const MutationRulesConfig& mutation_rules) : rules(mutation_rules) {}

  filter::GrpcTarget processor;
  Mode mode;
  Duration message_timeout{};
  Duration max_message_timeout{};  // zero: a processor may not ask for time
  bool failure_mode_allow = false;
  uint32_t error_status = 500;
  uint32_t timeout_status = 504;
  bool allow_mode_override = false;
  std::vector<ProcessingModeConfig> allowed_modes;  // empty: any
  bool allow_immediate = true;
  RouteCacheAction route_cache = RouteCacheAction::kDefault;
  MutationRules rules;
  ForwardRules forward;
  std::vector<const Attribute*> request_attributes;
  std::vector<const Attribute*> response_attributes;
  Names forwarded_metadata;
  Names received_metadata;
  std::string stat_prefix;  // "ext_proc" or "ext_proc.<prefix>"
};
// Null after adding to the problems.
std::shared_ptr<const Plan> CompilePlan(const ExtProcConfig& config, const config::Where& where,
                                        filter::LoadContext& ctx);

// What is unset is the filter's.
struct RoutePlan {
  bool disabled = false;
  std::optional<Mode> mode;
  std::shared_ptr<const filter::GrpcTarget> processor;  // its process is the filter's
  std::optional<Names> forwarded_metadata;
  std::optional<Names> received_metadata;
  std::vector<std::shared_ptr<const route::HeaderEdits>> metadata;  // of the call; outer first
  std::optional<bool> failure_mode_allow;
};
// Null after adding to the problems.
std::shared_ptr<const RoutePlan> CompileRoute(const ExtProcPerRouteConfig& config,
                                              const config::Where& where,
                                              const route::FilterRouteContext& ctx);
RoutePlan MergeRoutes(const RoutePlan& outer, const RoutePlan& inner);

}  // namespace sluice::filters::ext_proc
