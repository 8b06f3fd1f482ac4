// The messages of OTLP (opentelemetry-proto 1.x, trace service), by their fields' numbers.
#pragma once

#include <map>
#include <string>

#include "sluice/tracing/span.h"

namespace sluice::tracing {

using ResourceAttributes = std::map<std::string, std::string>;

// One span as a field of a ScopeSpans.
void AppendOtlpSpan(const Span& span, std::string& out);
// An ExportTraceServiceRequest with the spans appended before.
std::string MakeOtlpRequest(std::string_view resource, std::string_view spans);
// The Resource, encoded once.
std::string MakeOtlpResource(const ResourceAttributes& attributes);

}  // namespace sluice::tracing
