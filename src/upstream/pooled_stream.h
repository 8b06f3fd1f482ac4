// One exchange on a pooled connection: stands between the codec and the asker's sink, so that the
// pool sees when the exchange is over.
//
// Lent by the HttpPool to one of its connections for an exchange; given back only when nothing of
// it can be on the stack any more. One worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "sluice/base/shared_budget.h"
#include "sluice/http/codec.h"
#include "sluice/upstream/http_pool.h"

namespace sluice::upstream {

class PooledConnection;

class PooledStream final : public UpstreamStream, public http::MessageSink {
 public:
  void Begin(PooledConnection& owner, StreamEvents& events, StreamTicket& ticket,
             BudgetToken request, bool reused);
  bool active() const { return codec_ != nullptr; }
  // The connection is gone, and the codec has not said so.
  void Abandon() { OnStreamDone(); }

  // HTTP/1: the response's body may go straight on / has done so.
  void SpliceBody();
  void BodySpliced(uint64_t bytes);

  // For the connection's list.
  size_t place = 0;

  // UpstreamStream
  bool response_started() const override;
  bool unprocessed() const override { return unprocessed_; }
  MonoTime connect_end() const override;
  void CloseConnectionAfter() override;
  void PauseReading() override;
  void ResumeReading() override;

  // http::MessageSink
  http::HeaderMap& HeadMap() override { return sink_->HeadMap(); }
  http::HeaderMap& TrailerMap() override { return sink_->TrailerMap(); }
  void Pin(Slice bytes) override { sink_->Pin(std::move(bytes)); }
  void OnInformational(http::HeaderMap& head) override { sink_->OnInformational(head); }
  void OnHead(bool end) override { sink_->OnHead(end); }
  void OnData(ByteChain& data, bool end) override { sink_->OnData(data, end); }
  void OnTrailers() override { sink_->OnTrailers(); }
  void OnReset(http::ResetReason reason, std::string_view detail) override;
  void OnDecodeError(const Error& error) override { sink_->OnDecodeError(error); }
  void OnOutputHigh() override;
  void OnOutputLow() override;
  void OnStreamDone() override;

 private:
  // UpstreamStream
  void OnTicketDropped(http::ResetReason reason) override;

  PooledConnection* owner_ = nullptr;
  http::MessageSink* sink_ = nullptr;
  BudgetToken request_;
  uint64_t read_before_ = 0;  // the connection's bytes when the exchange began
  uint32_t pauses_ = 0;
  bool unprocessed_ = false;
};

}  // namespace sluice::upstream
