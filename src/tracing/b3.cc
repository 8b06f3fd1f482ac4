// https://github.com/openzipkin/b3-propagation
#include "hex.h"
#include "propagation.h"

namespace sluice::tracing {
namespace {

constexpr std::string_view kTraceId = "x-b3-traceid";
constexpr std::string_view kSpanId = "x-b3-spanid";
constexpr std::string_view kParentId = "x-b3-parentspanid";
constexpr std::string_view kSampled = "x-b3-sampled";
constexpr std::string_view kFlags = "x-b3-flags";
constexpr std::string_view kSingle = "b3";

bool ParseTraceId(std::string_view text, SpanContext& out) {
  if (text.size() == 2 * kIdDigits) {
    const auto high = ParseHex(text.substr(0, kIdDigits));
    if (!high) return false;
    out.trace_high = *high;
    text.remove_prefix(kIdDigits);
  }
  const auto low = ParseHex(text);
  if (!low) return false;
  out.trace_low = *low;
  return out.trace_low != 0 || out.trace_high != 0;
}

bool ParseSpanId(std::string_view text, uint64_t& out) {
  const auto id = ParseHex(text);
  if (!id || *id == 0) return false;
  out = *id;
  return true;
}

std::optional<bool> ParseFlag(std::string_view flag) {
  if (flag == "1" || flag == "d") return true;
  if (flag == "0") return false;
  return std::nullopt;
}

// {trace id}-{span id}[-{flag}[-{parent}]], or a flag alone.
Extracted ExtractSingle(std::string_view text) {
  Extracted out;
  const auto next = [&text] {
    const size_t dash = text.find('-');
    const std::string_view part = text.substr(0, dash);
    text = dash == std::string_view::npos ? std::string_view() : text.substr(dash + 1);
    return part;
  };
  if (text.size() == 1) {
    out.sampled = ParseFlag(text);
    out.found = out.sampled ? Found::kNothing : Found::kBroken;
    return out;
  }
  const std::string_view trace = next();
  const std::string_view span = next();
  bool good = (trace.size() == kIdDigits || trace.size() == 2 * kIdDigits) &&
              span.size() == kIdDigits && ParseTraceId(trace, out.context) &&
              ParseSpanId(span, out.context.span_id);
  if (good && !text.empty()) {
    const std::string_view flag = next();
    if (flag.size() == 1) {
      out.sampled = ParseFlag(flag);
      good = out.sampled.has_value();
      if (good && !text.empty()) good = ParseSpanId(text, out.context.parent_id);
    } else {  // the parent without a flag
      good = text.empty() && ParseSpanId(flag, out.context.parent_id);
    }
  }
  out.found = good ? Found::kContext : Found::kBroken;
  return out;
}

}  // namespace

Extracted ExtractB3(const http::HeaderMap& head) {
  if (const auto single = head.Get(kSingle)) return ExtractSingle(*single);
  Extracted out;
  if (const auto sampled = head.Get(kSampled)) out.sampled = *sampled == "1" || *sampled == "true";
  if (head.Get(kFlags) == "1") out.sampled = true;  // debug
  const auto trace = head.Get(kTraceId);
  const auto span = head.Get(kSpanId);
  if (!trace || !span) return out;
  bool good = ParseTraceId(*trace, out.context) && ParseSpanId(*span, out.context.span_id);
  const std::string_view parent = head.Get(kParentId).value_or("");
  if (good && !parent.empty()) good = ParseSpanId(parent, out.context.parent_id);
  out.found = good ? Found::kContext : Found::kBroken;
  return out;
}

// Who sent the single field reads it: it must not name another span than the others do.
void InjectB3(const SpanContext& context, http::HeaderMap& head) {
  Arena& arena = head.arena();
  const std::string_view trace = HexTraceId(context, arena);
  const std::string_view span = HexId(context.span_id, arena);
  const std::string_view sampled = context.sampled ? "1" : "0";
  head.Set(kTraceId, trace);
  head.Set(kSpanId, span);
  std::string_view parent;
  if (context.parent_id != 0) {
    parent = HexId(context.parent_id, arena);
    head.Set(kParentId, parent);
  } else {
    head.Remove(kParentId);
  }
  head.Set(kSampled, sampled);
  if (!head.Get(kSingle)) return;
  char text[4 * kIdDigits + 4];
  char* end = text;
  const auto put = [&end](std::string_view part) { end = part.copy(end, part.size()) + end; };
  put(trace);
  put("-");
  put(span);
  put("-");
  put(sampled);
  if (!parent.empty()) {
    put("-");
    put(parent);
  }
  head.Set(kSingle, std::string_view(text, static_cast<size_t>(end - text)));
}

}  // namespace sluice::tracing
