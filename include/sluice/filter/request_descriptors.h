// What a request is called for rate limits, as its filters ask: by a filter's own rules, or by
// those of the request's route and virtual host. And the settings that such filters share.
#pragma once

#include <cstdint>
#include <vector>

#include "sluice/config/enum_table.h"
#include "sluice/filter/http_filter.h"
#include "sluice/filter/process_state.h"
#include "sluice/route/rate_limits.h"

namespace sluice::filter {

// Whether the virtual host's rules count beside the route's. kOverride: if the route has none.
enum class VirtualHostLimits : uint8_t { kOverride, kInclude, kIgnore };
const config::EnumTable& ConfigEnum(VirtualHostLimits);
// x-ratelimit-limit, -remaining and -reset.
enum class LimitHeaders : uint8_t { kOff, kDraft03 };
const config::EnumTable& ConfigEnum(LimitHeaders);

struct DescriptorRules {
  const route::RateLimits* own = nullptr;  // in place of all others, at any stage; null: none
  uint32_t stage = 0;
  VirtualHostLimits virtual_host = VirtualHostLimits::kOverride;
};
// Adds to `out`; its entries are valid as long as the stream.
void DescribeRequest(const DescriptorRules& rules, HttpFilterHost& host,
                     const http::HeaderMap& head, const ProcessState& process,
                     std::vector<route::Descriptor>& out);

}  // namespace sluice::filter
