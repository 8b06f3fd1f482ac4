#include "sluice/tracing/span.h"

#include "hex.h"
#include "sluice/http/number.h"
#include "sluice/http/utf8.h"

namespace sluice::tracing {

Span::Span(Driver& driver, Arena& arena, const SpanContext& context, const Start& start)
    : driver_(driver), arena_(arena), context_(context), start_(start) {
  SetName(start.name);
}

void Span::SetTag(std::string_view name, std::string_view value) {
  if (!sampled()) return;
  value = http::SanitizeUtf8(value, arena_);
  for (SpanTag* tag = tags_; tag != nullptr; tag = tag->next) {
    if (tag->name != name) continue;
    tag->value = value;
    return;
  }
  auto* tag = arena_.New<SpanTag>(SpanTag{name, value, nullptr});
  (tags_ == nullptr ? tags_ : last_tag_->next) = tag;
  last_tag_ = tag;
}

void Span::SetNumber(std::string_view name, uint64_t value) {
  if (sampled()) SetTag(name, http::FormatDecimal(arena_, value));
}

void Span::AddEvent(std::string_view name, MonoTime at) {
  if (!sampled()) return;
  auto* event = arena_.New<SpanEvent>(SpanEvent{name, start_.wall + (at - start_.at), nullptr});
  (events_ == nullptr ? events_ : last_event_->next) = event;
  last_event_ = event;
}

void Span::SetName(std::string_view name) {
  if (sampled()) start_.name = http::SanitizeUtf8(name, arena_);
}

Span* Span::MakeChild(std::string_view name, MonoTime at) {
  return arena_.New<Span>(driver_, arena_, driver_.Child(context_),
                          Start{SpanKind::kClient, name, at, start_.wall + (at - start_.at)});
}

void Span::Finish(MonoTime at) {
  if (finished_) return;
  finished_ = true;
  length_ = at - start_.at;
  if (sampled()) driver_.Report(*this);
}

std::string_view Span::FindTag(std::string_view name) const {
  for (const SpanTag* tag = tags_; tag != nullptr; tag = tag->next) {
    if (tag->name == name) return tag->value;
  }
  return {};
}

std::string_view HexId(uint64_t id, Arena& arena) {
  auto* to = static_cast<char*>(arena.Allocate(kIdDigits, 1));
  WriteHex(to, id);
  return {to, kIdDigits};
}

std::string_view HexTraceId(const SpanContext& context, Arena& arena) {
  if (context.trace_high == 0 && !context.wide) return HexId(context.trace_low, arena);
  auto* to = static_cast<char*>(arena.Allocate(2 * kIdDigits, 1));
  WriteHex(to, context.trace_high);
  WriteHex(to + kIdDigits, context.trace_low);
  return {to, 2 * kIdDigits};
}

}  // namespace sluice::tracing
