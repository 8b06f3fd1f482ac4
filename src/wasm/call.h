// A call of a module to a cluster: HTTP, or a gRPC call with one message each way. Owned by the
// context that began it, and gone with it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/buffer/arena.h"
#include "sluice/filter/async_client.h"
#include "sluice/http/header_map.h"
#include "sluice/wasm/context.h"

namespace sluice::wasm {

class Call final : public filter::AsyncEvents {
 public:
  Call(Context& context, uint32_t token, bool grpc)
      : context_(&context), token_(token), grpc_(grpc) {}
  void Send(filter::AsyncClient& client, filter::AsyncRequest request);
  void SetContext(Context& context) { context_ = &context; }

  // What the module may look at while it is told of the answer.
  http::HeaderMap& head() { return head_; }
  http::HeaderMap& trailers() { return trailers_; }
  std::string_view body() const { return body_; }
  bool grpc() const { return grpc_; }
  uint32_t grpc_status() const { return grpc_status_; }
  std::string_view grpc_message() const { return grpc_message_; }

  // filter::AsyncEvents
  void OnResponse(filter::AsyncResponse&& response) override;
  void OnFailure(const Error& error) override;

 private:
  void Answer();
  void AnswerHttp();
  void AnswerGrpc();
  void ReadGrpcStatus(uint32_t http_status);

  Context* context_;
  const uint32_t token_;
  const bool grpc_;
  Arena arena_;
  http::HeaderMap head_{arena_};
  http::HeaderMap trailers_{arena_};
  std::string body_;
  uint32_t grpc_status_ = 0;
  std::string grpc_message_;
  std::unique_ptr<filter::AsyncTicket> ticket_;
};

}  // namespace sluice::wasm
