// How a filter calls a cluster without knowing upstream: an HTTP exchange as a whole, or in parts
// as they come. Destroying the ticket cancels it. Implemented by upstream; one per worker.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/base/error.h"

namespace sluice::filter {

using AsyncFields = std::vector<std::pair<std::string, std::string>>;

struct AsyncRequest {
  std::string cluster;
  AsyncFields head;  // pseudo-headers included
  std::string body;
  AsyncFields trailers{};
  Duration timeout{};
  size_t max_response_bytes = size_t{1024} * 1024;
};

struct AsyncResponse {
  uint32_t status = 0;
  AsyncFields head;
  std::string body;
  AsyncFields trailers;
};

class AsyncTicket {
 public:
  virtual ~AsyncTicket() = default;
};

class AsyncEvents {
 public:
  virtual ~AsyncEvents() = default;
  // Exactly one call, never from inside Send.
  virtual void OnResponse(AsyncResponse&& response) = 0;
  virtual void OnFailure(const Error& error) = 0;
};

// The exchange as its asker writes it. The request's head goes at once, its body by Write.
class AsyncStream : public AsyncTicket {
 public:
  // `end`: nothing follows. False: nothing was taken, because too much waits for the peer already,
  // or because the request has ended.
  virtual bool Write(std::string_view bytes, bool end) = 0;
};

class AsyncStreamEvents {
 public:
  virtual ~AsyncStreamEvents() = default;
  // In this order, never from inside a call of the stream's; the end or a failure is the last. The
  // stream may be destroyed in each of them.
  virtual void OnStreamHead(uint32_t status, AsyncFields&& head) = 0;
  virtual void OnStreamData(std::string&& bytes) = 0;
  virtual void OnStreamEnd(AsyncFields&& trailers) = 0;
  virtual void OnStreamFailure(const Error& error) = 0;
};

class AsyncClient {
 public:
  virtual ~AsyncClient() = default;
  virtual bool HasCluster(std::string_view name) const = 0;
  virtual std::unique_ptr<AsyncTicket> Send(AsyncRequest request, AsyncEvents& events) = 0;
  // Without a body or trailers; its timeout is for the whole exchange, none if zero, and
  // max_response_bytes bounds what waits on either side.
  virtual std::unique_ptr<AsyncStream> Open(AsyncRequest request, AsyncStreamEvents& events) = 0;
};

}  // namespace sluice::filter
