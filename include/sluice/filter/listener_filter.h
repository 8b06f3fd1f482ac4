// Filters that look at an accepted socket before a filter chain is chosen: PROXY headers, TLS and
// HTTP inspection, original destination, rate limits. One per accepted connection; bounded in bytes
// by MaxBytes and in time by listener_filters_timeout.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/filter/worker_context.h"
#include "sluice/net/connection.h"

namespace sluice::filter {

enum class ListenerStatus : uint8_t { kContinue, kNeedMore, kClose };

// What the filters find out, and what the filter chain is chosen by.
struct AcceptedInfo {
  std::string server_name;  // SNI, lower case
  std::vector<std::string> application_protocols;
  std::string transport_protocol;       // "tls" or "raw_buffer"
  bool local_address_restored = false;  // destination known by PROXY header or SO_ORIGINAL_DST
  net::Address direct_remote;           // the socket's peer, whatever a PROXY header said
  net::Address direct_local;            // the socket's own end, likewise
  std::string proxied_tlvs;             // of the PROXY header, those that may go upstream
};

class ListenerFilterHost {
 public:
  virtual ~ListenerFilterHost() = default;
  virtual net::Connection& connection() = 0;
  virtual AcceptedInfo& accepted() = 0;
  virtual WorkerContext& worker() = 0;
  // Dynamic metadata of the connection, for filters and logs later on.
  virtual void SetMetadata(std::string_view name_space, std::string_view key,
                           std::string_view value) = 0;
  virtual void Continue() = 0;  // after kNeedMore without need of more bytes (timers)
};

class ListenerFilter {
 public:
  virtual ~ListenerFilter() = default;
  virtual ListenerStatus OnAccept(ListenerFilterHost& /*host*/) {
    return ListenerStatus::kContinue;
  }
  // Called with everything received so far while OnAccept or the last call said kNeedMore. A filter
  // drains what belongs to it (a PROXY header) and leaves the rest for those behind it. `end`: no
  // more bytes will come.
  virtual ListenerStatus OnBytes(ListenerFilterHost& /*host*/, ByteChain& /*in*/, bool /*end*/) {
    return ListenerStatus::kContinue;
  }
  virtual size_t MaxBytes() const { return 0; }
};

class ListenerFilterWorker {
 public:
  virtual ~ListenerFilterWorker() = default;
  virtual std::unique_ptr<ListenerFilter> Create() = 0;
};

class ListenerFilterFactory {
 public:
  virtual ~ListenerFilterFactory() = default;
  virtual std::unique_ptr<ListenerFilterWorker> MakeWorker(WorkerContext& worker,
                                                           const stats::Scope& listener) const = 0;
};

}  // namespace sluice::filter
