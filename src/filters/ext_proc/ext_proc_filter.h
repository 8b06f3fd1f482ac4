// envoy.filters.http.ext_proc: shows a request and its response to a processor by a gRPC stream of
// their own, and does what it answers. The stream is opened by the first message and goes with the
// filter. Per stream; one worker. Hard rule: a processor that fails ends its part at once: after
// that it is neither asked nor heard.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "ext_proc_worker.h"
#include "messages.h"
#include "plan.h"
#include "processor_stream.h"
#include "side.h"
#include "sluice/event/loop.h"
#include "sluice/filter/http_filter.h"

namespace sluice::filters::ext_proc {

class ExtProcFilter final : public filter::HttpFilter, private ProcessorEvents {
 public:
  ExtProcFilter(ExtProcWorker& worker, EventLoop& loop);

  // filter::HttpFilter
  bool WantsBodies() const override {
    return !over_ && (request_.wants_body() || response_.wants_body());
  }
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnRequestData(ByteChain& data, bool end) override {
    return request_.OnData(data, end);
  }
  filter::FilterStatus OnRequestTrailers(http::HeaderMap& /*trailers*/) override {
    return request_.OnTrailers();
  }
  filter::FilterStatus OnResponseHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnResponseData(ByteChain& data, bool end) override {
    return response_.OnData(data, end);
  }
  filter::FilterStatus OnResponseTrailers(http::HeaderMap& /*trailers*/) override {
    return response_.OnTrailers();
  }
  void OnDestroy() override;

  // For its sides.
  const Plan& plan() const { return worker_.plan(); }
  const Mode& mode() const { return mode_; }
  filter::HttpFilterHost& chain() { return host(); }
  // Sends what is in the message and what goes with it, and waits for the answer.
  void Show(Side& side, std::string&& message);
  void Arm(Side& side);
  void Disarm(Side& side);
  void CountRejected(uint32_t changes) { worker_.stats().rejected_header_mutations.Add(changes); }
  void ClearRouteCache(const CommonAnswer& answer);

 private:
  // ProcessorEvents
  void OnProcessorMessage(std::string_view message) override;
  void OnProcessorEnd(uint64_t grpc_status) override;

  void Begin();
  void Open();
  void AddContext(Side& side, std::string& message);
  void TakeMetadata(const ValueStruct& metadata);
  void TakeMode(const Answer& answer);
  void MoveTimer(Duration timeout);
  void OnImmediate(const ImmediateAnswer& answer);
  void OnSideAnswer(Answer&& answer);
  void OnTimeout();

  void Spurious();
  void Fail(uint32_t status, std::string_view details);
  void Reply(const ImmediateAnswer& answer, std::string_view details);
  // The processor is left; what waits goes on.
  void Leave();
  void Close();

  ExtProcWorker& worker_;
  const RoutePlan* own_ = nullptr;  // of the route that the request had when it came
  Mode mode_;
  bool begun_ = false;
  bool over_ = false;  // the processor is not heard any more
  bool told_protocol_ = false;
  Side request_{*this, true};
  Side response_{*this, false};
  Timer request_timer_;
  Timer response_timer_;
  std::unique_ptr<ProcessorStream> processor_;
};

}  // namespace sluice::filters::ext_proc
