// Filters of a connection's bytes: the listener's chain runs them in order on what the client sent;
// the last one is terminal (tcp_proxy, http_connection_manager, echo, direct_response).
//
// A filter is made per connection on the connection's worker and dies with it. OnClosed comes
// exactly once, before it is destroyed.
#pragma once

#include <memory>
#include <string_view>

#include "sluice/base/error.h"
#include "sluice/filter/worker_context.h"
#include "sluice/net/connection.h"

namespace sluice::http {
class HeaderMap;
}
namespace sluice::route {
struct Explanation;
}
namespace sluice::stream {
struct ConnectionInfo;
struct StreamInfo;
}  // namespace sluice::stream

namespace sluice::filter {

enum class NetworkStatus : uint8_t {
  kContinue,  // go on with the next filter
  kStop,      // wait: this filter says Continue() later, or has taken the connection over
};

class NetworkFilter;

// The chain as its filters see it.
class NetworkFilterHost {
 public:
  virtual ~NetworkFilterHost() = default;
  virtual net::Connection& connection() = 0;
  // The connection as one stream of bytes, made at first use: HTTP has one for each request.
  virtual stream::StreamInfo& info() = 0;
  virtual const stream::ConnectionInfo& connection_info() = 0;
  virtual WorkerContext& worker() = 0;
  // Goes on behind the filter that said kStop, with OnNewConnection and then with the bytes held.
  virtual void Continue() = 0;
  // What this filter has held back of the output goes on past it, from the loop.
  virtual void ContinueOutput(const NetworkFilter& filter) = 0;
  // Ends the connection and says why in the access log (connection termination details).
  virtual void Close(net::CloseKind kind, std::string_view details) = 0;
  // True when no filter but the terminal one needs to see bytes: they may move by splice.
  virtual bool bytes_may_bypass() const = 0;
};

class NetworkFilter {
 public:
  virtual ~NetworkFilter() = default;
  void SetHost(NetworkFilterHost& host) { host_ = &host; }

  virtual NetworkStatus OnNewConnection() { return NetworkStatus::kContinue; }
  // `data` is the connection's input: a filter may read, change or drain it. A terminal filter
  // takes what it can; the rest is offered again.
  virtual NetworkStatus OnData(ByteChain& data, bool end) = 0;
  // What the client is about to be sent: filters that see output get it, the last one first. `data`
  // may be changed; kStop holds it back, and it is shown again with what comes next. The host
  // closes and continues from the loop when it is asked from in here.
  virtual NetworkStatus OnOutput(ByteChain& /*data*/, bool /*end*/) {
    return NetworkStatus::kContinue;
  }
  // Asked once, after OnNewConnection.
  virtual bool sees_output() const { return false; }
  // Back-pressure of the client's socket.
  virtual void OnOutputHigh() {}
  virtual void OnOutputLow() {}
  virtual void OnFlushed() {}
  virtual void OnSpliced(uint64_t /*bytes*/, bool /*done*/) {}
  // Nothing has been read from the client or written to it for one to two seconds.
  virtual void OnQuiet() {}
  virtual void OnClosed(const net::CloseInfo& /*info*/) {}
  // The listener or the server drains: end what can be ended in an orderly way. Long-lived byte
  // streams end when `hard` comes.
  virtual void OnDrain(bool /*hard*/) {}
  // The listener has a successor or is gone: the connection may go on, but should not for ever.
  // What can say to the client that it ends does so.
  virtual void OnRetire() {}
  // True when the filter does not need to see bytes any more, so that they may bypass it.
  virtual bool transparent() const { return false; }

 protected:
  NetworkFilterHost& host() { return *host_; }

 private:
  NetworkFilterHost* host_ = nullptr;
};

// Per-worker half of a configured filter: stats handles, limits, pools. Makes the filters.
class NetworkFilterWorker {
 public:
  virtual ~NetworkFilterWorker() = default;
  virtual std::unique_ptr<NetworkFilter> Create() = 0;
};

// The configured filter: parsed on main, immutable, shared by all workers.
class NetworkFilterFactory {
 public:
  virtual ~NetworkFilterFactory() = default;
  virtual bool terminal() const { return false; }
  virtual std::unique_ptr<NetworkFilterWorker> MakeWorker(WorkerContext& worker) const = 0;
  // What would become of an HTTP request with this head, which changes on its way; false when the
  // filter does not speak HTTP. Slow and thorough; main thread.
  virtual bool Explain(http::HeaderMap& /*head*/, const stream::ConnectionInfo& /*connection*/,
                       route::Explanation& /*out*/) const {
    return false;
  }
};

}  // namespace sluice::filter
