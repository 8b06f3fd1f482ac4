// streamInfo() and connection().
#include <lua.hpp>

#include "side.h"
#include "sluice/net/address.h"
#include "sluice/route/route_entry.h"
#include "sluice/route/virtual_host.h"
#include "sluice/stream/stream_info.h"
#include "types.h"

namespace sluice::filters::lua {
namespace {

const stream::StreamInfo& InfoOf(Call& call) { return call.side.host().info(); }

int Protocol(Call& call) {
  const auto protocol = InfoOf(call).protocol;
  return protocol ? Give(call.state, http::VersionName(*protocol)) : GiveNil(call.state);
}

int RouteName(Call& call) {
  call.side.host().route();
  return Give(call.state, InfoOf(call).route_name);
}

// The router notes it later.
int VirtualClusterName(Call& call) {
  const route::RouteEntry* route = call.side.host().route();
  if (route == nullptr || route->virtual_host == nullptr) return Give(call.state, "");
  const route::VirtualHost& own = *route->virtual_host;
  const size_t at = own.MatchVirtualCluster(call.side.host().request_head());
  return Give(call.state, at < own.virtual_clusters.size() ? own.virtual_clusters[at].name : "");
}

int GiveAddress(Call& call, const net::Address* address) {
  return Give(call.state, address == nullptr ? "" : address->ToString());
}

template <const net::Address* stream::ConnectionInfo::* kMember>
int ConnectionAddress(Call& call) {
  const stream::ConnectionInfo* connection = InfoOf(call).connection;
  return GiveAddress(call, connection == nullptr ? nullptr : connection->*kMember);
}

int RemoteAddress(Call& call) {
  const net::Address* told = InfoOf(call).remote;
  return told != nullptr ? GiveAddress(call, told)
                         : ConnectionAddress<&stream::ConnectionInfo::remote>(call);
}

int RequestedServerName(Call& call) {
  const stream::ConnectionInfo* connection = InfoOf(call).connection;
  return Give(call.state, connection == nullptr ? "" : connection->requested_server_name);
}

template <Type kType>
int GiveObject(Call& call) {
  PushObject(call.state, kType, call.side.scope());
  return 1;
}

int Ssl(Call& call) {
  const stream::ConnectionInfo* connection = InfoOf(call).connection;
  if (connection == nullptr || connection->tls == nullptr) return GiveNil(call.state);
  return GiveObject<Type::kTls>(call);
}

constexpr Method kInfoMethods[] = {
    {"protocol", &Protocol},
    {"routeName", &RouteName},
    {"virtualClusterName", &VirtualClusterName},
    {"downstreamLocalAddress", &ConnectionAddress<&stream::ConnectionInfo::local>},
    {"downstreamDirectLocalAddress", &ConnectionAddress<&stream::ConnectionInfo::direct_local>},
    {"downstreamDirectRemoteAddress", &ConnectionAddress<&stream::ConnectionInfo::direct_remote>},
    {"downstreamRemoteAddress", &RemoteAddress},
    {"requestedServerName", &RequestedServerName},
    {"dynamicMetadata", &GiveObject<Type::kDynamicMetadata>},
    {"filterState", &GiveObject<Type::kFilterState>},
    {"downstreamSslConnection", &Ssl},
};

constexpr Method kConnectionMethods[] = {{"ssl", &Ssl}};

}  // namespace

TypeTable StreamInfoType() { return {"streamInfo", kInfoMethods}; }
TypeTable ConnectionType() { return {"connection", kConnectionMethods}; }

}  // namespace sluice::filters::lua
