// The forms in which heads carry a trace's context: B3 (several fields, or the single `b3`) and W3C
// Trace Context. What comes in is hostile.
#pragma once

#include <optional>

#include "sluice/http/header_map.h"
#include "sluice/tracing/span.h"

namespace sluice::tracing {

// kBroken: it is there, and makes no sense.
enum class Found : uint8_t { kNothing, kContext, kBroken };

// Fills the ids of `out`; whether it is sampled only where the head says so.
struct Extracted {
  Found found = Found::kNothing;
  SpanContext context;
  std::optional<bool> sampled;  // B3 may say this alone
};

Extracted ExtractB3(const http::HeaderMap& head);
void InjectB3(const SpanContext& context, http::HeaderMap& head);

Extracted ExtractW3c(const http::HeaderMap& head);
void InjectW3c(const SpanContext& context, http::HeaderMap& head);
// A new trace does not take over another one's `tracestate`.
void DropW3cState(http::HeaderMap& head);
std::string_view W3cState(const http::HeaderMap& head);  // empty: none

}  // namespace sluice::tracing
