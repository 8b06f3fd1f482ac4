// What counting costs a worker.
#include <cstdint>

#include <benchmark/benchmark.h>

#include "sluice/stats/store.h"

namespace sluice::stats {
namespace {

void BM_CounterInc(benchmark::State& state) {
  Store store(2);
  Counter counter = Scope(store, 1, "").MakeCounter("c");
  for (auto _ : state) {
    counter.Inc();
    benchmark::ClobberMemory();
  }
}
BENCHMARK(BM_CounterInc);

void BM_HistogramRecord(benchmark::State& state) {
  Store store(2);
  Histogram histogram = Scope(store, 1, "").MakeHistogram("h");
  uint64_t value = 1;
  for (auto _ : state) {
    histogram.Record(value);
    value = (value * 7 + 3) & 0xffff;  // 0 .. 65 s in milliseconds
    benchmark::ClobberMemory();
  }
}
BENCHMARK(BM_HistogramRecord);

}  // namespace
}  // namespace sluice::stats
