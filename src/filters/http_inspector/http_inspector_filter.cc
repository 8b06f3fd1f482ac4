#include "http_inspector_filter.h"

#include <algorithm>
#include <string>
#include <utility>

#include "sluice/config/schema.h"
#include "sluice/filters/extensions.h"
#include "sluice/stats/table.h"

namespace sluice::filters::http_inspector {

using filter::ListenerStatus;

namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr size_t kMaxMethodBytes = 32;

struct HttpInspectorStats {
  stats::Counter http10_found;
  stats::Counter http11_found;
  stats::Counter http2_found;
  stats::Counter http_not_found;

  static constexpr stats::Field<HttpInspectorStats> kFields[] = {
      {&HttpInspectorStats::http10_found, "http10_found", "Clients that speak HTTP/1.0"},
      {&HttpInspectorStats::http11_found, "http11_found", "Clients that speak HTTP/1.1"},
      {&HttpInspectorStats::http2_found, "http2_found", "Clients that speak HTTP/2"},
      {&HttpInspectorStats::http_not_found, "http_not_found", "Clients that speak none of them"},
  };
};

bool IsMethodByte(char c) { return (c >= 'A' && c <= 'Z') || c == '-'; }

class HttpInspectorFilter final : public filter::ListenerFilter {
 public:
  explicit HttpInspectorFilter(HttpInspectorStats& stats) : stats_(stats) {}

  // filter::ListenerFilter
  ListenerStatus OnAccept(filter::ListenerFilterHost& host) override {
    // Inside TLS there is nothing to see, and ALPN knows better.
    return host.accepted().transport_protocol == "tls" ? ListenerStatus::kContinue
                                                       : ListenerStatus::kNeedMore;
  }
  ListenerStatus OnBytes(filter::ListenerFilterHost& host, ByteChain& in, bool end) override {
    std::string joined;
    std::string_view bytes = in.Front();
    if (in.slice_count() > 1) {
      joined.resize(std::min(in.size(), kMaxInspectBytes));
      in.CopyOut(joined.data(), joined.size());
      bytes = joined;
    }
    const Verdict verdict = InspectHttp(bytes);
    if (verdict == Verdict::kNeedMore && !end) return ListenerStatus::kNeedMore;
    Tell(verdict, host.accepted());
    return ListenerStatus::kContinue;
  }
  size_t MaxBytes() const override { return kMaxInspectBytes + 1; }

 private:
  void Tell(Verdict verdict, filter::AcceptedInfo& info) {
    switch (verdict) {
      case Verdict::kHttp10:
        stats_.http10_found.Inc();
        info.application_protocols = {"http/1.0"};
        break;
      case Verdict::kHttp11:
        stats_.http11_found.Inc();
        info.application_protocols = {"http/1.1"};
        break;
      case Verdict::kHttp2:
        stats_.http2_found.Inc();
        info.application_protocols = {"h2c"};
        break;
      default: stats_.http_not_found.Inc(); break;
    }
  }

  HttpInspectorStats& stats_;
};

class Worker final : public filter::ListenerFilterWorker {
 public:
  explicit Worker(filter::WorkerContext& worker)
      : stats_(stats::Make<HttpInspectorStats>(
            stats::Scope(worker.stats, worker.slot, "http_inspector"))) {}
  // filter::ListenerFilterWorker
  std::unique_ptr<filter::ListenerFilter> Create() override {
    return std::make_unique<HttpInspectorFilter>(stats_);
  }

 private:
  HttpInspectorStats stats_;
};

class Factory final : public filter::ListenerFilterFactory {
 public:
  static std::unique_ptr<filter::ListenerFilterFactory> Make(
      const std::shared_ptr<const HttpInspectorConfig>& /*config*/, const config::Where& /*where*/,
      filter::LoadContext& /*ctx*/) {
    return std::make_unique<Factory>();
  }
  // filter::ListenerFilterFactory
  std::unique_ptr<filter::ListenerFilterWorker> MakeWorker(
      filter::WorkerContext& worker, const stats::Scope& /*listener*/) const override {
    return std::make_unique<Worker>(worker);
  }
};

}  // namespace

Verdict InspectHttp(std::string_view bytes) {
  if (bytes.substr(0, kPreface.size()) == kPreface.substr(0, bytes.size())) {
    return bytes.size() < kPreface.size() ? Verdict::kNeedMore : Verdict::kHttp2;
  }
  size_t method = 0;
  while (method < bytes.size() && method <= kMaxMethodBytes && IsMethodByte(bytes[method])) {
    ++method;
  }
  if (method == bytes.size() && method <= kMaxMethodBytes) return Verdict::kNeedMore;
  if (method == 0 || method > kMaxMethodBytes || bytes[method] != ' ') return Verdict::kNotHttp;
  const size_t end = bytes.find('\n');
  if (end == std::string_view::npos) {
    return bytes.size() < kMaxInspectBytes ? Verdict::kNeedMore : Verdict::kNotHttp;
  }
  std::string_view line = bytes.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.ends_with(" HTTP/1.1")) return Verdict::kHttp11;
  if (line.ends_with(" HTTP/1.0")) return Verdict::kHttp10;
  return Verdict::kNotHttp;
}

const config::Message& HttpInspectorConfig::Schema() {
  static const auto message = config::Message::Of<HttpInspectorConfig>(
      "envoy.extensions.filters.listener.http_inspector.v3.HttpInspector",
      "Looks which version of HTTP a client speaks in clear.", {});
  return message;
}

filters::ExtensionPtr MakeExtension() {
  using Extension =
      filter::SimpleExtension<filter::ListenerFilterExtension, filter::ListenerFilterFactory,
                              HttpInspectorConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kListenerFilters, "envoy.extensions.filters.listener.http_inspector.v3.HttpInspector",
      &HttpInspectorConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.listener.http_inspector",
                                    "envoy.listener.http_inspector"});
}

}  // namespace sluice::filters::http_inspector
