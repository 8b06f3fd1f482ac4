// What is known of a downstream connection and shared by all its streams. Owned by the listener's
// side of the connection; one worker. Views point into the connection, the listener's config or
// static text, all of which outlive the connection's last access-log entry.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/base/clock.h"
#include "sluice/stream/filter_state.h"

namespace sluice::net {
class Address;
}
namespace sluice::config {
struct Metadata;
}

namespace sluice::stream {

class TlsInfo;

enum class TrafficDirection : uint8_t { kUnspecified, kInbound, kOutbound };

struct ConnectionInfo {
  uint64_t id = 0;
  MonoTime start{};
  MonoTime handshake_done{};  // unset without TLS
  // `remote` and `local` are what PROXY protocol or original_dst made of them; the direct ones are
  // the socket's. Null only in tests.
  const net::Address* local = nullptr;
  const net::Address* remote = nullptr;
  const net::Address* direct_local = nullptr;
  const net::Address* direct_remote = nullptr;
  bool local_restored = false;  // `local` is where the client wanted to go, not where it arrived
  const TlsInfo* tls = nullptr;
  std::string_view proxied_tlvs;           // of its PROXY header, those that may go on
  std::string_view requested_server_name;  // SNI
  std::string_view filter_chain_name;
  std::string_view listener_name;
  TrafficDirection direction = TrafficDirection::kUnspecified;
  const config::Metadata* listener_metadata = nullptr;
  const config::Metadata* filter_chain_metadata = nullptr;
  std::string_view termination_details;       // why the proxy ended the connection
  std::string_view close_type;                // "Normal", "LocalReset", "RemoteReset"
  std::string_view transport_failure_reason;  // the client's handshake failed because ...
  mutable FilterState filter_state;           // which the filters of its streams add to
};

}  // namespace sluice::stream
