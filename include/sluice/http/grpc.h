// What of gRPC over HTTP/2 the proxy itself reads and writes: two header values, and the prefix of
// a message. Pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sluice/base/clock.h"
#include "sluice/buffer/arena.h"

namespace sluice::http {

// grpc-timeout: at most eight digits and one of HMSmun. nullopt for anything else.
std::optional<Duration> ParseGrpcTimeout(std::string_view text);
// The same in whole milliseconds, or in a longer unit where eight digits do not hold them.
std::string_view FormatGrpcTimeout(Duration timeout, Arena& arena);
// grpc-message: printable ASCII but '%' as it is, all else as %XX.
std::string_view EncodeGrpcMessage(std::string_view text, Arena& arena);

// The HTTP status that says the same as a grpc-status, as Envoy maps it.
uint32_t HttpStatusOfGrpc(uint32_t grpc_status);

// In front of each message: a byte of flags, and the length.
inline constexpr size_t kGrpcPrefixBytes = 5;
using GrpcPrefix = std::array<char, kGrpcPrefixBytes>;
GrpcPrefix MakeGrpcPrefix(uint32_t message_bytes, uint8_t flags = 0);

}  // namespace sluice::http
