#include "zipkin.h"

#include <utility>

#include "hex.h"
#include "propagation.h"
#include "service.h"
#include "zipkin_json.h"

namespace sluice::tracing {
namespace {

constexpr std::string_view kJson = "application/json";

class ZipkinFactory final : public DriverFactory {
 public:
  explicit ZipkinFactory(ZipkinPlan plan) : plan_(std::move(plan)) {}

  // DriverFactory
  std::unique_ptr<Driver> Make(filter::WorkerContext& worker) const override {
    return std::make_unique<ZipkinDriver>(plan_, worker);
  }

 private:
  const ZipkinPlan plan_;
};

ReportOptions CompileReports(const ZipkinConfig& config, filter::LoadContext& ctx) {
  ReportOptions reports;
  double timeout_ms = 5000;
  if (config.collector_service) {
    const config::HttpUri& uri = config.collector_service->http_uri;
    reports.cluster = *uri.cluster;
    reports.head = CompileService(*config.collector_service, kJson, ctx);
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(uri.timeout).count();
    if (ms > 0) timeout_ms = static_cast<double>(ms);
  } else {
    filter::CheckCluster(config.collector_cluster, ctx.clusters, ctx.problems);
    reports.cluster = *config.collector_cluster;
    const std::string& host = config.collector_hostname;
    reports.head =
        PostHead(host.empty() ? reports.cluster : host, config.collector_endpoint, kJson);
  }
  reports.flush_interval_ms = {5000, "tracing.zipkin.flush_interval_ms"};
  reports.min_flush_spans = {5, "tracing.zipkin.min_flush_spans"};
  reports.request_timeout_ms = {timeout_ms, "tracing.zipkin.request_timeout"};
  return reports;
}

}  // namespace

ZipkinDriver::ZipkinDriver(const ZipkinPlan& plan, filter::WorkerContext& worker)
    : plan_(plan), reporter_(plan.reports, *this, worker, "tracing.zipkin") {}

// What the head says of sampling counts, whatever was decided here.
bool ZipkinDriver::Begin(http::HeaderMap& head, SpanKind kind, bool sampled, SpanContext& out) {
  Extracted found = ExtractB3(head);
  if (found.found == Found::kNothing && !found.sampled && plan_.w3c) found = ExtractW3c(head);
  if (found.found == Found::kBroken) return false;
  out = found.context;
  out.sampled = found.sampled.value_or(sampled);
  if (found.found == Found::kNothing) {
    out.span_id = out.trace_low = NewId();
    if (plan_.trace_id_128bit) out.trace_high = NewId();
    return true;
  }
  out.shared = kind == SpanKind::kServer && plan_.shared_context;
  if (!out.shared) {
    out.parent_id = out.span_id;
    out.span_id = NewId();
  }
  return true;
}

SpanContext ZipkinDriver::Child(const SpanContext& parent) {
  SpanContext child = parent;
  child.parent_id = parent.span_id;
  child.span_id = NewId();
  child.shared = false;
  return child;
}

void ZipkinDriver::Inject(const SpanContext& context, http::HeaderMap& head) {
  InjectB3(context, head);
  if (plan_.w3c) InjectW3c(context, head);
}

void ZipkinDriver::Report(const Span& span) {
  reporter_.Add([&](std::string& out) {
    if (!out.empty()) out.push_back(',');
    AppendZipkinJson(span, plan_.endpoint, out);
  });
}

std::string ZipkinDriver::MakeBody(std::string spans) const {
  spans.insert(spans.begin(), '[');
  spans.push_back(']');
  return spans;
}

std::unique_ptr<const DriverFactory> ZipkinExtension::Make(const config::TypedConfig& config,
                                                           filter::LoadContext& ctx) const {
  const size_t errors = ctx.problems.errors();
  const ZipkinConfig& zipkin = *config.As<ZipkinConfig>();
  ZipkinPlan plan;
  plan.trace_id_128bit = zipkin.trace_id_128bit;
  plan.shared_context = zipkin.shared_span_context;
  plan.splits = zipkin.split_spans_for_request;
  plan.w3c = zipkin.trace_context_option == TraceContextOption::kB3WithW3c;
  plan.endpoint = ZipkinEndpoint(ctx.process.local.cluster, ctx.process.local.address);
  plan.reports = CompileReports(zipkin, ctx);
  if (ctx.problems.errors() != errors) return nullptr;
  return std::make_unique<ZipkinFactory>(std::move(plan));
}

}  // namespace sluice::tracing
