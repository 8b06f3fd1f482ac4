// Version 4 UUIDs for x-request-id (RFC 9562 section 5.4).
#pragma once

#include <cstddef>
#include <string_view>

#include "sluice/buffer/arena.h"

namespace sluice::http {

inline constexpr size_t kUuidSize = 36;

void WriteUuid(char* to);  // kUuidSize bytes
std::string_view NewUuid(Arena& arena);
bool IsUuid(std::string_view text);  // the form only: 8-4-4-4-12 hex digits

}  // namespace sluice::http
