// What routing changes in heads, as functions of the entry. Called by the router (forwarding) and
// by the connection manager (redirects, direct responses). No state; the arena is the stream's.
#pragma once

#include <cstdint>
#include <string_view>

#include "sluice/buffer/arena.h"
#include "sluice/http/header_map.h"
#include "sluice/route/route_entry.h"

namespace sluice::route {

// Before the request goes upstream: header edits, then host, then path. Where a host or path
// changes, x-envoy-original-host / x-envoy-original-path say what it was, unless
// `suppress_envoy_headers`. Hosts by kAuto are the router's, once it has picked a host: it calls
// RewriteHost itself.
void FinalizeRequestHead(const RouteEntry& entry, http::HeaderMap& head, const FormatInput& input,
                         bool suppress_envoy_headers);
// Sets :authority, with x-forwarded-host and x-envoy-original-host as the entry asks.
void RewriteHost(const RouteEntry& entry, http::HeaderMap& head, std::string_view host,
                 bool suppress_envoy_headers);

// Before the response goes downstream (also for redirects and direct responses).
void FinalizeResponseHead(const RouteEntry& entry, http::HeaderMap& head, const FormatInput& input);

// The Location of a redirect entry: scheme, host, port, path and query put together.
std::string_view RedirectLocation(const RouteEntry& entry, const http::HeaderMap& request_head,
                                  Arena& arena);

// x-forwarded-proto when the connection manager has set it, else :scheme.
std::string_view RequestScheme(const http::HeaderMap& request_head);

}  // namespace sluice::route
