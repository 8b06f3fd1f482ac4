#include "otel.h"

#include <cstdlib>
#include <utility>

#include "hex.h"
#include "otlp.h"
#include "propagation.h"
#include "service.h"
#include "sluice/http/grpc.h"
#include "sluice/http/utf8.h"

namespace sluice::tracing {
namespace {

constexpr std::string_view kExportPath =
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

class OtelFactory final : public DriverFactory {
 public:
  explicit OtelFactory(OtelPlan plan) : plan_(std::move(plan)) {}

  // DriverFactory
  std::unique_ptr<Driver> Make(filter::WorkerContext& worker) const override {
    return std::make_unique<OtelDriver>(plan_, worker);
  }

 private:
  const OtelPlan plan_;
};

double Milliseconds(Duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

void CompileGrpc(const config::GrpcService& config, filter::LoadContext& ctx,
                 ReportOptions& reports) {
  const config::EnvoyGrpc& target = config.envoy_grpc;
  filter::CheckCluster(target.cluster_name, ctx.clusters, ctx.problems);
  reports.cluster = *target.cluster_name;
  reports.head = PostHead(target.authority.empty() ? reports.cluster : target.authority,
                          kExportPath, "application/grpc");
  reports.head.emplace_back("te", "trailers");
  if (!target.skip_envoy_headers) {
    reports.head.emplace_back("x-envoy-internal", "true");
    const std::string& own = ctx.process.local.address;
    if (!own.empty()) reports.head.emplace_back("x-forwarded-for", own);
  }
  AddFields(config.initial_metadata, ctx, reports.head);
  if (target.max_receive_message_length) {
    reports.max_answer_bytes = *target.max_receive_message_length;
  }
  if (config.timeout) reports.request_timeout_ms.default_value = Milliseconds(*config.timeout);
}

// OTEL_RESOURCE_ATTRIBUTES: key=value,key=value. Later ones count.
void AddFromEnvironment(filter::LoadContext& ctx, const config::Where& where,
                        ResourceAttributes& out) {
  const char* text = std::getenv("OTEL_RESOURCE_ATTRIBUTES");
  std::string_view rest = text == nullptr ? "" : text;
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    const std::string_view pair = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      ctx.problems.Add(where, "OTEL_RESOURCE_ATTRIBUTES has no form key=value,key=value");
      return;
    }
    out[std::string(pair.substr(0, equals))] = pair.substr(equals + 1);
  }
}

ResourceAttributes FindResource(const OpenTelemetryConfig& config, filter::LoadContext& ctx) {
  ResourceAttributes out = {
      {"service.name", config.service_name.empty() ? "unknown_service:envoy" : config.service_name},
      {"telemetry.sdk.language", "cpp"},
      {"telemetry.sdk.name", "sluice"}};
  for (const config::NamedExtension& detector : config.resource_detectors) {
    if (const auto* fixed = detector.typed_config.As<StaticResourceConfig>()) {
      for (const auto& [key, value] : fixed->attributes) out[key] = value;
    } else if (detector.typed_config.As<EnvironmentResourceConfig>() != nullptr) {
      AddFromEnvironment(ctx, detector.typed_config.where(), out);
    }
  }
  return out;
}

ReportOptions CompileReports(const OpenTelemetryConfig& config, filter::LoadContext& ctx) {
  ReportOptions reports;
  reports.flush_interval_ms = {5000, "tracing.opentelemetry.flush_interval_ms"};
  reports.min_flush_spans = {5, "tracing.opentelemetry.min_flush_spans"};
  reports.request_timeout_ms = {5000, ""};
  reports.max_spans = config.max_cache_size;
  if (config.grpc_service) CompileGrpc(*config.grpc_service, ctx, reports);
  if (config.http_service) {
    const config::HttpUri& uri = config.http_service->http_uri;
    reports.cluster = *uri.cluster;
    reports.head = CompileService(*config.http_service, "application/x-protobuf", ctx);
    if (uri.timeout > Duration{}) {
      reports.request_timeout_ms.default_value = Milliseconds(uri.timeout);
    }
  }
  return reports;
}

}  // namespace

OtelDriver::OtelDriver(const OtelPlan& plan, filter::WorkerContext& worker)
    : plan_(plan), reporter_(plan.reports, *this, worker, "tracing.opentelemetry") {}

bool OtelDriver::Begin(http::HeaderMap& head, SpanKind /*kind*/, bool sampled, SpanContext& out) {
  const Extracted found = ExtractW3c(head);
  if (found.found == Found::kBroken) return false;
  if (found.found == Found::kNothing) {
    out.trace_high = NewId();
    out.trace_low = NewId();
    DropW3cState(head);
  } else {
    out = found.context;
    out.parent_id = found.context.span_id;
    out.state = http::SanitizeUtf8(W3cState(head), head.arena());
  }
  out.wide = true;
  out.sampled = plan_.always_on || found.sampled.value_or(sampled);
  out.span_id = NewId();
  return true;
}

SpanContext OtelDriver::Child(const SpanContext& parent) {
  SpanContext child = parent;
  child.parent_id = parent.span_id;
  child.span_id = NewId();
  return child;
}

void OtelDriver::Inject(const SpanContext& context, http::HeaderMap& head) {
  InjectW3c(context, head);
}

void OtelDriver::Report(const Span& span) {
  if (!plan_.exports) return;
  reporter_.Add([&](std::string& out) { AppendOtlpSpan(span, out); });
}

std::string OtelDriver::MakeBody(std::string spans) const {
  std::string message = MakeOtlpRequest(plan_.resource, spans);
  if (!plan_.grpc) return message;
  const http::GrpcPrefix prefix = http::MakeGrpcPrefix(static_cast<uint32_t>(message.size()));
  message.insert(0, prefix.data(), prefix.size());
  return message;
}

bool OtelDriver::Accepted(const filter::AsyncResponse& response) const {
  if (!plan_.grpc) return response.status >= 200 && response.status < 300;
  const auto said = [](const filter::AsyncFields& fields) -> std::string_view {
    for (const auto& [name, value] : fields) {
      if (name == "grpc-status") return value;
    }
    return {};
  };
  const std::string_view status =
      said(response.trailers).empty() ? said(response.head) : said(response.trailers);
  return response.status == 200 && status == "0";
}

std::unique_ptr<const DriverFactory> OtelExtension::Make(const config::TypedConfig& config,
                                                         filter::LoadContext& ctx) const {
  const size_t errors = ctx.problems.errors();
  const OpenTelemetryConfig& otel = *config.As<OpenTelemetryConfig>();
  OtelPlan plan;
  plan.resource = MakeOtlpResource(FindResource(otel, ctx));
  plan.always_on = otel.sampler.has_value();  // there is no other
  plan.grpc = otel.grpc_service.has_value();
  plan.exports = plan.grpc || otel.http_service.has_value();
  plan.reports = CompileReports(otel, ctx);
  if (ctx.problems.errors() != errors) return nullptr;
  return std::make_unique<OtelFactory>(std::move(plan));
}

}  // namespace sluice::tracing
