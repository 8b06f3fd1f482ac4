// envoy.tracers.zipkin: B3 contexts, and spans as JSON to a collector.
#pragma once

#include "reporter.h"
#include "sluice/tracing/tracer.h"
#include "zipkin_config.h"

namespace sluice::tracing {

// Immutable, shared by the workers.
struct ZipkinPlan {
  bool trace_id_128bit = false;
  bool shared_context = true;
  bool splits = false;
  bool w3c = false;
  std::string endpoint;
  ReportOptions reports;
};

class ZipkinDriver final : public Driver, private ReportFormat {
 public:
  ZipkinDriver(const ZipkinPlan& plan, filter::WorkerContext& worker);

  // Driver
  bool Begin(http::HeaderMap& head, SpanKind kind, bool sampled, SpanContext& out) override;
  SpanContext Child(const SpanContext& parent) override;
  void Inject(const SpanContext& context, http::HeaderMap& head) override;
  void Report(const Span& span) override;
  bool splits_spans() const override { return plan_.splits; }
  bool names_by_host() const override { return true; }
  void Flush() override { reporter_.Flush(); }
  size_t reports_under_way() const override { return reporter_.under_way(); }

 private:
  // ReportFormat
  std::string MakeBody(std::string spans) const override;
  bool Accepted(const filter::AsyncResponse& response) const override {
    return response.status == 202;
  }

  const ZipkinPlan& plan_;
  Reporter reporter_;
};

struct ZipkinExtension final : TracerExtension {
  using TracerExtension::TracerExtension;
  std::unique_ptr<const DriverFactory> Make(const config::TypedConfig& config,
                                            filter::LoadContext& ctx) const override;
};

}  // namespace sluice::tracing
