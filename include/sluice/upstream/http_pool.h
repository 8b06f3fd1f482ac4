// HTTP exchanges over pooled connections: one pool for each worker, host, priority and protocol
// (one of HTTP/1 or HTTP/2, or what ALPN chooses for each connection).
//
// The asker keeps a StreamTicket (no allocation: it is the queue's element, too) and implements
// StreamEvents. Hard rules: exactly one of OnStreamReady and OnStreamFailed comes, possibly from
// inside NewStream; dropping the ticket cancels the wait or resets the exchange, inside any
// callback; the ticket is empty once OnStreamDone has returned. OnStreamDone without an end or a
// reset before it means that our request could not be written.
#pragma once

#include <cstdint>
#include <string_view>

#include "sluice/base/clock.h"
#include "sluice/base/intrusive_list.h"
#include "sluice/base/shared_budget.h"
#include "sluice/http/codec.h"
#include "sluice/net/connection.h"
#include "sluice/upstream/breakers.h"
#include "sluice/upstream/host.h"

namespace sluice::upstream {

class HttpPool;
class UpstreamStream;

struct PoolFailure {
  // kOverflow, kConnectionFailure, kConnectionTimeout; kLocalReset when the host was taken away.
  http::ResetReason reason = http::ResetReason::kConnectionFailure;
  std::string_view transport_failure;  // %UPSTREAM_TRANSPORT_FAILURE_REASON%; lives for the call
  net::Address local;                  // of the connection that failed, if there was one
};

struct StreamWish {
  Priority priority = Priority::kDefault;
  bool fresh = false;  // not on a connection that has served before
  // What the client speaks, for use_downstream_protocol_config.
  http::Version downstream = http::Version::kHttp11;
  // The host that the connection has to be made for, where the cluster says auto_sni; or empty.
  std::string_view server_name{};
  // A TCP connection of its own in place of HTTP: the end of a tunnel. Bodies are its bytes; the
  // answer is 200 once it stands.
  bool tcp = false;
  std::string_view first_bytes{};  // on it, ahead of everything; read at once
};

class StreamEvents {
 public:
  virtual ~StreamEvents() = default;
  // Where the response goes, in the order and with the meaning of http::MessageSink. Asked for
  // once, right before OnStreamReady.
  virtual http::MessageSink& ResponseSink() = 0;
  // The request can be sent on stream.codec().
  virtual void OnStreamReady(UpstreamStream& stream) = 0;
  virtual void OnStreamFailed(const PoolFailure& failure) = 0;
};

class StreamTicket : public ListNode<struct PendingStreamTag> {
 public:
  StreamTicket() = default;
  ~StreamTicket() { Drop(); }

  bool waiting() const { return pool_ != nullptr; }
  UpstreamStream* stream() const { return stream_; }
  // Gives it up: leaves the queue, or resets the exchange. Nothing more is called after it.
  void Drop(http::ResetReason reason = http::ResetReason::kLocalReset);

 private:
  friend class HttpPool;
  friend class PooledStream;
  friend class TcpExchange;

  HttpPool* pool_ = nullptr;
  StreamEvents* events_ = nullptr;
  UpstreamStream* stream_ = nullptr;
  BudgetToken pending_;
  MonoTime since_{};
  bool fresh_ = false;
};

// One exchange on a pooled connection. Owned by the connection.
class UpstreamStream {
 public:
  http::CodecStream& codec() { return *codec_; }
  // Also valid inside OnStreamDone, when the codec's stream is gone.
  const http::StreamBytes& bytes() const { return codec_ != nullptr ? codec_->bytes() : bytes_; }
  // When the connection began, and when it had been made.
  MonoTime connect_start() const { return connection_->created(); }
  virtual MonoTime connect_end() const = 0;
  net::Connection& connection() { return *connection_; }
  Host& host() { return *host_; }
  // Keeps the host's texts (address, name) alive.
  HostPin host_pin() const { return HostPin(*host_); }
  // The connection had carried another exchange before: a peer that closes it before the first
  // byte of the response has most likely not seen the request.
  bool reused() const { return reused_; }
  // The peer has said that it did not look at the request: after a reset, nothing has happened.
  virtual bool unprocessed() const = 0;
  // The response's first byte has come.
  virtual bool response_started() const = 0;
  // The connection is not to be trusted with another exchange: it ends with this one.
  virtual void CloseConnectionAfter() = 0;
  // Holds the response back / lets it go on; counted. Use these and not the codec's: what waits in
  // the connection must be looked at again.
  virtual void PauseReading() = 0;
  virtual void ResumeReading() = 0;

 protected:
  UpstreamStream() = default;
  virtual ~UpstreamStream() = default;

  friend class StreamTicket;
  virtual void OnTicketDropped(http::ResetReason reason) = 0;

  http::CodecStream* codec_ = nullptr;
  net::Connection* connection_ = nullptr;
  Host* host_ = nullptr;
  StreamTicket* ticket_ = nullptr;
  http::StreamBytes bytes_;
  bool reused_ = false;
};

}  // namespace sluice::upstream
