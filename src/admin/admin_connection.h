// One connection to the administration endpoint: collects each request whole, answers it whole.
// Owned by the AdminServer; main thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sluice/admin/admin.h"
#include "sluice/admin/admin_server.h"
#include "sluice/base/intrusive_list.h"
#include "sluice/buffer/arena.h"
#include "sluice/codec/http1/server_codec.h"
#include "sluice/event/loop.h"
#include "sluice/http/codec.h"
#include "sluice/http/header_map.h"
#include "sluice/net/acceptor.h"
#include "sluice/net/connection.h"
#include "sluice/stream/connection_info.h"

namespace sluice::admin {

class AdminConnection final : public DeferredDeletable,
                              private RunItem,
                              private net::ConnectionEvents,
                              private http::ServerCodecHost,
                              private http::MessageSink {
 public:
  AdminConnection(EventLoop& loop, net::AcceptedSocket socket, Handler& handler,
                  const RequestLog& log, http1::Counters& counters,
                  std::function<void(AdminConnection&)> on_closed);
  ~AdminConnection() override;
  void Close() { connection_.Close(); }
  // Between two requests, or before the first; since when.
  bool idle() const { return phase_ == Phase::kIdle; }
  MonoTime idle_since() const { return idle_since_; }

 private:
  // net::ConnectionEvents
  void OnBytes(ByteChain& in, bool end) override;
  void OnClosed(const net::CloseInfo& info) override;
  // The connection's events and, from within them, the codec's: a MessageSink has them as well.
  void OnOutputHigh() override;
  void OnOutputLow() override;

  // http::ServerCodecHost
  ByteChain& Output() override { return connection_.output(); }
  void OutputReady() override;
  void OnInputWanted() override;
  http::MessageSink& OnNewStream(http::CodecStream& stream) override;

  // http::MessageSink
  http::HeaderMap& HeadMap() override { return head_; }
  http::HeaderMap& TrailerMap() override { return trailers_; }
  void Pin(Slice bytes) override { pinned_.Append(std::move(bytes)); }
  void OnHead(bool end) override;
  void OnData(ByteChain& data, bool end) override;
  void OnTrailers() override { Answer(); }
  void OnReset(http::ResetReason reason, std::string_view detail) override;
  void OnDecodeError(const Error& error) override;
  void OnStreamDone() override;

  // RunItem
  void Run() override;

  enum class Phase : uint8_t { kIdle, kRequest };

  void Dispatch();
  void Watch();
  void Answer();
  void Send(const Response& response);
  void Log(const Response& response, const http::HeaderMap& head);

  EventLoop& loop_;
  net::Connection connection_;
  Handler& handler_;
  const RequestLog& log_;
  stream::ConnectionInfo info_;
  std::function<void(AdminConnection&)> on_closed_;
  std::unique_ptr<http::ServerCodec> codec_;
  Timer timer_;
  Phase phase_ = Phase::kIdle;
  MonoTime idle_since_{};
  Arena arena_;
  http::HeaderMap head_{arena_};
  http::HeaderMap trailers_{arena_};
  ByteChain pinned_;
  std::string body_;
  size_t body_bytes_ = 0;
  MonoTime request_start_{};
  http::CodecStream* stream_ = nullptr;
  bool output_high_ = false;
  uint32_t answers_ = 0;  // in this turn
};

}  // namespace sluice::admin
