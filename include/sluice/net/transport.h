// How a connection's bytes meet its socket: raw, TLS, or with a PROXY header in front.
//
// Owned by one Connection, called only by it. A transport moves bytes; it never decides about the
// life of the connection. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/buffer/byte_chain.h"
#include "sluice/net/address.h"
#include "sluice/net/certificate_info.h"

namespace sluice::stream {
class TlsInfo;
}

namespace sluice::net {

enum class IoState : uint8_t {
  kMore,         // made progress and there may be more at once
  kDrained,      // the kernel has no more now: wait for the next edge
  kEndOfStream,  // orderly end of the peer's bytes (FIN, or close_notify)
  kFailed,       // see TransportSocket::error()
};

struct IoResult {
  IoState state = IoState::kDrained;
  size_t bytes = 0;  // payload bytes moved, also when state says the end was reached
};

class TransportSocket {
 public:
  virtual ~TransportSocket() = default;

  // Bytes that were read from the socket before this transport was put on it (a listener filter had
  // to see them): it must take them as if they came first from the socket. Called before Start.
  // A raw transport gets none: its bytes stay in the connection's input.
  virtual void Preload(ByteChain&& bytes);

  // The socket is connected (or accepted). A transport with a handshake starts it here and reports
  // through handshake_done(); until then Read and Write move no payload and answer kDrained.
  virtual void Start(int fd) = 0;
  virtual bool handshake_done() const { return true; }
  // Drives the handshake on readiness; kFailed ends the connection.
  virtual IoResult ContinueHandshake() { return {IoState::kMore, 0}; }

  // Reads at most `budget` bytes to the end of `into`.
  virtual IoResult Read(ByteChain& into, size_t budget) = 0;
  // Writes from the front of `from` and drains what was taken. kDrained: the socket is full.
  virtual IoResult Write(ByteChain& from) = 0;
  // Ends our side after everything written: shutdown(SHUT_WR), preceded by close_notify on TLS.
  // kDrained: not done yet, to be called again when the socket is writable.
  virtual IoResult ShutdownWrite() = 0;

  // Nothing has happened on the connection for a while: keeps no memory that it can do without
  // until something does.
  virtual void OnQuiet() {}

  // True when the wire's bytes are the payload's bytes, so that splice(2) may move them past us.
  virtual bool is_raw() const { return false; }
  // What is written to the socket is payload, whoever makes records of it: it may be spliced to.
  virtual bool writes_raw() const { return is_raw(); }
  virtual std::string_view alpn() const { return {}; }
  // What TLS knows of the peer, once the handshake is done; null for others. Lives as long as this.
  virtual const stream::TlsInfo* tls_info() const { return nullptr; }
  // Words for the last kFailed: "TLS_error:|...", "Connection reset by peer". Lives until the next
  // call.
  virtual const Error& error() const = 0;
};

// Facts that a transport may want of the connection it serves, e.g. the downstream addresses for a
// PROXY header, or SNI and ALPN that a request asks for.
struct TransportOptions {
  uint32_t slot = 0;  // of the worker (or main) in the stat store: whoever creates says it
  const Address* proxied_source = nullptr;
  const Address* proxied_destination = nullptr;
  std::string_view proxied_tlvs{};  // of the client's own PROXY header, as they were received
  const Address* peer = nullptr;    // where an upstream connection goes: sessions are kept by it
  std::string_view host_name{};     // the upstream host's own name, where it has one
  std::string_view server_name{};   // overrides the configured SNI
  std::string_view alpn{};          // comma separated; offered where no list is configured
  std::string_view verify_name{};   // a SAN that the peer must present
};

// Built once per config on the main thread, immutable, used by every worker.
class TransportFactory {
 public:
  virtual ~TransportFactory() = default;
  virtual std::unique_ptr<TransportSocket> Create(const TransportOptions& options) const = 0;
  virtual std::string_view name() const = 0;  // "raw_buffer", "tls": filter_chain_match's words
  virtual bool is_tls() const { return false; }
  // Its sockets tell the peer of the client behind them (PROXY header): a connection must not be
  // shared by several clients.
  virtual bool tells_downstream() const { return false; }
  // What it shows and trusts now, one set for each context. Main thread.
  virtual void AddCertificates(std::vector<CertificateSet>& /*out*/) const {}
};

std::unique_ptr<TransportSocket> MakeRawTransport();
// TransportSocket::Write on a socket that takes payload. `failure` becomes errno of a kFailed.
IoResult WriteRaw(int fd, ByteChain& from, int& failure);
const TransportFactory& RawTransportFactory();

}  // namespace sluice::net
