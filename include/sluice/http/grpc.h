// The two gRPC header values that the proxy itself reads and writes (gRPC over HTTP/2, "Requests"
// and "Responses").
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sluice/base/clock.h"
#include "sluice/buffer/arena.h"

namespace sluice::http {

// grpc-timeout: at most eight digits and one of HMSmun. nullopt for anything else.
std::optional<Duration> ParseGrpcTimeout(std::string_view text);
// grpc-message: printable ASCII but '%' as it is, all else as %XX.
std::string_view EncodeGrpcMessage(std::string_view text, Arena& arena);

// The HTTP status that says the same as a grpc-status, as Envoy maps it.
uint32_t HttpStatusOfGrpc(uint32_t grpc_status);

}  // namespace sluice::http
