// What spans say of a request and of an attempt to forward it, under Envoy's names. Functions of
// the stream's facts; the texts go to the span's arena.
#pragma once

#include <span>

#include "sluice/http/header_map.h"
#include "sluice/route/tracing.h"
#include "sluice/stream/stream_info.h"
#include "sluice/tracing/span.h"

namespace sluice::tracing {

// How a connection manager's spans look; immutable, shared by all workers.
struct TagRules {
  uint32_t max_path_length = 256;
  bool verbose = false;
  std::vector<route::TraceTag> custom;
};

struct TagInput {
  const stream::StreamInfo& info;
  const http::HeaderMap& request;
  const http::HeaderMap& response;
  const http::HeaderMap& trailers;
  const route::TraceRules* route = nullptr;  // null: the manager's tags only
};

void TagRequest(Span& span, const TagRules& rules, const TagInput& input);

// An attempt, when it is over.
struct AttemptFacts {
  std::string_view cluster;
  std::string_view cluster_stat_name;
  std::string_view address;
  uint32_t status = 0;  // 0: none came
  std::optional<http::Version> protocol{};
  std::string_view flags{};   // of its end; empty: none
  std::string_view reason{};  // that it failed for; empty: it did not
  bool cancelled = false;     // we gave it up
};
// The heads are null where no response came.
void TagAttempt(Span& span, const AttemptFacts& facts, const http::HeaderMap* response,
                const http::HeaderMap* trailers);

}  // namespace sluice::tracing
