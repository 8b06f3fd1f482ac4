#include "tls_inspector_filter.h"

#include <algorithm>
#include <string>
#include <utility>

#include "client_hello.h"
#include "sluice/config/schema.h"
#include "sluice/filters/extensions.h"

namespace sluice::filters::tls_inspector {

using filter::ListenerStatus;

namespace {

class TlsInspectorFilter final : public filter::ListenerFilter {
 public:
  TlsInspectorFilter(size_t max_bytes, TlsInspectorStats& stats)
      : max_bytes_(max_bytes), stats_(stats) {}

  // filter::ListenerFilter
  ListenerStatus OnAccept(filter::ListenerFilterHost& host) override {
    // Another filter has found out already.
    return host.accepted().transport_protocol == "tls" ? ListenerStatus::kContinue
                                                       : ListenerStatus::kNeedMore;
  }
  ListenerStatus OnBytes(filter::ListenerFilterHost& host, ByteChain& in, bool end) override;
  size_t MaxBytes() const override { return max_bytes_ + 1; }

 private:
  ListenerStatus Found(filter::AcceptedInfo& info, ClientHello&& hello);

  size_t max_bytes_;
  TlsInspectorStats& stats_;
};

ListenerStatus TlsInspectorFilter::OnBytes(filter::ListenerFilterHost& host, ByteChain& in,
                                           bool end) {
  std::string joined;
  std::string_view bytes = in.Front();
  if (in.slice_count() > 1) {
    joined.resize(std::min(in.size(), max_bytes_));
    in.CopyOut(joined.data(), joined.size());
    bytes = joined;
  }
  ClientHello hello = ParseClientHello(bytes, max_bytes_);
  switch (hello.state) {
    case HelloState::kOk: return Found(host.accepted(), std::move(hello));
    case HelloState::kNeedMore:
      if (!end) return ListenerStatus::kNeedMore;
      break;
    case HelloState::kTooLarge: stats_.client_hello_too_large.Inc(); return ListenerStatus::kClose;
    case HelloState::kNotTls: break;
  }
  stats_.tls_not_found.Inc();
  return ListenerStatus::kContinue;
}

ListenerStatus TlsInspectorFilter::Found(filter::AcceptedInfo& info, ClientHello&& hello) {
  stats_.tls_found.Inc();
  (hello.server_name.empty() ? stats_.sni_not_found : stats_.sni_found).Inc();
  (hello.alpn.empty() ? stats_.alpn_not_found : stats_.alpn_found).Inc();
  info.transport_protocol = "tls";
  info.server_name = std::move(hello.server_name);
  info.application_protocols = std::move(hello.alpn);
  return ListenerStatus::kContinue;
}

class Worker final : public filter::ListenerFilterWorker {
 public:
  Worker(size_t max_bytes, filter::WorkerContext& worker)
      : max_bytes_(max_bytes),
        stats_(stats::Make<TlsInspectorStats>(
            stats::Scope(worker.stats, worker.slot, "tls_inspector"))) {}
  // filter::ListenerFilterWorker
  std::unique_ptr<filter::ListenerFilter> Create() override {
    return std::make_unique<TlsInspectorFilter>(max_bytes_, stats_);
  }

 private:
  size_t max_bytes_;
  TlsInspectorStats stats_;
};

class Factory final : public filter::ListenerFilterFactory {
 public:
  explicit Factory(size_t max_bytes) : max_bytes_(max_bytes) {}
  static std::unique_ptr<filter::ListenerFilterFactory> Make(
      const std::shared_ptr<const TlsInspectorConfig>& config, const config::Where& /*where*/,
      filter::LoadContext& /*ctx*/) {
    return std::make_unique<Factory>(config->max_client_hello_size.value_or(kMaxHelloBytes));
  }
  // filter::ListenerFilterFactory
  std::unique_ptr<filter::ListenerFilterWorker> MakeWorker(
      filter::WorkerContext& worker, const stats::Scope& /*listener*/) const override {
    return std::make_unique<Worker>(max_bytes_, worker);
  }

 private:
  size_t max_bytes_;
};

}  // namespace

const config::Message& TlsInspectorConfig::Schema() {
  using C = TlsInspectorConfig;
  static const auto message = config::Message::Of<C>(
      "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector",
      "Looks whether a client speaks TLS, and for which server and protocols it asks.",
      {
          config::Unimplemented("enable_ja3_fingerprinting").Accept({"false"}),
          config::Unimplemented("enable_ja4_fingerprinting").Accept({"false"}),
          config::Unimplemented("close_connection_on_client_hello_parsing_errors")
              .Accept({"false"}),
          config::Unimplemented("initial_read_buffer_size", "the buffer grows by itself"),
          config::Field("max_client_hello_size", &C::max_client_hello_size,
                        "Largest first flight that is looked at.")
              .Range(256, kMaxHelloBytes),
      });
  return message;
}

filters::ExtensionPtr MakeExtension() {
  using Extension =
      filter::SimpleExtension<filter::ListenerFilterExtension, filter::ListenerFilterFactory,
                              TlsInspectorConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kListenerFilters, "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector",
      &TlsInspectorConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.listener.tls_inspector",
                                    "envoy.listener.tls_inspector"});
}

}  // namespace sluice::filters::tls_inspector
