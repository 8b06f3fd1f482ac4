#include "check_request.h"

#include <chrono>
#include <utility>

#include "sluice/base/protobuf.h"
#include "sluice/base/protobuf_value.h"
#include "sluice/config/common.h"
#include "sluice/net/address.h"
#include "sluice/stream/tls_info.h"
#include "told_fields.h"

namespace sluice::filters::ext_authz {

using http::HeaderId;
using stream::TlsField;

namespace {

void WriteNamespace(ProtoWriter& out, std::string_view name, const ValueStruct& fields) {
  out.Message(1, [&] {  // an entry of core.v3.Metadata.filter_metadata
    out.Text(1, name);
    out.Message(2, [&] { WriteStruct(out, fields); });
  });
}

// --- AttributeContext, part by part.

void WriteAddress(ProtoWriter& out, const net::Address& address) {
  if (!address.is_ip()) {
    out.Message(2, [&] { out.Text(1, address.Ip()); });  // Pipe
    return;
  }
  out.Message(1, [&] {  // SocketAddress
    out.Text(2, address.Ip());
    out.Number(3, address.port());
  });
}

// The first name there is; of several, the first.
std::string Principal(const stream::TlsInfo& tls, std::initializer_list<TlsField> fields) {
  std::string name;
  for (const TlsField field : fields) {
    if (!tls.Append(field, name) || name.empty()) continue;
    const bool list = field != TlsField::kPeerSubject && field != TlsField::kLocalSubject;
    if (list) name.resize(std::min(name.find(','), name.size()));
    break;
  }
  return name;
}

void WriteSource(ProtoWriter& out, const Plan& plan, const CheckInput& in) {
  const stream::ConnectionInfo& connection = *in.info.connection;
  if (connection.remote != nullptr) {
    out.Message(1, [&] { WriteAddress(out, *connection.remote); });
  }
  const auto service = in.head.Get(HeaderId::kXEnvoyDownstreamServiceCluster);
  out.Text(2, http::SanitizeUtf8(service.value_or(""), in.arena));
  if (connection.tls == nullptr) return;
  const std::string principal = Principal(
      *connection.tls, {TlsField::kPeerUriSan, TlsField::kPeerDnsSan, TlsField::kPeerSubject});
  out.Text(4, http::SanitizeUtf8(principal, in.arena));
  std::string certificate;
  if (plan.peer_certificate && connection.tls->Append(TlsField::kPeerCert, certificate)) {
    out.Text(5, certificate);
  }
}

void WriteDestination(ProtoWriter& out, const CheckInput& in) {
  const stream::ConnectionInfo& connection = *in.info.connection;
  if (connection.local != nullptr) {
    out.Message(1, [&] { WriteAddress(out, *connection.local); });
  }
  if (connection.tls == nullptr) return;
  const std::string principal = Principal(
      *connection.tls, {TlsField::kLocalUriSan, TlsField::kLocalDnsSan, TlsField::kLocalSubject});
  out.Text(4, http::SanitizeUtf8(principal, in.arena));
}

void WriteTime(ProtoWriter& out, WallTime at) {
  const int64_t ns = at.time_since_epoch().count();
  constexpr int64_t kSecond = 1'000'000'000;
  out.Number(1, static_cast<uint64_t>(ns / kSecond));
  out.Number(2, static_cast<uint64_t>(ns % kSecond));
}

void WriteFields(ProtoWriter& out, const Plan& plan, const CheckInput& in) {
  if (!plan.raw_fields) {
    ForEachToldField(
        plan, in, [&](std::string_view name, std::string_view value) { out.Pair(3, name, value); });
    return;
  }
  out.Message(13, [&] {  // HeaderMap
    ForEachToldField(plan, in, [&](std::string_view name, std::string_view value) {
      out.Message(1, [&] {
        out.Text(1, name);
        out.Text(3, value);  // raw_value
      });
    });
  });
}

void WriteHttp(ProtoWriter& out, const Plan& plan, const CheckInput& in) {
  const auto field = [&](HeaderId id) {
    return http::SanitizeUtf8(in.head.Get(id).value_or(""), in.arena);
  };
  out.Text(1, in.info.stream_id);
  out.Text(2, field(HeaderId::kMethod));
  WriteFields(out, plan, in);
  out.Text(4, field(HeaderId::kPath));
  out.Text(5, field(HeaderId::kAuthority));
  out.Text(6, field(HeaderId::kScheme));
  out.Number(9, in.info.bytes_received);
  if (in.info.protocol) out.Text(10, http::VersionName(*in.info.protocol));
  if (in.body == nullptr) return;
  if (in.body_as_bytes) {
    out.Text(12, in.body->bytes);
  } else {
    out.Text(11, http::SanitizeUtf8(in.body->bytes, in.arena));
  }
}

void WriteMetadata(ProtoWriter& out, const Plan& plan, const CheckInput& in) {
  for (const std::string& name : plan.metadata_namespaces) {
    const Value* value = in.info.FindMetadata(name);
    if (value != nullptr && value->AsStruct() != nullptr) {
      WriteNamespace(out, name, *value->AsStruct());
    }
  }
}

void WriteRouteMetadata(ProtoWriter& out, const Plan& plan, const CheckInput& in) {
  for (const std::string& name : plan.route_metadata_namespaces) {
    const auto found = in.info.route_metadata->filter_metadata.find(name);
    if (found == in.info.route_metadata->filter_metadata.end()) continue;
    const Value value = config::ToValue(found->second);
    if (value.AsStruct() != nullptr) WriteNamespace(out, name, *value.AsStruct());
  }
}

void WriteAttributes(ProtoWriter& out, const Plan& plan, const CheckInput& in) {
  const stream::ConnectionInfo* connection = in.info.connection;
  if (connection != nullptr) {
    out.Message(1, [&] { WriteSource(out, plan, in); });
    out.Message(2, [&] { WriteDestination(out, in); });
  }
  out.Message(4, [&] {  // Request
    out.Message(1, [&] { WriteTime(out, in.info.start_wall); });
    out.Message(2, [&] { WriteHttp(out, plan, in); });
  });
  if (in.route != nullptr) {
    for (const auto& [key, value] : in.route->context) out.Pair(10, key, value);
  }
  out.Message(11, [&] { WriteMetadata(out, plan, in); });
  if (plan.tls_session && connection != nullptr && connection->tls != nullptr) {
    out.Message(
        12, [&] { out.Text(1, http::SanitizeUtf8(connection->requested_server_name, in.arena)); });
  }
  if (!plan.route_metadata_namespaces.empty() && in.info.route_metadata != nullptr) {
    out.Message(13, [&] { WriteRouteMetadata(out, plan, in); });
  }
}

}  // namespace

std::string MakeCheckRequest(const Plan& plan, const CheckInput& in) {
  std::string message;
  ProtoWriter out(message);
  out.Message(1, [&] { WriteAttributes(out, plan, in); });
  return message;
}

}  // namespace sluice::filters::ext_authz
