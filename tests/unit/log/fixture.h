// A stream with everything filled in, for tests of formats, filters and loggers.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "sluice/buffer/arena.h"
#include "sluice/http/header_map.h"
#include "sluice/log/format_context.h"
#include "sluice/net/address.h"
#include "sluice/stream/tls_info.h"

namespace sluice::log {

class FakeTls final : public stream::TlsInfo {
 public:
  // TlsInfo
  bool Append(stream::TlsField field, std::string& out) const override {
    if (field == stream::TlsField::kVersion) return out.append("TLSv1.3"), true;
    if (field == stream::TlsField::kPeerDnsSan) return out.append("a.example,b.example"), true;
    return false;
  }
  std::optional<WallTime> PeerValidFrom() const override {
    return WallTime(std::chrono::seconds(1'600'000'000));
  }
  std::optional<WallTime> PeerValidUntil() const override { return std::nullopt; }
  bool peer_presented() const override { return true; }
  bool peer_validated() const override { return true; }
  void AddPin() const override {}
  void DropPin() const override {}
};

struct Exchange {
  Exchange() {
    using std::chrono::microseconds;
    connection.id = 7;
    connection.start = MonoTime(std::chrono::seconds(50));
    connection.remote = &remote;
    connection.direct_remote = &remote;
    connection.local = &local;
    connection.direct_local = &local;
    connection.requested_server_name = "example.com";
    connection.filter_chain_name = "main";
    info.connection = &connection;
    info.start = MonoTime(std::chrono::seconds(100));
    info.start_wall = WallTime(std::chrono::milliseconds(1'700'000'000'123));
    info.protocol = http::Version::kHttp11;
    info.response_code = 200;
    info.response_code_details = "via_upstream";
    info.bytes_received = 12;
    info.bytes_sent = 345;
    info.cluster_name = "web";
    info.cluster_raw_name = "web_raw";
    info.upstream_host = {"10.0.0.1:8080", "backend.local", nullptr};
    info.upstream_remote = &upstream;
    info.attempt_count = 1;
    info.Mark(stream::Moment::kRequestEnd, info.start + microseconds(1500));
    info.Mark(stream::Moment::kUpstreamHeadReceived, info.start + microseconds(4900));
    info.Mark(stream::Moment::kResponseEnd, info.start + microseconds(7200));
    info.Mark(stream::Moment::kEnd, info.start + microseconds(8999));
    request.Add(http::HeaderId::kMethod, "GET");
    request.Add(http::HeaderId::kPath, "/a?x=1&y=two");
    request.Add(http::HeaderId::kAuthority, "example.com");
    request.Add(http::HeaderId::kUserAgent, "curl/8");
    request.Add(http::HeaderId::kXForwardedFor, "1.2.3.4");
    request.Add(http::HeaderId::kXRequestId, "rid");
    request.Add("x-custom", "custom value");
    response.Add(http::HeaderId::kStatus, "200");
    response.Add(http::HeaderId::kXEnvoyUpstreamServiceTime, "3");
  }

  FormatContext context() const {
    return {.info = info,
            .request = &request,
            .response = &response,
            .trailers = &trailers,
            .local_reply_body = "the body",
            .type = EntryType::kDownstreamEnd,
            .now = info.start + std::chrono::seconds(1)};
  }

  Arena arena;
  http::HeaderMap request{arena};
  http::HeaderMap response{arena};
  http::HeaderMap trailers{arena};
  net::Address remote = net::Address::V4(0x7f000001, 4711);
  net::Address local = net::Address::V4(0x7f000001, 10000);
  net::Address upstream = net::Address::V4(0x0a000001, 8080);
  stream::ConnectionInfo connection;
  stream::StreamInfo info;
};

}  // namespace sluice::log
