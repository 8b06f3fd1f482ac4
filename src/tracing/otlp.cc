#include "otlp.h"

#include "sluice/base/protobuf.h"
#include "sluice/http/number.h"

namespace sluice::tracing {
namespace {

constexpr uint32_t kSpansOfScope = 2;
constexpr uint64_t kServer = 2;  // SpanKind
constexpr uint64_t kClient = 3;
constexpr uint64_t kError = 2;  // Status.code

// Big-endian.
void AppendId(std::string& out, uint64_t id) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(id >> shift & 0xff));
}

void WriteAttribute(ProtoWriter& out, uint32_t field, std::string_view key,
                    std::string_view value) {
  out.Message(field, [&] {
    out.Text(1, key);
    out.Message(2, [&] { out.OneofText(1, value); });
  });
}

uint64_t Nanos(WallTime at) { return static_cast<uint64_t>(at.time_since_epoch().count()); }

// A server's span is not at fault for what its client did wrong, a client's span is.
bool IsError(const Span& span) {
  const auto status = http::ParseDecimal(span.FindTag("http.status_code"));
  const uint64_t least = span.kind() == SpanKind::kServer ? 500 : 400;
  return status && *status >= least;
}

}  // namespace

void AppendOtlpSpan(const Span& span, std::string& out) {
  const SpanContext& context = span.context();
  ProtoWriter writer(out);
  writer.Message(kSpansOfScope, [&] {
    std::string id;
    AppendId(id, context.trace_high);
    AppendId(id, context.trace_low);
    writer.Text(1, id);
    id.clear();
    AppendId(id, context.span_id);
    writer.Text(2, id);
    writer.Text(3, context.state);
    if (context.parent_id != 0) {
      id.clear();
      AppendId(id, context.parent_id);
      writer.Text(4, id);
    }
    writer.Text(5, span.name());
    writer.Number(6, span.kind() == SpanKind::kServer ? kServer : kClient);
    writer.Fixed64(7, Nanos(span.start_wall()));
    writer.Fixed64(8, Nanos(span.start_wall() + span.length()));
    for (const SpanTag* tag = span.tags(); tag != nullptr; tag = tag->next) {
      WriteAttribute(writer, 9, tag->name, tag->value);
    }
    for (const SpanEvent* event = span.events(); event != nullptr; event = event->next) {
      writer.Message(11, [&] {
        writer.Fixed64(1, Nanos(event->at));
        writer.Text(2, event->name);
      });
    }
    if (IsError(span)) writer.Message(15, [&] { writer.Number(3, kError); });
  });
}

std::string MakeOtlpResource(const ResourceAttributes& attributes) {
  std::string out;
  ProtoWriter writer(out);
  for (const auto& [key, value] : attributes) WriteAttribute(writer, 1, key, value);
  return out;
}

std::string MakeOtlpRequest(std::string_view resource, std::string_view spans) {
  std::string scope;
  ProtoWriter scope_writer(scope);
  scope_writer.Message(1, [&] { scope_writer.Text(1, "sluice"); });
  scope.append(spans);
  std::string out;
  ProtoWriter writer(out);
  writer.Message(1, [&] {
    writer.OneofText(1, resource);
    writer.OneofText(2, scope);
  });
  return out;
}

}  // namespace sluice::tracing
