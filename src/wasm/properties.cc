#include "properties.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "pairs.h"
#include "property_values.h"
#include "sluice/config/common.h"
#include "sluice/filter/process_state.h"
#include "sluice/net/address.h"
#include "sluice/route/route_entry.h"
#include "sluice/route/virtual_host.h"
#include "sluice/stream/host_locality.h"
#include "sluice/stream/stream_info.h"
#include "sluice/wasm/plugin.h"
#include "sluice/wasm/vm.h"

namespace sluice::wasm {
namespace {

using http::HeaderId;
using stream::Moment;
using stream::StreamInfo;
using stream::TlsField;

using Path = std::vector<std::string_view>;
using Answer = std::optional<std::string>;

struct Source {
  Context& context;
  StreamView stream;
  const StreamInfo& info() const { return *stream.info; }
};

Path Split(std::string_view path) {
  Path parts;
  while (!path.empty() && path.back() == '\0') path.remove_suffix(1);
  for (;;) {
    const size_t end = path.find('\0');
    parts.push_back(path.substr(0, end));
    if (end == std::string_view::npos) return parts;
    path.remove_prefix(end + 1);
  }
}

Answer Header(const http::HeaderMap* map, HeaderId id) {
  if (map == nullptr) return std::nullopt;
  const auto value = map->Get(id);
  return value ? Answer(std::string(*value)) : std::nullopt;
}

Answer Headers(const http::HeaderMap* map, const Path& path) {
  if (map == nullptr) return std::nullopt;
  if (path.size() < 3) return WritePairs(*map);
  return JoinedValue(*map, path[2]);
}

// Envoy's own estimate of what a head or trailers take.
uint64_t SizeOf(const http::HeaderMap* map) { return map == nullptr ? 0 : map->byte_size(); }

Answer RequestPath(const http::HeaderMap* map, std::string_view part) {
  const auto path = map == nullptr ? std::nullopt : map->Get(HeaderId::kPath);
  if (!path) return std::nullopt;
  const size_t mark = path->find('?');
  if (part == "path") return std::string(*path);
  if (part == "url_path") return std::string(path->substr(0, mark));
  return std::string(mark == std::string_view::npos ? "" : path->substr(mark + 1));
}

Answer Request(const Source& from, const Path& path) {
  const http::HeaderMap* head = from.stream.request;
  const StreamInfo& info = from.info();
  const std::string_view name = path[1];
  if (name == "headers") return Headers(head, path);
  if (name == "path" || name == "url_path" || name == "query") return RequestPath(head, name);
  if (name == "host") return Header(head, HeaderId::kAuthority);
  if (name == "scheme") return Header(head, HeaderId::kScheme);
  if (name == "method") return Header(head, HeaderId::kMethod);
  if (name == "referer") return Header(head, HeaderId::kReferer);
  if (name == "useragent") return Header(head, HeaderId::kUserAgent);
  if (name == "id") return Header(head, HeaderId::kXRequestId);
  if (name == "time") return Number(info.start_wall.time_since_epoch());
  if (name == "protocol") return Protocol(info.protocol);
  if (name == "headers_bytes") return Number(SizeOf(head));
  if (name == "size") {  // what the client has announced, if it has
    const Answer announced = DecimalHeader(head, HeaderId::kContentLength);
    return announced ? announced : Answer(Number(info.bytes_received));
  }
  if (name == "total_size") return Number(info.bytes_received + SizeOf(head));
  if (name == "duration") {
    const auto end = info.At(Moment::kEnd);
    const MonoTime until = end ? *end : from.context.vm().worker().loop.Now();
    return Number(until - info.start);
  }
  return std::nullopt;
}

Answer Response(const Source& from, const Path& path) {
  const StreamInfo& info = from.info();
  const std::string_view name = path[1];
  const http::HeaderMap* head = from.stream.response;
  if (name == "headers") return Headers(head, path);
  if (name == "trailers") return Headers(from.stream.trailers, path);
  if (name == "code") {
    if (info.response_code != 0) return Number(uint64_t{info.response_code});
    return DecimalHeader(head, HeaderId::kStatus);
  }
  if (name == "code_details") return Text(info.response_code_details);
  if (name == "flags") return Number(uint64_t{info.flags.bits()});
  if (name == "size") return Number(info.bytes_sent);
  if (name == "headers_bytes") return Number(SizeOf(head));
  if (name == "total_size") {
    return Number(info.bytes_sent + SizeOf(head) + SizeOf(from.stream.trailers));
  }
  if (name == "grpc_status") {
    const Answer trailer = DecimalHeader(from.stream.trailers, HeaderId::kGrpcStatus);
    return trailer ? trailer : DecimalHeader(head, HeaderId::kGrpcStatus);
  }
  if (name == "backend_latency") {
    const auto sent = info.At(Moment::kUpstreamSendStart);
    const auto got = info.At(Moment::kUpstreamEnd);
    return sent && got ? Answer(Number(*got - *sent)) : std::nullopt;
  }
  return std::nullopt;
}

Answer Tls(const stream::TlsInfo* tls, std::string_view name) {
  static constexpr std::pair<std::string_view, TlsField> kFields[] = {
      {"tls_version", TlsField::kVersion},
      {"subject_local_certificate", TlsField::kLocalSubject},
      {"subject_peer_certificate", TlsField::kPeerSubject},
      {"dns_san_local_certificate", TlsField::kLocalDnsSan},
      {"dns_san_peer_certificate", TlsField::kPeerDnsSan},
      {"uri_san_local_certificate", TlsField::kLocalUriSan},
      {"uri_san_peer_certificate", TlsField::kPeerUriSan},
      {"sha256_peer_certificate_digest", TlsField::kPeerFingerprint256},
      {"peer_certificate", TlsField::kPeerCert},
  };
  if (tls == nullptr) return std::nullopt;
  for (const auto& [field, id] : kFields) {
    std::string out;
    if (field == name) return tls->Append(id, out) ? Answer(out) : std::nullopt;
  }
  return std::nullopt;
}

Answer Connection(const Source& from, const Path& path) {
  const stream::ConnectionInfo* connection = from.info().connection;
  if (connection == nullptr) return std::nullopt;
  const std::string_view name = path[1];
  if (name == "id") return Number(connection->id);
  if (name == "mtls") return Bool(connection->tls != nullptr && connection->tls->peer_presented());
  if (name == "requested_server_name") return Text(connection->requested_server_name);
  if (name == "termination_details") return Text(connection->termination_details);
  if (name == "transport_failure_reason") return Text(connection->transport_failure_reason);
  return Tls(connection->tls, name);
}

Answer Peer(const net::Address* address, std::string_view name) {
  if (address == nullptr) return std::nullopt;
  if (name == "address") return address->ToString();
  if (name == "port" && address->is_ip()) return Number(uint64_t{address->port()});
  return std::nullopt;
}

Answer SourcePeer(const Source& from, const Path& path) {
  const StreamInfo& info = from.info();
  if (info.remote != nullptr) return Peer(info.remote, path[1]);
  return info.connection == nullptr ? std::nullopt : Peer(info.connection->remote, path[1]);
}

Answer Destination(const Source& from, const Path& path) {
  const stream::ConnectionInfo* connection = from.info().connection;
  return connection == nullptr ? std::nullopt : Peer(connection->local, path[1]);
}

// How many hosts the cluster has, as its gauge says.
Answer Endpoints(const Source& from) {
  const std::string_view cluster = from.info().cluster_name;
  if (cluster.empty()) return std::nullopt;
  const stats::Store& store = from.context.vm().worker().stats;
  return Number(store.GaugeValue("cluster." + std::string(cluster) + ".membership_total"));
}

Answer Locality(const LocalityText& locality, const Path& path, size_t at) {
  if (path.size() == at) return LocalityMessage(locality);
  if (path[at] == "region") return std::string(locality.region);
  if (path[at] == "zone") return std::string(locality.zone);
  if (path[at] == "sub_zone") return std::string(locality.sub_zone);
  return std::nullopt;
}

Answer Upstream(const Source& from, const Path& path) {
  const StreamInfo& info = from.info();
  const std::string_view name = path[1];
  if (name == "address" && info.upstream_remote == nullptr) return Text(info.upstream_host.address);
  if (name == "address" || name == "port") return Peer(info.upstream_remote, name);
  if (name == "num_endpoints") return Endpoints(from);
  if (name == "locality") {
    const stream::HostLocality* place = info.upstream_host.locality;
    if (place == nullptr) return std::nullopt;
    return Locality({place->region, place->zone, place->sub_zone}, path, 2);
  }
  if (name == "local_address") return Peer(info.upstream_local, "address");
  if (name == "transport_failure_reason") return Text(info.upstream_transport_failure_reason);
  if (name == "request_attempt_count") return Number(uint64_t{info.attempt_count});
  if (name == "cx_pool_ready_duration") {
    const auto asked = info.At(Moment::kPoolAsked);
    const auto ready = info.At(Moment::kPoolReady);
    return asked && ready ? Answer(Number(*ready - *asked)) : std::nullopt;
  }
  return Tls(info.upstream_tls.get(), name);
}

Answer Metadata(const Source& from, const Path& path) {
  const Value* at = from.info().dynamic_metadata();
  if (at == nullptr) return std::nullopt;
  if (path.size() == 1) return MetadataMessage(*at);
  if (path[1] != "filter_metadata") return std::nullopt;
  return ValueAt(at, Path(path.begin() + 2, path.end()));
}

Answer FilterState(const Source& from, const Path& path) {
  const stream::FilterStateObject* object = from.info().FindState(path[1]);
  if (object == nullptr) return std::nullopt;
  return path.size() > 2 ? object->Field(path[2]) : object->Text();
}

const config::Metadata* ConfigMetadata(const StreamInfo& info, std::string_view name) {
  if (name == "cluster_metadata") return info.cluster_metadata;
  if (name == "route_metadata") return info.route_metadata;
  if (name == "virtual_host_metadata") return info.virtual_host_metadata;
  if (name == "upstream_host_metadata") return info.upstream_host.metadata;
  if (name == "upstream_host_locality_metadata" && info.upstream_host.locality != nullptr) {
    return info.upstream_host.locality->metadata.get();
  }
  if (name == "listener_metadata" && info.connection != nullptr) {
    return info.connection->listener_metadata;
  }
  return nullptr;
}

// NAME_metadata[|filter_metadata[|FILTER[|KEY...]]], from `path[at]` on.
Answer MetadataOf(const Source& from, const Path& path, size_t at) {
  const config::Metadata* metadata = ConfigMetadata(from.info(), path[at]);
  if (metadata == nullptr) return std::nullopt;
  ValueStruct filters;
  for (const auto& [filter, node] : metadata->filter_metadata) {
    filters.emplace(filter, config::ToValue(node));
  }
  const Value all(std::move(filters));
  if (path.size() == at + 1) return MetadataMessage(all);
  if (path[at + 1] != "filter_metadata") return std::nullopt;
  return ValueAt(&all, Path(path.begin() + static_cast<ptrdiff_t>(at) + 2, path.end()));
}

Answer Direction(const Source& from) {
  const stream::ConnectionInfo* connection = from.info().connection;
  if (connection == nullptr) return std::nullopt;
  return Number(static_cast<uint64_t>(connection->direction));
}

Answer Node(const Source& from, const Path& path);

Answer Xds(const Source& from, const Path& path) {
  const std::string_view name = path[1];
  if (name == "node") return Node(from, Path(path.begin() + 1, path.end()));
  const StreamInfo& info = from.info();
  if (name == "route_name") return Text(info.route_name);
  if (name == "virtual_host_name") return Text(info.virtual_host_name);
  if (name == "cluster_name") return Text(info.cluster_raw_name);
  if (name == "filter_chain_name" && info.connection != nullptr) {
    return Text(info.connection->filter_chain_name);
  }
  if (name == "listener_direction") return Direction(from);
  return MetadataOf(from, path, 1);
}

Answer Node(const Source& from, const Path& path) {
  const filter::ProcessState* process = from.context.root().plugin().process;
  if (process == nullptr) return std::nullopt;
  const filter::LocalInfo& local = process->local;
  const LocalityText locality{local.region, local.zone, local.sub_zone};
  if (path.size() == 1) return NodeMessage(local.node_id, local.cluster, local.metadata, locality);
  if (path[1] == "id") return local.node_id;
  if (path[1] == "cluster") return local.cluster;
  if (path[1] == "locality") return Locality(locality, path, 2);
  if (path[1] != "metadata" || local.metadata.IsNull()) return std::nullopt;
  return ValueAt(&local.metadata, Path(path.begin() + 2, path.end()));
}

// The stream must be writable.
stream::FilterState& StateOf(const StreamView& stream, Span span) {
  StreamInfo& info = *stream.writable;
  const bool connection = span == Span::kConnection && info.connection != nullptr;
  return connection ? info.connection->filter_state : info.filter_state();
}

Answer Single(const Source& from, std::string_view name) {
  const Plugin& plugin = from.context.root().plugin();
  if (name == "plugin_name") return plugin.name;
  if (name == "plugin_root_id") return plugin.root_id;
  if (name == "plugin_vm_id") return from.context.vm().plan().vm_id;
  if (from.stream.info == nullptr) return std::nullopt;
  if (name == "cluster_name") return Text(from.info().cluster_raw_name);
  if (name == "route_name") return Text(from.info().route_name);
  if (name == "connection_id" && from.info().connection != nullptr) {
    return Number(from.info().connection->id);
  }
  if (name == "listener_direction") return Direction(from);
  return std::nullopt;
}

struct Kind {
  std::string_view name;
  Answer (*read)(const Source& from, const Path& path);
};

constexpr Kind kKinds[] = {
    {"request", &Request},          {"response", &Response},
    {"connection", &Connection},    {"source", &SourcePeer},
    {"destination", &Destination},  {"upstream", &Upstream},
    {"filter_state", &FilterState}, {"xds", &Xds},
};

}  // namespace

// What a module has set is kept under one name of its own.
std::string StateName(std::string_view path) {
  std::string name = "wasm.";
  for (const std::string_view part : Split(path)) {
    if (name.size() > 5) name.push_back('.');
    name.append(part);
  }
  return name;
}

Status Keep(const StreamView& stream, Span span, std::string_view name, std::string_view value) {
  constexpr size_t kMaxValue = 64 * 1024;
  constexpr size_t kMaxStates = 1000;
  if (value.size() > kMaxValue) return Status::kBadArgument;
  stream::FilterState& state = StateOf(stream, span);
  if (state.size() >= kMaxStates && state.Find(name) == nullptr) return Status::kBadArgument;
  state.Set(name, std::make_unique<stream::TextState>(std::string(value)));
  return Status::kOk;
}

std::optional<std::string> ReadProperty(Context& context, std::string_view path) {
  const Source from{context, context.Stream()};
  const Path parts = Split(path);
  if (from.stream.info != nullptr) {
    if (const auto* set = from.info().FindState(StateName(path))) return set->Text();
  }
  if (parts[0] == "node") return Node(from, parts);
  if (parts[0] == "metadata" && from.stream.info != nullptr) return Metadata(from, parts);
  if (from.stream.info != nullptr) {
    if (Answer found = MetadataOf(from, parts, 0)) return found;
  }
  if (parts.size() == 1) return Single(from, parts[0]);
  if (parts[0] == "xds" && parts[1] == "node") return Xds(from, parts);  // also without a stream
  if (from.stream.info == nullptr) return std::nullopt;
  const auto kind = std::ranges::find(kKinds, parts[0], &Kind::name);
  return kind == std::end(kKinds) ? std::nullopt : kind->read(from, parts);
}

Status WriteProperty(Context& context, std::string_view path, std::string_view value) {
  const StreamView stream = context.Stream();
  if (stream.writable == nullptr) return Status::kNotFound;
  if (path.empty()) return Status::kBadArgument;
  const std::string name = StateName(path);
  const Declaration declared = context.root().DeclarationOf(name);
  if (declared.writing == Writing::kOnce && StateOf(stream, declared.span).Find(name) != nullptr) {
    return Status::kBadArgument;
  }
  return Keep(stream, declared.span, name, value);
}

}  // namespace sluice::wasm
