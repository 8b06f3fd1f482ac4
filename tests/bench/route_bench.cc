// The cost of a match must not grow with the number of routes or hosts: compare the rows of a
// family by their ratio to the first.
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "sluice/config/parse.h"
#include "sluice/config/reader.h"
#include "sluice/route/build.h"
#include "sluice/route/config.h"
#include "support/head.h"

namespace sluice::route {
namespace {

std::shared_ptr<const RouteTable> Build(const std::string& yaml) {
  config::Problems problems;
  const auto node =
      config::ReadText("bench", yaml, config::Format::kYaml, config::ReadOptions(), problems);
  auto parsed = std::make_shared<RouteConfiguration>();
  if (!node || !config::Parse(*node, {}, problems, *parsed)) return nullptr;
  BuildInput input;
  input.config = parsed;
  return BuildTable(input, problems);
}

// Requests for eight of the routes, spread over all of them.
std::vector<test::Head> Requests(int64_t routes, std::string_view host, std::string_view suffix) {
  std::vector<test::Head> out;
  for (int64_t i = 0; i < 8; ++i) {
    const std::string number = std::to_string(100'000 + i * (routes - 1) / 7);
    out.push_back(test::Head::Get(std::string(host) == "*" ? number + ".example.com" : host,
                                  "/service-" + number + std::string(suffix)));
  }
  return out;
}

void Run(benchmark::State& state, const RouteTable& table, const std::vector<test::Head>& heads) {
  size_t i = 0;
  for (auto _ : state) {
    const MatchInput input{.head = heads[i++ & 7]};
    benchmark::DoNotOptimize(table.Match(input));
  }
}

void BM_Prefixes(benchmark::State& state) {
  std::string yaml = "virtual_hosts: [{name: v, domains: ['*'], routes: [\n";
  for (int64_t i = 0; i < state.range(0); ++i) {
    yaml +=
        "{match: {prefix: /service-" + std::to_string(100'000 + i) + "/}, route: {cluster: a}},\n";
  }
  const auto table = Build(yaml + "{match: {prefix: /}, route: {cluster: b}}]}]");
  Run(state, *table, Requests(state.range(0), "host", "/some/path?and=query"));
}
BENCHMARK(BM_Prefixes)->Arg(10)->Arg(100)->Arg(1000)->Arg(10'000);

void BM_ExactPaths(benchmark::State& state) {
  std::string yaml = "virtual_hosts: [{name: v, domains: ['*'], routes: [\n";
  for (int64_t i = 0; i < state.range(0); ++i) {
    yaml += "{match: {path: /service-" + std::to_string(100'000 + i) + "}, route: {cluster: a}},\n";
  }
  const auto table = Build(yaml + "{match: {prefix: /}, route: {cluster: b}}]}]");
  Run(state, *table, Requests(state.range(0), "host", ""));
}
BENCHMARK(BM_ExactPaths)->Arg(10)->Arg(10'000);

void BM_Hosts(benchmark::State& state) {
  std::string yaml = "virtual_hosts:\n";
  for (int64_t i = 0; i < state.range(0); ++i) {
    const std::string number = std::to_string(100'000 + i);
    yaml += "- {name: v" + number + ", domains: [" + number +
            ".example.com], routes: [{match: {prefix: /}, route: {cluster: a}}]}\n";
  }
  const auto table = Build(yaml);
  Run(state, *table, Requests(state.range(0), "*", "/"));
}
BENCHMARK(BM_Hosts)->Arg(10)->Arg(10'000);

}  // namespace
}  // namespace sluice::route
