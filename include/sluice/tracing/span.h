// A span: what the proxy tells a collector about one request, or one attempt to forward it. And the
// Driver that makes spans part of traces: it reads and writes the contexts in heads, and takes
// spans that are over.
//
// A span lives in its stream's arena, views and all; one worker. Hard rule: it is finished once,
// and what the driver keeps of it is copied then.
#pragma once

#include <cstdint>
#include <string_view>

#include "sluice/base/clock.h"
#include "sluice/buffer/arena.h"

namespace sluice::http {
class HeaderMap;
}
namespace sluice::route {
class TextFormat;
}

namespace sluice::tracing {

enum class SpanKind : uint8_t { kServer, kClient };

// What travels from hop to hop.
struct SpanContext {
  uint64_t trace_high = 0;  // 0, and not wide: the trace's id has 64 bits
  uint64_t trace_low = 0;
  uint64_t span_id = 0;
  uint64_t parent_id = 0;  // 0: none
  bool sampled = false;
  bool wide = false;         // the trace's id has 128 bits, even if the first half is 0
  bool shared = false;       // the id is the caller's own span's (Zipkin)
  std::string_view state{};  // W3C's tracestate, as it came
};

class Span;

class Driver {
 public:
  virtual ~Driver() = default;

  // The context of a request's span: part of the trace that its head names, else of a new one,
  // which is sampled if `sampled` says so. False: the head names one in a way that cannot be
  // understood; the request gets no span, and what it says goes on unchanged.
  virtual bool Begin(http::HeaderMap& head, SpanKind kind, bool sampled, SpanContext& out) = 0;
  virtual SpanContext Child(const SpanContext& parent) = 0;
  virtual void Inject(const SpanContext& context, http::HeaderMap& head) = 0;
  // A sampled span that is over.
  virtual void Report(const Span& span) = 0;

  // The configuration wants a server's span for each request, whatever the listener's direction.
  virtual bool splits_spans() const { return false; }
  // Spans are named after the host unless something else names them.
  virtual bool names_by_host() const { return false; }
  // What is still here is sent; how many reports are under way.
  virtual void Flush() {}
  virtual size_t reports_under_way() const { return 0; }
};

struct SpanTag {
  std::string_view name;
  std::string_view value;
  SpanTag* next = nullptr;
};

struct SpanEvent {
  std::string_view name;
  WallTime at{};
  SpanEvent* next = nullptr;
};

class Span {
 public:
  struct Start {
    SpanKind kind = SpanKind::kServer;
    std::string_view name;
    MonoTime at{};
    WallTime wall{};
    bool spawns = false;  // each attempt to forward the request has a span of its own
    const route::TextFormat* child_name = nullptr;  // theirs; null: after the cluster
  };
  Span(Driver& driver, Arena& arena, const SpanContext& context, const Start& start);

  // Nothing is remembered of spans that are not sampled. Views must live as long as the arena.
  void SetTag(std::string_view name, std::string_view value);
  void SetNumber(std::string_view name, uint64_t value);
  void AddEvent(std::string_view name, MonoTime at);
  void SetName(std::string_view name);
  void Inject(http::HeaderMap& head) { driver_.Inject(context_, head); }
  Span* MakeChild(std::string_view name, MonoTime at);
  // To the driver, if it is sampled; only the first call counts.
  void Finish(MonoTime at);

  bool sampled() const { return context_.sampled; }
  bool finished() const { return finished_; }
  const SpanContext& context() const { return context_; }
  bool spawns() const { return start_.spawns; }
  const route::TextFormat* child_name() const { return start_.child_name; }
  SpanKind kind() const { return start_.kind; }
  std::string_view name() const { return start_.name; }
  WallTime start_wall() const { return start_.wall; }
  Duration length() const { return length_; }
  const SpanTag* tags() const { return tags_; }
  const SpanEvent* events() const { return events_; }
  std::string_view FindTag(std::string_view name) const;  // empty: there is none
  Arena& arena() { return arena_; }

 private:
  Driver& driver_;
  Arena& arena_;
  const SpanContext context_;
  Start start_;
  SpanTag* tags_ = nullptr;  // in order
  SpanTag* last_tag_ = nullptr;
  SpanEvent* events_ = nullptr;
  SpanEvent* last_event_ = nullptr;
  Duration length_{};
  bool finished_ = false;
};

// 16 or 32 hex digits in the arena.
std::string_view HexId(uint64_t id, Arena& arena);
std::string_view HexTraceId(const SpanContext& context, Arena& arena);

}  // namespace sluice::tracing
