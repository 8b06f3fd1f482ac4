// hash_policy: what consistent-hashing balancers choose the host by. Pure but for the cookie that a
// policy makes, which the response is to set.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "sluice/buffer/arena.h"
#include "sluice/http/header_map.h"
#include "sluice/route/forward_action.h"
#include "sluice/stream/stream_info.h"

namespace sluice::filters::router {

// Values of set-cookie, in the arena.
struct MadeCookie {
  std::string_view text;
  MadeCookie* next = nullptr;
};

// Policies that find nothing do not count; nullopt: none did. Cookies that were made are put in
// front of `cookies`.
std::optional<uint64_t> HashRequest(std::span<const route::HashPolicy> policies,
                                    const http::HeaderMap& head, const stream::StreamInfo& info,
                                    Arena& arena, MadeCookie*& cookies);

}  // namespace sluice::filters::router
