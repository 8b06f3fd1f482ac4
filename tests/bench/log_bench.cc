// What a worker pays for an access-log line: formatting, and formatting with enqueuing.
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "sluice/log/access_log.h"
#include "sluice/log/formatter.h"
#include "unit/log/fixture.h"

namespace sluice::log {
namespace {

void FormatLoop(benchmark::State& state, std::string_view format) {
  const auto formatter = Formatter::Compile(format);
  const Exchange exchange;
  const FormatContext context = exchange.context();
  std::string out;
  for (auto _ : state) {
    out.clear();
    formatter->Append(out, context);
    benchmark::DoNotOptimize(out.data());
  }
}

void BM_DefaultFormat(benchmark::State& state) { FormatLoop(state, kDefaultFormat); }
BENCHMARK(BM_DefaultFormat);

void BM_RemoteAddress(benchmark::State& state) {
  FormatLoop(state, "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%");
}
BENCHMARK(BM_RemoteAddress);

void BM_DefaultFormatEnqueued(benchmark::State& state) {
  const auto formatter = Formatter::Compile(kDefaultFormat);
  stats::Store store(2);
  WriterSignal signal;
  LogQueue queue(size_t{1} << 20, size_t{64} << 10, signal, stats::Scope(store, 1, "f"));
  const Exchange exchange;
  const FormatContext context = exchange.context();
  uint64_t lines = 0;
  for (auto _ : state) {
    std::string& line = queue.scratch();
    line.clear();
    formatter->Append(line, context);
    queue.Push(0, line);
    // The writer's half is another thread's; here it costs a few nanoseconds a line.
    if (++lines % 256 == 0) queue.Drain([](uint32_t, std::string_view) {});
  }
}
BENCHMARK(BM_DefaultFormatEnqueued);

}  // namespace
}  // namespace sluice::log
