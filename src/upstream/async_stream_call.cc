#include "async_stream_call.h"

#include <utility>

namespace sluice::upstream {

AsyncStreamCall::AsyncStreamCall(ClusterSet& clusters, filter::AsyncRequest request,
                                 filter::AsyncStreamEvents& events)
    : AsyncExchange(clusters, std::move(request)), events_(events) {}

AsyncStreamCall::~AsyncStreamCall() = default;

bool AsyncStreamCall::Write(std::string_view bytes, bool end) {
  if (error() || complete() || sending_ != Sending::kOpen) return false;
  const size_t queued =
      head_sent_ && stream() != nullptr ? stream()->codec().buffered_output() : waiting_.size();
  if (queued + bytes.size() > request().max_response_bytes) return false;
  waiting_.Append(bytes);
  if (end) sending_ = Sending::kEndWaits;
  SendWaiting();
  return true;
}

void AsyncStreamCall::SendWaiting() {
  if (!head_sent_ || stream() == nullptr || sending_ == Sending::kEnded) return;
  const bool end = sending_ == Sending::kEndWaits;
  if (waiting_.empty() && !end) return;
  if (end) sending_ = Sending::kEnded;
  stream()->codec().SendData(waiting_, end);
}

void AsyncStreamCall::SendRequest(UpstreamStream& stream) {
  head_sent_ = true;
  stream.codec().SendHead(request_head(), false);
  SendWaiting();
}

void AsyncStreamCall::OnHead(bool end) {
  head_waits_ = true;
  if (end) Complete();
  TellLater();
}

void AsyncStreamCall::OnData(ByteChain& data, bool end) {
  if (error()) return data.Clear();
  const size_t size = data.size();
  if (data_.size() + size > request().max_response_bytes) {
    return GiveUp(ErrorCode::kTooLarge, "response too large");
  }
  for (size_t i = 0; i < data.slice_count(); ++i) data_.append(data.slice(i).view());
  data.Clear();
  if (end) Complete();
  TellLater();
  if (stream() != nullptr) stream()->codec().Consumed(size);
}

void AsyncStreamCall::OnTrailers() {
  Complete();
  TellLater();
}

void AsyncStreamCall::OnStreamDone() {
  if (!complete()) FailLater(ErrorCode::kInternal, "the request could not be sent");
}

// One thing, and it is the last that is done here: whoever is told may destroy this.
void AsyncStreamCall::Tell() {
  if (std::exchange(head_waits_, false)) {
    if (TellsMore()) TellLater();
    return events_.OnStreamHead(status(), HeadFields());
  }
  if (!data_.empty()) {
    std::string data = std::exchange(data_, {});
    if (TellsMore()) TellLater();
    return events_.OnStreamData(std::move(data));
  }
  if (error()) {
    const Error told = *error();
    return events_.OnStreamFailure(told);
  }
  if (!complete()) return;
  DisarmDeadline();
  events_.OnStreamEnd(TrailerFields());
}

}  // namespace sluice::upstream
