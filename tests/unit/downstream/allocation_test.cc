// Steady keep-alive costs no heap allocation, and little time.
#include <chrono>
#include <cstdlib>
#include <new>

#include "connection_fixture.h"

namespace {
size_t g_allocations = 0;
}  // namespace

void* operator new(size_t size) {
  ++g_allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
void* operator new(size_t size, std::align_val_t alignment) {
  ++g_allocations;
  const auto align = static_cast<size_t>(alignment);
  if (void* memory = std::aligned_alloc(align, (size + align - 1) / align * align)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }

namespace sluice::downstream {
namespace {

class PlainFilter final : public filter::HttpFilter {
 public:
  filter::FilterStatus OnRequestHead(http::HeaderMap& /*head*/, bool /*end*/) override {
    http::HeaderMap& response = host().response_head();
    response.SetView(http::HeaderId::kStatus, "200");
    response.SetView(http::HeaderId::kContentLength, "5");
    host().SendResponseHead(false);
    ByteChain body;
    body.Append(std::string_view("hello"));
    host().SendResponseData(body, true);
    return filter::FilterStatus::kContinue;
  }
};

class PlainWorker final : public filter::HttpFilterWorker {
 public:
  filter::HttpFilter* Create(Arena& arena) override { return arena.New<PlainFilter>(); }
};

class PlainFactory final : public filter::HttpFilterFactory {
 public:
  bool terminal() const override { return true; }
  std::unique_ptr<filter::HttpFilterWorker> MakeWorker(filter::WorkerContext&,
                                                       const stats::Scope&) const override {
    return std::make_unique<PlainWorker>();
  }
};

// Passes contexts on in the head, as real ones do, and expects no span.
class SilentDriver final : public tracing::Driver {
 public:
  // tracing::Driver
  bool Begin(http::HeaderMap& head, tracing::SpanKind /*kind*/, bool sampled,
             tracing::SpanContext& out) override {
    out = {.trace_low = 1, .span_id = 2, .sampled = sampled};
    Inject(out, head);
    return true;
  }
  tracing::SpanContext Child(const tracing::SpanContext& parent) override { return parent; }
  void Inject(const tracing::SpanContext& context, http::HeaderMap& head) override {
    head.Set("x-trace", tracing::HexId(context.span_id, head.arena()));
  }
  void Report(const tracing::Span& /*span*/) override { ADD_FAILURE() << "a span was reported"; }
};

class SilentTracer final : public tracing::DriverFactory {
 public:
  // tracing::DriverFactory
  std::unique_ptr<tracing::Driver> Make(filter::WorkerContext& /*worker*/) const override {
    return std::make_unique<SilentDriver>();
  }
};

class AllocationTest : public HttpConnectionTest {
 protected:
  void ExpectNoneInSteadyState();
};

TEST_F(AllocationTest, SteadyKeepAliveAllocatesNothing) { ExpectNoneInSteadyState(); }

TEST_F(AllocationTest, RequestsThatAreNotSampledAllocateNothing) {
  auto trace = std::make_unique<TraceOptions>();
  trace->rules.sampling.random = {0, 100};
  const auto tracer = std::make_shared<const tracing::Tracer>(std::make_unique<SilentTracer>());
  const auto service = tracer->MakeService(worker_);
  trace->tracer = tracer;
  trace->spawn_upstream_span = true;
  plan_->options.tracing = std::move(trace);
  ExpectNoneInSteadyState();
}

void AllocationTest::ExpectNoneInSteadyState() {
  plan_->chains.emplace_back().filters.push_back({std::make_unique<PlainFactory>(), false});
  manager_ = std::make_unique<ManagerWorker>(plan_, worker_);
  Connect();
  constexpr std::string_view kRequest =
      "GET /index.html HTTP/1.1\r\nhost: example.com\r\nuser-agent: bench/1.0\r\naccept: */*\r\n"
      "\r\n";
  char bytes[4096];
  const auto exchange = [&] {
    ASSERT_EQ(::send(client_, kRequest.data(), kRequest.size(), 0),
              static_cast<ssize_t>(kRequest.size()));
    for (int turn = 0; turn < 4; ++turn) {
      loop_.RunOnce({});
      if (::recv(client_, bytes, sizeof(bytes), MSG_DONTWAIT) > 0) return;
    }
    FAIL() << "no answer";
  };
  for (int i = 0; i < 100; ++i) exchange();
  const size_t before = g_allocations;
  for (int i = 0; i < 100; ++i) exchange();
  EXPECT_EQ(g_allocations, before);
}

}  // namespace
}  // namespace sluice::downstream
