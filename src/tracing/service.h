// The collector as a configuration names it: an HTTP service of one of its clusters. Main thread,
// at load; problems go to the context.
#pragma once

#include "reporter.h"
#include "sluice/filter/grpc_call.h"
#include "sluice/filter/registry.h"
#include "zipkin_config.h"

namespace sluice::tracing {

// POST with the service's host, path and fields.
filter::AsyncFields CompileService(const HttpServiceConfig& config, std::string_view content_type,
                                   filter::LoadContext& ctx);
filter::AsyncFields PostHead(std::string_view host, std::string_view path,
                             std::string_view content_type);
// Adds the configured ones; values are texts as they are.
void AddFields(const std::vector<config::HeaderValue>& fields, filter::LoadContext& ctx,
               filter::AsyncFields& out);

}  // namespace sluice::tracing
