// The gRPC status of a response as logs and log filters see it. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sluice/http/header_map.h"
#include "sluice/log/format_context.h"

namespace sluice::log {

// content-type application/grpc, alone or with a suffix ("+proto").
bool IsGrpc(const http::HeaderMap& request);
// From the trailers, else the response head, else what the HTTP status stands for.
std::optional<uint32_t> FindGrpcStatus(const FormatContext& context);
uint32_t HttpToGrpcStatus(uint32_t http_status);
std::string_view GrpcCamelName(uint32_t status);  // "NotFound"; empty when unknown
std::string_view GrpcSnakeName(uint32_t status);  // "NOT_FOUND"

}  // namespace sluice::log
