// What a handle knows of its stream: metadata, route, connection, and what it can ask for it.
#include <lua.hpp>

#include "lua_filter.h"
#include "metadata.h"
#include "side.h"
#include "sluice/http/number.h"
#include "sluice/net/address.h"
#include "sluice/route/route_entry.h"
#include "sluice/route/virtual_host.h"
#include "sluice/stream/override_host.h"
#include "sluice/stream/stream_info.h"
#include "types.h"
#include "values.h"

namespace sluice::filters::lua {
namespace {

constexpr std::string_view kCanonicalName = "envoy.filters.http.lua";
constexpr uint32_t kRoutePart = 0;
constexpr uint32_t kVirtualHostPart = 1;

template <Type kType, uint32_t kPart = 0>
int GiveObject(Call& call) {
  PushObject(call.state, kType, call.side.scope(), kPart);
  return 1;
}

// What stands under the filter's name, as configured, or else under its well-known one.
const Value* OwnPart(Call& call, const Value* filters) {
  if (filters == nullptr) return nullptr;
  const Value* own = filters->Find(call.side.filter().worker().plan().filter_name);
  return own != nullptr ? own : filters->Find(kCanonicalName);
}

int RouteMetadata(Call& call) {
  const route::RouteEntry* route = call.side.host().route();
  return GiveMetadata(call, route == nullptr ? nullptr : OwnPart(call, route->metadata_values));
}

int VirtualHostMetadata(Call& call) {
  const route::RouteEntry* route = call.side.host().route();
  const config::Metadata* metadata =
      route != nullptr && route->virtual_host != nullptr ? route->virtual_host->metadata : nullptr;
  if (metadata == nullptr) return GiveMetadata(call, nullptr);
  ValueStruct filters;
  for (const auto& [filter, fields] : metadata->filter_metadata) {
    filters.emplace(filter, config::ToValue(fields));
  }
  const Value all(std::move(filters));
  return GiveMetadata(call, OwnPart(call, &all));
}

int MetadataOfPart(Call& call) {
  return call.self->part == kRoutePart ? RouteMetadata(call) : VirtualHostMetadata(call);
}

constexpr Method kRouteMethods[] = {{"metadata", &MetadataOfPart}};

int FilterContext(Call& call) {
  const RoutePlan* route = call.side.filter().route();
  if (route == nullptr || route->context.IsNull()) {
    lua_newtable(call.state);
    return 1;
  }
  PushValue(call.state, route->context);
  return 1;
}

int ClearRouteCache(Call& call) {
  if (call.side.request()) call.side.host().ClearRouteCache();
  return 0;
}

// "10.0.0.1", "10.0.0.1:80", "::1", "[::1]:80"
bool IsAddress(std::string_view text) {
  if (net::Address::FromIp(text, 0)) return true;
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  const auto port = http::ParseDecimal(text.substr(colon + 1));
  std::string_view ip = text.substr(0, colon);
  if (ip.starts_with('[') && ip.ends_with(']')) ip = ip.substr(1, ip.size() - 2);
  return port && *port <= 65535 && net::Address::FromIp(ip, 0).has_value();
}

int SetOverrideHost(Call& call) {
  const auto address = TextAt(call, 1);
  if (!address || !IsAddress(*address)) {
    return Raise(call.state, "host is not a valid IP address");
  }
  if (!call.side.request() || !call.side.head_is_here()) {
    return Raise(call.state, "setUpstreamOverrideHost() comes too late: the request has gone on");
  }
  const bool strict = lua_toboolean(call.state, 3) != 0;
  call.side.host().info().filter_state().Set(
      stream::kOverrideHost, std::make_unique<stream::OverrideHost>(std::string(*address), strict));
  return 0;
}

constexpr Method kMethods[] = {
    {"metadata", &RouteMetadata},
    {"route", &GiveObject<Type::kRoute, kRoutePart>},
    {"virtualHost", &GiveObject<Type::kRoute, kVirtualHostPart>},
    {"streamInfo", &GiveObject<Type::kStreamInfo>},
    {"connection", &GiveObject<Type::kConnection>},
    {"filterContext", &FilterContext},
    {"clearRouteCache", &ClearRouteCache},
    {"setUpstreamOverrideHost", &SetOverrideHost},
};

}  // namespace

std::span<const Method> StreamMethods() { return kMethods; }
TypeTable RouteType() { return {"route", kRouteMethods}; }

}  // namespace sluice::filters::lua
