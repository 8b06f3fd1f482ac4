#include "header_mutation_filter.h"

#include <gtest/gtest.h>

#include "support/filter_host.h"
#include "support/parse_config.h"

namespace sluice::filters::header_mutation {
namespace {

HeaderMutation Compile(const std::string& yaml) {
  config::Problems problems;
  const auto config = test::ParseConfig<HeaderMutationConfig>(yaml);
  HeaderMutation out{Mutations(config.mutations, problems),
                     config.most_specific_header_mutations_wins};
  EXPECT_TRUE(problems.ok()) << problems.Text();
  return out;
}

std::shared_ptr<const Mutations> Level(const std::string& value) {
  config::Problems problems;
  const auto config = test::ParseConfig<HeaderMutationPerRouteConfig>(
      "mutations: {request_mutations: [{append: {header: {key: x, value: " + value + "}}}]}");
  return std::make_shared<const Mutations>(config.mutations, problems);
}

TEST(HeaderMutationFilterTest, ChangesEachPartOfTheExchange) {
  const HeaderMutation config = Compile(R"(
mutations:
  request_mutations: [{append: {header: {key: x-path, value: '%REQ(:path)%'}}}, {remove: x-in}]
  response_mutations: [{append: {header: {key: server, value: me}, append_action: OVERWRITE_IF_EXISTS_OR_ADD}}]
  request_trailers_mutations: [{remove: t}]
  response_trailers_mutations: [{append: {header: {key: u, value: '1'}}}]
)");
  test::FilterHost host;
  filter::HttpFilter& filter = host.Adopt(host.arena().New<HeaderMutationFilter>(config));
  host.request_head().Add(":path", "/p");
  host.request_head().Add("x-in", "1");
  filter.OnRequestHead(host.request_head(), false);
  EXPECT_EQ(host.request_head().Get("x-path"), "/p");
  EXPECT_FALSE(host.request_head().Get("x-in"));
  host.request_trailers().Add("t", "1");
  filter.OnRequestTrailers(host.request_trailers());
  EXPECT_FALSE(host.request_trailers().Get("t"));
  host.response_head().Add("server", "them");
  filter.OnResponseHead(host.response_head(), false);
  EXPECT_EQ(host.response_head().GetJoined("server"), "me");
  filter.OnResponseTrailers(host.response_trailers());
  EXPECT_EQ(host.response_trailers().Get("u"), "1");
}

TEST(HeaderMutationFilterTest, LevelsOfTheRouteComeAfterTheFilterInTheOrderChosen) {
  const RouteMutations route{{Level("outer"), Level("inner")}};
  for (const auto& [wins, order] : std::vector<std::pair<const char*, const char*>>{
           {"false", "own,inner,outer"}, {"true", "own,outer,inner"}}) {
    const HeaderMutation config =
        Compile("{most_specific_header_mutations_wins: " + std::string(wins) +
                ", mutations: {request_mutations: [{append: {header: {key: x, value: own}}}]}}");
    test::FilterHost host;
    filter::HttpFilter& filter = host.Adopt(host.arena().New<HeaderMutationFilter>(config));
    host.config = &route;
    filter.OnRequestHead(host.request_head(), true);
    EXPECT_EQ(host.request_head().GetJoined("x"), order);
  }
}

TEST(HeaderMutationFilterTest, NonsenseIsRefused) {
  EXPECT_NE(test::ProblemsOf<HeaderMutationConfig>("mutations: {request_mutations: [{}]}"), "");
  EXPECT_NE(test::ProblemsOf<HeaderMutationConfig>("mutations: {query_parameter_mutations: [{}]}"),
            "");
  config::Problems problems;
  const auto config = test::ParseConfig<HeaderMutationConfig>(
      "mutations: {request_mutations: [{append: {header: {key: x, value: '%NOPE%'}}}]}");
  const Mutations mutations(config.mutations, problems);
  EXPECT_FALSE(problems.ok());
}

}  // namespace
}  // namespace sluice::filters::header_mutation
