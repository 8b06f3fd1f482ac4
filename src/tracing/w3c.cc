// https://www.w3.org/TR/trace-context/
#include "hex.h"
#include "propagation.h"

namespace sluice::tracing {
namespace {

constexpr std::string_view kParent = "traceparent";
constexpr std::string_view kState = "tracestate";
// 00-{trace id}-{span id}-{flags}
constexpr size_t kTraceAt = 3;
constexpr size_t kSpanAt = kTraceAt + 2 * kIdDigits + 1;
constexpr size_t kFlagsAt = kSpanAt + kIdDigits + 1;
constexpr size_t kSize = kFlagsAt + 2;

std::optional<uint64_t> Lower(std::string_view text) { return ParseHex(text, false); }

bool Parse(std::string_view text, Extracted& out) {
  if (text.size() < kSize || text[kTraceAt - 1] != '-' || text[kSpanAt - 1] != '-' ||
      text[kFlagsAt - 1] != '-') {
    return false;
  }
  const auto version = Lower(text.substr(0, 2));
  const auto high = Lower(text.substr(kTraceAt, kIdDigits));
  const auto low = Lower(text.substr(kTraceAt + kIdDigits, kIdDigits));
  const auto span = Lower(text.substr(kSpanAt, kIdDigits));
  const auto flags = Lower(text.substr(kFlagsAt, 2));
  if (!version || !high || !low || !span || !flags || *version == 0xff) return false;
  // Later versions may have more behind a dash.
  if (text.size() > kSize && (*version == 0 || text[kSize] != '-')) return false;
  if ((*high == 0 && *low == 0) || *span == 0) return false;
  out.context.trace_high = *high;
  out.context.trace_low = *low;
  out.context.span_id = *span;
  out.sampled = (*flags & 1) != 0;
  return true;
}

}  // namespace

Extracted ExtractW3c(const http::HeaderMap& head) {
  Extracted out;
  const auto parent = head.GetJoined(kParent);  // two of them make nonsense
  if (!parent) return out;
  out.found = Parse(*parent, out) ? Found::kContext : Found::kBroken;
  return out;
}

void InjectW3c(const SpanContext& context, http::HeaderMap& head) {
  char text[kSize] = {'0', '0', '-'};
  WriteHex(text + kTraceAt, context.trace_high);
  WriteHex(text + kTraceAt + kIdDigits, context.trace_low);
  text[kSpanAt - 1] = '-';
  WriteHex(text + kSpanAt, context.span_id);
  text[kFlagsAt - 1] = '-';
  text[kFlagsAt] = '0';
  text[kFlagsAt + 1] = context.sampled ? '1' : '0';
  head.Set(kParent, std::string_view(text, kSize));
}

std::string_view W3cState(const http::HeaderMap& head) {
  return head.GetJoined(kState).value_or("");
}

void DropW3cState(http::HeaderMap& head) { head.Remove(kState); }

}  // namespace sluice::tracing
