// envoy.filters.http.wasm: gives an HTTP stream to a Proxy-Wasm module. Per stream; one worker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "sluice/filter/http_filter.h"
#include "sluice/wasm/context.h"
#include "sluice/wasm/plugin.h"
#include "sluice/wasm/vm.h"

namespace sluice::filters::http_wasm {

class HttpWasmFilter;

// The stream as its module sees it.
class HttpContext final : public wasm::Context {
 public:
  HttpContext(wasm::Vm& vm, wasm::RootContext& root, HttpWasmFilter& filter)
      : Context(vm, &root), filter_(filter) {}

  // wasm::Context
  http::HeaderMap* Headers(wasm::MapType type) override;
  void HeadersChanged(wasm::MapType type) override;
  bool MayChange(wasm::MapType type) const override;
  std::optional<wasm::BufferView> Buffer(wasm::BufferType type) override;
  wasm::StreamView Stream() override;
  wasm::Status SendLocalResponse(wasm::LocalResponse response) override;
  wasm::Status Continue(wasm::StreamType type) override;
  wasm::Status Close(wasm::StreamType type) override;
  wasm::Status ClearRouteCache() override;
  void Act(wasm::Deferred what) override;

 private:
  HttpWasmFilter& filter_;
};

class HttpWasmFilter final : public filter::HttpFilter {
 public:
  explicit HttpWasmFilter(wasm::PluginWorker& plugin) : plugin_(plugin) {}

  // filter::HttpFilter
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnRequestData(ByteChain& data, bool end) override;
  filter::FilterStatus OnRequestTrailers(http::HeaderMap& trailers) override;
  filter::FilterStatus OnResponseHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnResponseData(ByteChain& data, bool end) override;
  filter::FilterStatus OnResponseTrailers(http::HeaderMap& trailers) override;
  bool WantsBodies() const override;
  void OnStreamComplete() override;
  void OnDestroy() override;

 private:
  friend class HttpContext;

  // How far a direction has come, in the order in which it comes.
  enum class Part : uint8_t { kNone, kHead, kBody, kTrailers, kPassed };
  struct Side {
    Part part = Part::kNone;
    bool buffering = false;     // StopIterationAndBuffer: what comes is added to what is held
    bool end = false;           // the message ends with what the module sees
    ByteChain* data = nullptr;  // while the module sees it
  };

  bool Begin();
  bool Lost() const { return context_ == nullptr || context_->vm().failed(); }
  // What a stream comes to whose module does not work (any more).
  filter::FilterStatus WithoutModule(bool request);
  filter::FilterStatus Head(wasm::Export which, Side& side, http::HeaderMap& head, bool end);
  filter::FilterStatus Data(wasm::Export which, Side& side, ByteChain& data, bool end);
  filter::FilterStatus Trailers(wasm::Export which, Side& side, http::HeaderMap& trailers);
  bool IsRequest(const Side& side) const { return &side == &request_; }
  void Reply();

  wasm::PluginWorker& plugin_;
  LocalPin<wasm::Vm> vm_;
  std::unique_ptr<HttpContext> context_;
  std::unique_ptr<wasm::LocalResponse> reply_;
  Side request_;
  Side response_;
  bool begun_ = false;
  bool refused_ = false;
};

}  // namespace sluice::filters::http_wasm
