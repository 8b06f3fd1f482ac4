#include "plan.h"

#include <chrono>
#include <utility>

#include "sluice/config/problems.h"
#include "sluice/log/header_formats.h"

namespace sluice::filters::ext_proc {
namespace {

constexpr Duration kMessageTimeout = std::chrono::milliseconds(200);
// A body that is shown as a whole comes back as a whole.
constexpr size_t kMaxAnswerBytes = size_t{4} << 20;

ForwardRules CompileForward(const ForwardRulesConfig& config) {
  ForwardRules rules;
  if (config.allowed_headers) rules.allowed = match::Compile(config.allowed_headers->patterns);
  if (config.disallowed_headers) {
    rules.disallowed = match::Compile(config.disallowed_headers->patterns);
  }
  return rules;
}

std::vector<const Attribute*> CompileAttributes(const Names& names, const config::Where& where,
                                                config::Problems& problems) {
  std::vector<const Attribute*> out;
  for (const std::string& name : names) {
    const Attribute* attribute = FindAttribute(name);
    if (attribute == nullptr) {
      problems.Add(where, "there is no attribute `" + name + "` that a processor can be sent",
                   config::DidYouMean(name, AttributeNames()));
      continue;
    }
    out.push_back(attribute);
  }
  return out;
}

void SetAnswerLimit(const config::GrpcService& config, filter::GrpcTarget& target) {
  if (!config.envoy_grpc.max_receive_message_length) target.max_answer_bytes = kMaxAnswerBytes;
}

}  // namespace

std::shared_ptr<const Plan> CompilePlan(const ExtProcConfig& config, const config::Where& where,
                                        filter::LoadContext& ctx) {
  const size_t errors = ctx.problems.errors();
  auto plan = std::make_shared<Plan>(config.mutation_rules);
  const config::GrpcService& service = *config.grpc_service;
  plan->processor =
      filter::CompileGrpcTarget(service, Duration{}, where, log::HeaderFormats(), ctx);
  SetAnswerLimit(service, plan->processor);
  plan->mode = MakeMode(config.processing_mode);
  plan->message_timeout =
      config.message_timeout.value_or(service.timeout.value_or(kMessageTimeout));
  plan->max_message_timeout = config.max_message_timeout;
  plan->failure_mode_allow = config.failure_mode_allow;
  // An interim answer is none.
  if (config.status_on_error && config.status_on_error->number() >= 200) {
    plan->error_status = plan->timeout_status = config.status_on_error->number();
  }
  plan->allow_mode_override = config.allow_mode_override;
  plan->allowed_modes = config.allowed_override_modes;
  plan->allow_immediate = !config.disable_immediate_response;
  plan->route_cache =
      config.disable_clear_route_cache ? RouteCacheAction::kRetain : config.route_cache_action;
  plan->forward = CompileForward(config.forward_rules);
  plan->request_attributes = CompileAttributes(config.request_attributes, where, ctx.problems);
  plan->response_attributes = CompileAttributes(config.response_attributes, where, ctx.problems);
  const MetadataOptionsConfig& metadata = config.metadata_options;
  if (metadata.forwarding_namespaces) {
    plan->forwarded_metadata = metadata.forwarding_namespaces->untyped;
  }
  if (metadata.receiving_namespaces) {
    plan->received_metadata = metadata.receiving_namespaces->untyped;
  }
  plan->stat_prefix = "ext_proc";
  if (!config.stat_prefix.empty()) plan->stat_prefix += "." + config.stat_prefix;
  return ctx.problems.errors() == errors ? plan : nullptr;
}

std::shared_ptr<const RoutePlan> CompileRoute(const ExtProcPerRouteConfig& config,
                                              const config::Where& where,
                                              const route::FilterRouteContext& ctx) {
  const size_t errors = ctx.problems.errors();
  auto plan = std::make_shared<RoutePlan>();
  plan->disabled = config.disabled.value_or(false);
  if (!config.overrides) return plan;
  const ExtProcOverridesConfig& overrides = *config.overrides;
  if (overrides.processing_mode) plan->mode = MakeMode(*overrides.processing_mode);
  if (overrides.grpc_service) {
    auto target = std::make_shared<filter::GrpcTarget>(
        filter::CompileGrpcTarget(*overrides.grpc_service, Duration{}, where, ctx));
    SetAnswerLimit(*overrides.grpc_service, *target);
    plan->processor = std::move(target);
  }
  if (const auto& metadata = overrides.metadata_options) {
    if (metadata->forwarding_namespaces) {
      plan->forwarded_metadata = metadata->forwarding_namespaces->untyped;
    }
    if (metadata->receiving_namespaces) {
      plan->received_metadata = metadata->receiving_namespaces->untyped;
    }
  }
  if (!overrides.grpc_initial_metadata.empty()) {
    plan->metadata.push_back(std::make_shared<const route::HeaderEdits>(filter::CompileMetadata(
        overrides.grpc_initial_metadata, where, ctx.formats, ctx.problems)));
  }
  plan->failure_mode_allow = overrides.failure_mode_allow;
  return ctx.problems.errors() == errors ? plan : nullptr;
}

RoutePlan MergeRoutes(const RoutePlan& outer, const RoutePlan& inner) {
  if (inner.disabled) return inner;
  RoutePlan merged = inner;
  if (!merged.mode) merged.mode = outer.mode;
  if (merged.processor == nullptr) merged.processor = outer.processor;
  if (!merged.forwarded_metadata) merged.forwarded_metadata = outer.forwarded_metadata;
  if (!merged.received_metadata) merged.received_metadata = outer.received_metadata;
  merged.metadata.insert(merged.metadata.begin(), outer.metadata.begin(), outer.metadata.end());
  if (!merged.failure_mode_allow) merged.failure_mode_allow = outer.failure_mode_allow;
  return merged;
}

}  // namespace sluice::filters::ext_proc
