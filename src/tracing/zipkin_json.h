// A span as Zipkin's API version 2 wants it: https://zipkin.io/zipkin-api/#/default/post_spans
#pragma once

#include <string>

#include "sluice/tracing/span.h"

namespace sluice::tracing {

// `endpoint` is the JSON object of the proxy itself.
void AppendZipkinJson(const Span& span, std::string_view endpoint, std::string& out);
std::string ZipkinEndpoint(std::string_view service, std::string_view ip);

}  // namespace sluice::tracing
