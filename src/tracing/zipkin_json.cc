#include "zipkin_json.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "hex.h"
#include "sluice/stats/render.h"

namespace sluice::tracing {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

int64_t Micros(WallTime at) { return duration_cast<microseconds>(at.time_since_epoch()).count(); }

void AppendText(std::string& out, std::string_view name, std::string_view text) {
  out.append("\"").append(name).append("\":");
  stats::AppendJsonString(out, text);
}

void AppendId(std::string& out, std::string_view name, uint64_t id) {
  char digits[kIdDigits];
  WriteHex(digits, id);
  out.append(",\"").append(name).append("\":\"").append(digits, kIdDigits).append("\"");
}

void AppendTags(std::string& out, const Span& span) {
  if (span.tags() == nullptr) return;
  out.append(",\"tags\":{");
  for (const SpanTag* tag = span.tags(); tag != nullptr; tag = tag->next) {
    if (tag != span.tags()) out.push_back(',');
    stats::AppendJsonString(out, tag->name);
    out.push_back(':');
    stats::AppendJsonString(out, tag->value);
  }
  out.push_back('}');
}

void AppendEvents(std::string& out, const Span& span) {
  if (span.events() == nullptr) return;
  out.append(",\"annotations\":[");
  for (const SpanEvent* event = span.events(); event != nullptr; event = event->next) {
    if (event != span.events()) out.push_back(',');
    fmt::format_to(std::back_inserter(out), "{{\"timestamp\":{},", Micros(event->at));
    AppendText(out, "value", event->name);
    out.push_back('}');
  }
  out.push_back(']');
}

}  // namespace

void AppendZipkinJson(const Span& span, std::string_view endpoint, std::string& out) {
  const SpanContext& context = span.context();
  char trace[2 * kIdDigits];
  WriteHex(trace, context.trace_high);
  WriteHex(trace + kIdDigits, context.trace_low);
  const size_t skip = context.trace_high == 0 ? kIdDigits : 0;
  out.append("{\"traceId\":\"").append(trace + skip, sizeof(trace) - skip).append("\"");
  AppendId(out, "id", context.span_id);
  if (context.parent_id != 0) AppendId(out, "parentId", context.parent_id);
  out.push_back(',');
  AppendText(out, "name", span.name());
  out.append(span.kind() == SpanKind::kServer ? ",\"kind\":\"SERVER\"" : ",\"kind\":\"CLIENT\"");
  // A duration of 0 would be one that is not known.
  const int64_t length = std::max<int64_t>(duration_cast<microseconds>(span.length()).count(), 1);
  fmt::format_to(std::back_inserter(out), ",\"timestamp\":{},\"duration\":{}",
                 Micros(span.start_wall()), length);
  if (context.shared) out.append(",\"shared\":true");
  out.append(",\"localEndpoint\":").append(endpoint);
  AppendEvents(out, span);
  AppendTags(out, span);
  out.push_back('}');
}

std::string ZipkinEndpoint(std::string_view service, std::string_view ip) {
  std::string out = "{";
  AppendText(out, "serviceName", service);
  if (!ip.empty()) {
    out.push_back(',');
    AppendText(out, ip.find(':') == std::string_view::npos ? "ipv4" : "ipv6", ip);
  }
  out.push_back('}');
  return out;
}

}  // namespace sluice::tracing
