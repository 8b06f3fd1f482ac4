// How a filter calls a cluster without knowing upstream: one HTTP exchange or one gRPC call per
// ticket. Destroying the ticket cancels the call. Implemented by upstream; one per worker.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/base/error.h"

namespace sluice::filter {

struct AsyncRequest {
  std::string cluster;
  std::vector<std::pair<std::string, std::string>> head;  // pseudo-headers included
  std::string body;
  Duration timeout{};
  size_t max_response_bytes = size_t{1024} * 1024;
};

struct AsyncResponse {
  uint32_t status = 0;
  std::vector<std::pair<std::string, std::string>> head;
  std::string body;
  std::vector<std::pair<std::string, std::string>> trailers;
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

class AsyncClient {
 public:
  virtual ~AsyncClient() = default;
  virtual std::unique_ptr<AsyncTicket> Send(AsyncRequest request, AsyncEvents& events) = 0;
};

}  // namespace sluice::filter
