// A stream's part in a trace: the decision, the span of the request, and its names.
#include <string>

#include "http_stream.h"
#include "sluice/tracing/sampling.h"
#include "sluice/tracing/span.h"
#include "sluice/tracing/tags.h"

namespace sluice::downstream {

using http::HeaderId;
using tracing::Reason;

namespace {

stats::Counter& CounterOf(TracingStats& stats, Reason reason) {
  switch (reason) {
    case Reason::kSampling: return stats.random_sampling;
    case Reason::kServiceForced: return stats.service_forced;
    case Reason::kClientForced: return stats.client_enabled;
    case Reason::kNotTraceable: break;
  }
  return stats.not_traceable;
}

}  // namespace

bool HttpStream::Egress(const TraceOptions& trace) const {
  switch (connection_.info().direction) {
    case stream::TrafficDirection::kInbound: return false;
    case stream::TrafficDirection::kOutbound: return true;
    case stream::TrafficDirection::kUnspecified: break;
  }
  return trace.egress;
}

// Once a request, when its route is known and before any filter sees it.
void HttpStream::StartTrace(const TraceOptions& trace) {
  ManagerWorker& manager = connection_.manager();
  const route::RouteEntry* route = ChainRoute();
  const route::TraceRules* own = route == nullptr ? nullptr : route->tracing;
  // A stranger does not decide what we trace.
  if (client_.edge && trace.request_ids.pack_trace_reason) {
    tracing::PackReason(Reason::kNotTraceable, request_head_);
  }
  const Reason reason = tracing::Decide((own == nullptr ? trace.rules : *own).sampling,
                                        trace.request_ids, manager.worker().runtime, request_head_);
  info_.stream_id = request_head_.Get(HeaderId::kXRequestId).value_or("");
  info_.traced = reason != Reason::kNotTraceable;
  CounterOf(manager.tracing_stats(), reason).Inc();
  tracing::Driver* driver = manager.tracer();
  if (driver == nullptr) return;

  const bool egress = Egress(trace);
  const bool server = trace.spawn_upstream_span || driver->splits_spans() || !egress;
  tracing::Span::Start start{
      .kind = server ? tracing::SpanKind::kServer : tracing::SpanKind::kClient,
      .name = request_head_.Get(HeaderId::kAuthority).value_or(""),
      .at = info_.start,
      .wall = info_.start_wall,
      .spawns = trace.spawn_upstream_span,
      .child_name = trace.rules.upstream_operation.get()};
  if (own != nullptr && own->upstream_operation) start.child_name = own->upstream_operation.get();
  tracing::SpanContext context;
  if (!driver->Begin(request_head_, start.kind, info_.traced, context)) return;
  info_.span = arena_.New<tracing::Span>(*driver, arena_, context, start);
  info_.trace_id = tracing::HexTraceId(context, arena_);
  info_.span_id = tracing::HexId(context.span_id, arena_);
  NameSpan(trace, egress);
  if (options().process == nullptr) return;
  const filter::LocalInfo& local = options().process->local;
  if (!local.node_id.empty()) info_.span->SetTag("node_id", local.node_id);
  if (!local.zone.empty()) info_.span->SetTag("zone", local.zone);
}

// What `operation` gives, of the route or of the manager. Without one: the route's decorator, which
// each side tells the other, or what the caller says; else the host.
void HttpStream::NameSpan(const TraceOptions& trace, bool egress) {
  tracing::Span& span = *info_.span;
  if (const route::TextFormat* operation = OperationOf(trace)) {
    if (!span.sampled()) return;
    route::FormatInput input;
    input.request_head = &request_head_;
    input.info = &info_;
    return span.SetName(operation->Format(input, arena_));
  }
  if (span.sampled() && !connection_.manager().tracer()->names_by_host()) {
    std::string name = egress ? "egress " : "ingress";
    if (egress) name.append(span.name());
    span.SetName(arena_.Copy(name));
  }
  if (route_ != nullptr && route_->decorator) {
    span.SetName(route_->decorator->operation);
    if (route_->decorator->propagate) decorated_ = route_->decorator->operation;
  }
  if (egress) {
    if (!decorated_.empty()) {
      request_head_.SetView(HeaderId::kXEnvoyDecoratorOperation, decorated_);
    }
    return;
  }
  const auto told = request_head_.Get(HeaderId::kXEnvoyDecoratorOperation);
  if (!told) return;
  if (!told->empty()) {
    span.SetName(*told);
    decorated_ = {};
  }
  request_head_.Remove(HeaderId::kXEnvoyDecoratorOperation);
}

const route::TextFormat* HttpStream::OperationOf(const TraceOptions& trace) const {
  if (route_ != nullptr && route_->tracing != nullptr && route_->tracing->operation != nullptr) {
    return route_->tracing->operation.get();
  }
  return trace.rules.operation.get();
}

// A client's side takes the name that the service gives it; the service's side gives it.
void HttpStream::TraceResponse() {
  const TraceOptions& trace = *options().tracing;
  if (!Egress(trace)) {
    if (!decorated_.empty()) {
      response_head_.SetView(HeaderId::kXEnvoyDecoratorOperation, decorated_);
    }
    return;
  }
  const auto told = response_head_.Get(HeaderId::kXEnvoyDecoratorOperation);
  if (!told || OperationOf(trace) != nullptr) return;
  if (!told->empty()) info_.span->SetName(*told);
  response_head_.Remove(HeaderId::kXEnvoyDecoratorOperation);
}

void HttpStream::FinishTrace(const TraceOptions& trace) {
  if (info_.health_check) connection_.manager().tracing_stats().health_check.Inc();
  if (info_.span == nullptr) return;
  tracing::TagRequest(*info_.span, trace.tags,
                      {.info = info_,
                       .request = request_head_,
                       .response = response_head_,
                       .trailers = response_trailers_,
                       .route = route_ == nullptr ? nullptr : route_->tracing});
  info_.span->Finish(loop().Now());
}

}  // namespace sluice::downstream
