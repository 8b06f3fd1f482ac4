// How long a request may take, from its route and its own fields. Pure but for the fields that it
// takes out of the head, because they were meant for us.
#pragma once

#include "sluice/base/clock.h"
#include "sluice/http/header_map.h"
#include "sluice/route/forward_action.h"

namespace sluice::filters::router {

struct TimeoutRules {
  bool suppress_envoy_headers = false;
  bool respect_expected = false;
  bool grpc = false;
};

struct Timeouts {
  Duration global{};        // from the end of the request; zero: none
  Duration per_try{};       // zero: none
  Duration per_try_idle{};  // zero: none
  bool tell_expected = true;
  bool tell_grpc = false;
};

// Also tells the upstream.
Timeouts TakeTimeouts(const route::ForwardAction& forward, const TimeoutRules& rules,
                      http::HeaderMap& head);

// Says how long we shall still wait when `elapsed` of it is over: in
// x-envoy-expected-rq-timeout-ms, and in a gRPC client's own grpc-timeout where the route limits
// that (max_grpc_timeout).
void TellUpstream(const Timeouts& timeouts, Duration elapsed, http::HeaderMap& head);

}  // namespace sluice::filters::router
