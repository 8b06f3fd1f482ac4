// The header map: filling it with a browser's fields, asking, changing, finding names.
#include <array>
#include <string_view>
#include <utility>

#include <benchmark/benchmark.h>

#include "sluice/buffer/arena.h"
#include "sluice/http/header_map.h"

namespace sluice::http {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kFields = {{
    {":method", "GET"},
    {":path", "/some/path?with=query"},
    {":authority", "www.example.com"},
    {"user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"},
    {"accept", "text/html,application/xhtml+xml"},
    {"accept-encoding", "gzip, deflate, br"},
    {"accept-language", "en-US,en;q=0.5"},
    {"cookie", "session=0123456789abcdef"},
    {"x-forwarded-for", "203.0.113.7"},
    {"x-of-our-own", "1"},
}};

void Fill(HeaderMap& map) {
  for (const auto& [name, value] : kFields) map.AddView(name, value);
}

void BM_Fill(benchmark::State& state) {
  Arena arena;
  for (auto _ : state) {
    HeaderMap map(arena);
    Fill(map);
    benchmark::DoNotOptimize(map.byte_size());
    arena.Reset();
  }
}
BENCHMARK(BM_Fill);

void BM_GetKnown(benchmark::State& state) {
  Arena arena;
  HeaderMap map(arena);
  Fill(map);
  for (auto _ : state) {
    benchmark::DoNotOptimize(map.Get(HeaderId::kPath));
    benchmark::DoNotOptimize(map.Get(HeaderId::kUpgrade));
  }
}
BENCHMARK(BM_GetKnown);

void BM_GetByName(benchmark::State& state) {
  Arena arena;
  HeaderMap map(arena);
  Fill(map);
  for (auto _ : state) benchmark::DoNotOptimize(map.Get("x-of-our-own"));
}
BENCHMARK(BM_GetByName);

void BM_SetAndRemove(benchmark::State& state) {
  Arena arena;
  for (auto _ : state) {
    HeaderMap map(arena);
    Fill(map);
    map.SetView(HeaderId::kXForwardedFor, "203.0.113.7, 10.0.0.1");
    map.Remove(HeaderId::kCookie);
    benchmark::DoNotOptimize(map.size());
    arena.Reset();
  }
}
BENCHMARK(BM_SetAndRemove);

void BM_FindHeaderId(benchmark::State& state) {
  for (auto _ : state) {
    for (const auto& [name, value] : kFields) benchmark::DoNotOptimize(FindHeaderId(name));
  }
}
BENCHMARK(BM_FindHeaderId);

}  // namespace
}  // namespace sluice::http
