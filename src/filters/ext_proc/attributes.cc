#include "attributes.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include "sluice/http/number.h"
#include "sluice/http/target.h"
#include "sluice/net/address.h"
#include "sluice/route/route_entry.h"
#include "sluice/stream/stream_info.h"

namespace sluice::filters::ext_proc {

using http::HeaderId;
using stream::TlsField;

struct Attribute {
  std::string_view name;
  Value (*read)(filter::HttpFilterHost& host);  // null: not known
};

namespace {

using Host = filter::HttpFilterHost;

Value Text(std::string_view text) { return text.empty() ? Value() : Value(text); }
Value Number(uint64_t number) { return Value(static_cast<double>(number)); }

template <HeaderId kId>
Value RequestField(Host& host) {
  const auto value = host.request_head().Get(kId);
  return value ? Value(*value) : Value();
}

http::PathAndQuery PathOf(Host& host) {
  return http::SplitPath(host.request_head().Get(HeaderId::kPath).value_or(""));
}

Value Fields(const http::HeaderMap& map) {
  ValueStruct fields;
  for (const http::HeaderEntry& entry : map.entries()) {
    const auto [at, added] = fields.try_emplace(std::string(entry.Name()), Value(entry.Value()));
    if (!added) at->second = Value(*at->second.AsString() + "," + std::string(entry.Value()));
  }
  return Value(std::move(fields));
}

const stream::TlsInfo* TlsOf(Host& host) {
  const stream::ConnectionInfo* connection = host.info().connection;
  return connection == nullptr ? nullptr : connection->tls;
}

template <TlsField kField>
Value Tls(Host& host) {
  const stream::TlsInfo* tls = TlsOf(host);
  std::string out;
  return tls != nullptr && tls->Append(kField, out) ? Value(std::move(out)) : Value();
}

const net::Address* Source(Host& host) {
  const stream::StreamInfo& info = host.info();
  if (info.remote != nullptr) return info.remote;
  return info.connection == nullptr ? nullptr : info.connection->remote;
}
const net::Address* Destination(Host& host) {
  const stream::ConnectionInfo* connection = host.info().connection;
  return connection == nullptr ? nullptr : connection->local;
}
template <const net::Address* (*kWhose)(Host&)>
Value AddressOf(Host& host) {
  const net::Address* address = kWhose(host);
  return address == nullptr ? Value() : Value(address->ToString());
}
template <const net::Address* (*kWhose)(Host&)>
Value PortOf(Host& host) {
  const net::Address* address = kWhose(host);
  return address == nullptr || !address->is_ip() ? Value() : Number(address->port());
}

// What the client has announced, if it has.
Value RequestSize(Host& host) {
  const auto text = host.request_head().Get(HeaderId::kContentLength);
  const auto announced = text ? http::ParseDecimal(*text) : std::nullopt;
  return Number(announced ? *announced : host.info().bytes_received);
}

Value Status(Host& host) {
  const auto status = http::ParseDecimal(host.response_head().Get(HeaderId::kStatus).value_or(""));
  return status ? Number(*status) : Value();
}

// RFC 3339, as a timestamp reads in JSON.
Value Time(Host& host) {
  const auto at = std::chrono::floor<std::chrono::milliseconds>(host.info().start_wall);
  const auto since = at.time_since_epoch();
  const auto days = std::chrono::floor<std::chrono::days>(since);
  const std::chrono::year_month_day date{std::chrono::sys_days(days)};
  const std::chrono::hh_mm_ss time(since - days);
  char text[64];
  const int size = std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
      static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return Value(std::string_view(text, static_cast<size_t>(size)));
}

constexpr auto kAttributes = std::to_array<Attribute>({
    {"request.path", &RequestField<HeaderId::kPath>},
    {"request.url_path", [](Host& host) { return Text(PathOf(host).path); }},
    {"request.query", [](Host& host) { return Value(PathOf(host).query); }},
    {"request.host", &RequestField<HeaderId::kAuthority>},
    {"request.scheme", &RequestField<HeaderId::kScheme>},
    {"request.method", &RequestField<HeaderId::kMethod>},
    {"request.headers", [](Host& host) { return Fields(host.request_head()); }},
    {"request.referer", &RequestField<HeaderId::kReferer>},
    {"request.useragent", &RequestField<HeaderId::kUserAgent>},
    {"request.id", &RequestField<HeaderId::kXRequestId>},
    {"request.time", &Time},
    {"request.protocol",
     [](Host& host) {
       const auto version = host.info().protocol;
       return version ? Value(http::VersionName(*version)) : Value();
     }},
    {"request.size", &RequestSize},
    {"response.code", &Status},
    {"response.code_details", [](Host& host) { return Text(host.info().response_code_details); }},
    {"response.flags", [](Host& host) { return Number(host.info().flags.bits()); }},
    {"response.headers", [](Host& host) { return Fields(host.response_head()); }},
    {"response.size", [](Host& host) { return Number(host.info().bytes_sent); }},
    {"source.address", &AddressOf<&Source>},
    {"source.port", &PortOf<&Source>},
    {"destination.address", &AddressOf<&Destination>},
    {"destination.port", &PortOf<&Destination>},
    {"connection.id",
     [](Host& host) {
       const auto* connection = host.info().connection;
       return connection == nullptr ? Value() : Number(connection->id);
     }},
    {"connection.mtls",
     [](Host& host) {
       const stream::TlsInfo* tls = TlsOf(host);
       return Value(tls != nullptr && tls->peer_presented());
     }},
    {"connection.requested_server_name",
     [](Host& host) {
       const auto* connection = host.info().connection;
       return connection == nullptr ? Value() : Text(connection->requested_server_name);
     }},
    {"connection.tls_version", &Tls<TlsField::kVersion>},
    {"connection.subject_local_certificate", &Tls<TlsField::kLocalSubject>},
    {"connection.subject_peer_certificate", &Tls<TlsField::kPeerSubject>},
    {"connection.dns_san_local_certificate", &Tls<TlsField::kLocalDnsSan>},
    {"connection.dns_san_peer_certificate", &Tls<TlsField::kPeerDnsSan>},
    {"connection.uri_san_local_certificate", &Tls<TlsField::kLocalUriSan>},
    {"connection.uri_san_peer_certificate", &Tls<TlsField::kPeerUriSan>},
    {"connection.sha256_peer_certificate_digest", &Tls<TlsField::kPeerFingerprint256>},
    {"upstream.address", [](Host& host) { return Text(host.info().upstream_host.address); }},
    {"xds.cluster_name", [](Host& host) { return Text(host.info().cluster_name); }},
    {"xds.route_name",
     [](Host& host) {
       const route::RouteEntry* route = host.route();
       return route == nullptr ? Value() : Text(route->name);
     }},
    {"xds.virtual_host_name",
     [](Host& host) {
       host.route();  // finds it
       return Text(host.info().virtual_host_name);
     }},
});

}  // namespace

const Attribute* FindAttribute(std::string_view name) {
  const auto* found = std::ranges::find(kAttributes, name, &Attribute::name);
  return found == kAttributes.end() ? nullptr : found;
}

std::vector<std::string_view> AttributeNames() {
  std::vector<std::string_view> names;
  for (const Attribute& attribute : kAttributes) names.push_back(attribute.name);
  return names;
}

ValueStruct ReadAttributes(const std::vector<const Attribute*>& attributes, Host& host) {
  ValueStruct out;
  for (const Attribute* attribute : attributes) {
    Value value = attribute->read(host);
    if (!value.IsNull()) out.emplace(attribute->name, std::move(value));
  }
  return out;
}

}  // namespace sluice::filters::ext_proc
