// Whether a request is traced, and why: decided from its x-request-id and a few fields, and packed
// into the id, so that the proxies behind decide the same. Pure functions of head and runtime.
#pragma once

#include <cstdint>
#include <optional>

#include "sluice/http/header_map.h"
#include "sluice/match/runtime.h"
#include "sluice/route/tracing.h"

namespace sluice::tracing {

enum class Reason : uint8_t { kNotTraceable, kSampling, kServiceForced, kClientForced };

// UuidRequestIdConfig
struct RequestIdRules {
  bool pack_trace_reason = true;
  bool use_for_sampling = true;
};

// By the 15th character of a UUID: 4 not traced, 9 sampled, a forced by a service, b by a client.
Reason ReasonOf(const http::HeaderMap& head);
void PackReason(Reason reason, http::HeaderMap& head);
// The number that shares are cut from; none without a request id that begins with a number.
std::optional<uint64_t> SampleOf(const http::HeaderMap& head);

// Sets the reason in the head's id, if it changes.
Reason Decide(const route::TraceSampling& sampling, const RequestIdRules& rules,
              const match::RuntimeSnapshot* runtime, http::HeaderMap& head);

}  // namespace sluice::tracing
