// envoy.tracers.opentelemetry: W3C contexts, and spans as OTLP to a collector by gRPC or HTTP.
#pragma once

#include <optional>
#include <string>

#include "otel_config.h"
#include "reporter.h"
#include "sluice/tracing/tracer.h"

namespace sluice::tracing {

// Immutable, shared by the workers.
struct OtelPlan {
  std::string resource;
  bool always_on = false;
  bool grpc = false;
  bool exports = false;  // false: contexts are passed on, spans are not kept
  ReportOptions reports;
};

class OtelDriver final : public Driver, private ReportFormat {
 public:
  OtelDriver(const OtelPlan& plan, filter::WorkerContext& worker);

  // Driver
  bool Begin(http::HeaderMap& head, SpanKind kind, bool sampled, SpanContext& out) override;
  SpanContext Child(const SpanContext& parent) override;
  void Inject(const SpanContext& context, http::HeaderMap& head) override;
  void Report(const Span& span) override;
  void Flush() override { reporter_.Flush(); }
  size_t reports_under_way() const override { return reporter_.under_way(); }

 private:
  // ReportFormat
  std::string MakeBody(std::string spans) const override;
  bool Accepted(const filter::AsyncResponse& response) const override;

  const OtelPlan& plan_;
  Reporter reporter_;
};

struct OtelExtension final : TracerExtension {
  using TracerExtension::TracerExtension;
  std::unique_ptr<const DriverFactory> Make(const config::TypedConfig& config,
                                            filter::LoadContext& ctx) const override;
};

}  // namespace sluice::tracing
