// What a service is told about a request: a CheckRequest in protobuf for a gRPC service, a request
// head for an HTTP service. Pure, but for what it puts into the stream's arena.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "plan.h"
#include "sluice/buffer/arena.h"
#include "sluice/filter/async_client.h"
#include "sluice/http/header_map.h"
#include "sluice/http/utf8.h"
#include "sluice/stream/stream_info.h"

namespace sluice::filters::ext_authz {

struct CheckBody {
  std::string bytes;
  bool partial = false;
};

// The request at hand; lives for the length of a call.
struct CheckInput {
  const http::HeaderMap& head;
  const stream::StreamInfo& info;
  Arena& arena;
  const RoutePlan* route = nullptr;  // null: its route says nothing
  const CheckBody* body = nullptr;   // null: it is not asked about
  bool body_as_bytes = false;
};

// envoy.service.auth.v3.CheckRequest
std::string MakeCheckRequest(const Plan& plan, const CheckInput& in);
// The call, whichever kind of service it is.
filter::AsyncRequest MakeCall(const Plan& plan, const CheckInput& in);

}  // namespace sluice::filters::ext_authz
