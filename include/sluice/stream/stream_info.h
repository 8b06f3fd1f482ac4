// All that is known of one stream (an HTTP request, or a whole TCP connection) for logs, filters
// and header values. Plain data of one worker, cheap to reset; nothing is allocated on the usual
// path.
//
// Hard rule: views and pointers are static, in the stream's arena, or owned by something that the
// stream pins; all must be valid until the access log has been written.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "sluice/base/clock.h"
#include "sluice/base/local_pin.h"
#include "sluice/base/value.h"
#include "sluice/http/codec.h"
#include "sluice/stream/connection_info.h"
#include "sluice/stream/filter_state.h"
#include "sluice/stream/response_flags.h"
#include "sluice/stream/tls_info.h"

namespace sluice::tracing {
class Span;
}

namespace sluice::stream {

struct HostLocality;

// Moments in a stream's life. The stream's own start is StreamInfo::start.
enum class Moment : uint8_t {
  kRequestEnd,            // last byte of the request received
  kUpstreamConnectStart,  // of the connection used; in the past when it was reused
  kUpstreamConnectEnd,
  kUpstreamHandshakeEnd,  // TLS to the upstream
  kPoolAsked,             // for a connection
  kPoolReady,             // one was there for the request
  kUpstreamSendStart,     // first / last byte of the request sent
  kUpstreamSendEnd,
  kUpstreamHeadReceived,  // first byte of the response
  kUpstreamBodyReceived,  // first byte of its body
  kUpstreamEnd,           // last byte of it
  kResponseStart,         // first / last byte of the response sent to the client
  kResponseEnd,
  kEnd,  // the stream is over
  kCount,
};

// The endpoint that a request went to. Views live as long as the host is pinned.
struct UpstreamEndpoint {
  std::string_view address;  // "10.0.0.1:80", as configured or resolved
  std::string_view hostname;
  const config::Metadata* metadata = nullptr;
  const HostLocality* locality = nullptr;
};

struct UpstreamAttempt {
  std::string_view address;
  std::string_view hostname;
  uint64_t connection_id = 0;
};

struct StreamInfo {
  // The connection underneath; null for streams that no client began.
  const ConnectionInfo* connection = nullptr;

  WallTime start_wall{};
  MonoTime start{};

  // Request and route.
  std::optional<http::Version> protocol;  // none on TCP
  std::string_view stream_id;             // x-request-id, or made up for a connection
  std::string_view route_name;
  std::string_view virtual_host_name;
  std::string_view virtual_cluster_name;
  const config::Metadata* route_metadata = nullptr;
  const config::Metadata* virtual_host_metadata = nullptr;
  // The client as headers say (x-forwarded-for); null: the connection's.
  const net::Address* remote = nullptr;

  // Outcome.
  uint32_t response_code = 0;              // 0: no response
  std::string_view response_code_details;  // static or arena
  std::string_view termination_details;    // overrides the connection's
  ResponseFlags flags;
  bool health_check = false;  // answered by, or marked by, the health_check filter
  bool traced = false;        // the sampling decision of the proxy itself

  // Of the stream's own span; arena. Null and empty: it has none.
  tracing::Span* span = nullptr;
  std::string_view trace_id;
  std::string_view span_id;

  // Upstream, of the last attempt.
  std::string_view cluster_name;  // alt_stat_name if there is one
  std::string_view cluster_raw_name;
  const config::Metadata* cluster_metadata = nullptr;
  UpstreamEndpoint upstream_host;
  const net::Address* upstream_local = nullptr;   // arena, when the connection may go first
  const net::Address* upstream_remote = nullptr;  // differs from the host's behind a tunnel
  std::optional<http::Version> upstream_protocol;
  uint64_t upstream_connection_id = 0;
  LocalPin<const TlsInfo> upstream_tls;
  std::string_view upstream_transport_failure_reason;  // arena
  std::string_view upstream_close_type;                // "Normal", "LocalReset", "RemoteReset"
  uint32_t attempt_count = 0;

  // Bytes. Body bytes are what filters and TCP see; http::StreamBytes count wire and heads.
  uint64_t bytes_received = 0;
  uint64_t bytes_sent = 0;
  http::StreamBytes downstream_bytes;
  http::StreamBytes upstream_bytes;

  void Mark(Moment moment, MonoTime at) { moments_[static_cast<size_t>(moment)] = at; }
  void MarkOnce(Moment moment, MonoTime at) {
    MonoTime& slot = moments_[static_cast<size_t>(moment)];
    if (slot == MonoTime{}) slot = at;
  }
  std::optional<MonoTime> At(Moment moment) const {
    const MonoTime at = moments_[static_cast<size_t>(moment)];
    return at == MonoTime{} ? std::nullopt : std::optional<MonoTime>(at);
  }

  // The hosts tried, in order; after kMaxAttempts the last one is overwritten.
  static constexpr size_t kMaxAttempts = 8;
  void AddAttempt(const UpstreamAttempt& attempt) {
    attempts_[attempts_size_ < kMaxAttempts ? attempts_size_++ : kMaxAttempts - 1] = attempt;
  }
  std::span<const UpstreamAttempt> attempts() const { return {attempts_.data(), attempts_size_}; }

  // Made at the first use.
  FilterState& filter_state();
  ValueStruct& dynamic_metadata(std::string_view filter);  // the struct of one filter
  // Null when nothing was ever set.
  const FilterStateObject* FindState(std::string_view name) const;  // also the connection's
  const Value* FindMetadata(std::string_view filter) const;
  const Value* dynamic_metadata() const { return extras_ ? &extras_->metadata : nullptr; }

 private:
  struct Extras {
    FilterState state;
    Value metadata{ValueStruct{}};  // one member a filter
  };

  std::array<MonoTime, static_cast<size_t>(Moment::kCount)> moments_{};
  std::array<UpstreamAttempt, kMaxAttempts> attempts_{};
  uint32_t attempts_size_ = 0;
  std::unique_ptr<Extras> extras_;
};

}  // namespace sluice::stream
