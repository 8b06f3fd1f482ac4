// What a rate limit service is asked and answers: envoy.service.ratelimit.v3 in protobuf. Answers
// come from a stranger. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/value.h"
#include "sluice/buffer/arena.h"
#include "sluice/http/field_edits.h"
#include "sluice/route/rate_limits.h"

namespace sluice::filters::ratelimit {

inline constexpr std::string_view kMethod =
    "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";

// Values that are no UTF-8 are made so, in the arena: proto3 has no others.
std::string MakeQuestion(std::string_view domain, std::span<const route::Descriptor> descriptors,
                         Arena& arena);

struct CurrentLimit {
  std::string name;
  uint32_t requests_per_unit = 0;
  uint64_t window_s = 0;  // 0: not known
};
struct LimitStatus {
  std::optional<CurrentLimit> limit;
  uint32_t remaining = 0;
  uint64_t reset_s = 0;
};

struct Answer {
  bool over_limit = false;
  std::vector<LimitStatus> statuses;
  std::vector<http::FieldEdit> response;
  std::vector<http::FieldEdit> request;
  std::string body;
  ValueStruct metadata;
};
// nullopt: it is none, or asks for what cannot be written.
std::optional<Answer> ReadAnswer(std::string_view message);

// x-ratelimit-limit, -remaining and -reset of the limit that is nearest to its end; nothing when no
// status has a limit.
std::vector<http::FieldEdit> MakeLimitHeaders(const std::vector<LimitStatus>& statuses);

}  // namespace sluice::filters::ratelimit
