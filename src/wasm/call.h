// What a module asked a cluster for. Owned by the root context of the plugin that asked, whichever
// of its streams did: the answer comes to the root, and lasts longer than the stream.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/buffer/arena.h"
#include "sluice/event/loop.h"
#include "sluice/filter/async_client.h"
#include "sluice/http/header_map.h"
#include "sluice/wasm/context.h"

namespace sluice::wasm {

class Call : public DeferredDeletable {
 public:
  Call(RootContext& root, uint32_t token) : root_(root), token_(token) {}

  // What the module may look at while it is told of the answer.
  http::HeaderMap& head() { return head_; }
  http::HeaderMap& trailers() { return trailers_; }
  std::string_view body() const { return body_; }

  virtual bool grpc() const { return false; }
  virtual Status Write(std::string_view /*message*/, bool /*end*/) { return Status::kBadArgument; }
  // Ends our half of a stream; false: there are no halves.
  virtual bool Close() { return false; }
  // The module wants no more of it.
  void Stop() { stopped_ = true; }

  uint32_t grpc_status() const { return grpc_status_; }
  std::string_view grpc_message() const { return grpc_message_; }

 protected:
  // One callback of the module, which may read this call's answer meanwhile.
  void Tell(Export which, uint32_t number);
  void Tell(Export which, std::initializer_list<uint32_t> arguments);

  RootContext& root_;
  const uint32_t token_;
  Arena arena_;
  http::HeaderMap head_{arena_};
  http::HeaderMap trailers_{arena_};
  std::string body_;
  uint32_t grpc_status_ = 0;
  std::string grpc_message_;
  bool stopped_ = false;
};

class HttpCall final : public Call, private filter::AsyncEvents {
 public:
  using Call::Call;
  void Send(filter::AsyncClient& client, filter::AsyncRequest request) {
    ticket_ = client.Send(std::move(request), *this);
  }

 private:
  // filter::AsyncEvents
  void OnResponse(filter::AsyncResponse&& response) override;
  void OnFailure(const Error& error) override;
  void Answer();

  std::unique_ptr<filter::AsyncTicket> ticket_;
};

// As Envoy does it: of a single call the module is told the message, or a status that is not OK; of
// a stream everything.
class GrpcCall final : public Call, private filter::AsyncStreamEvents {
 public:
  enum class Kind : uint8_t { kSingle, kStream };
  GrpcCall(RootContext& root, uint32_t token, Kind kind) : Call(root, token), kind_(kind) {}
  void Open(filter::AsyncClient& client, filter::AsyncRequest request) {
    stream_ = client.Open(std::move(request), *this);
  }

  // Call
  bool grpc() const override { return true; }
  Status Write(std::string_view message, bool end) override;
  bool Close() override;

 private:
  // filter::AsyncStreamEvents
  void OnStreamHead(uint32_t status, filter::AsyncFields&& head) override;
  void OnStreamData(std::string&& bytes) override;
  void OnStreamEnd(filter::AsyncFields&& trailers) override;
  void OnStreamFailure(const Error& error) override;

  bool TakeMessage();
  void ReadStatus();
  void Finish();

  const Kind kind_;
  uint32_t http_status_ = 0;
  std::string unread_;
  bool has_message_ = false;
  std::unique_ptr<filter::AsyncStream> stream_;
};

}  // namespace sluice::wasm
