// Subsets of a cluster's hosts: who fits, and what happens when nobody does.
#include <string>
#include <string_view>

#include "balancer_fixture.h"
#include "sluice/config/common.h"

namespace sluice::upstream {
namespace {

constexpr std::string_view kStages = R"(  - lb_endpoints:
    - {metadata: {filter_metadata: {envoy.lb: {stage: prod, v: 1}}}, endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 1}}}}
    - {metadata: {filter_metadata: {envoy.lb: {stage: prod, v: 2}}}, endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 2}}}}
    - {metadata: {filter_metadata: {envoy.lb: {stage: dev, v: 2}}}, endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 3}}}}
    - {endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 4}}}}
)";

class SubsetTest : public BalancerTest {
 protected:
  void LoadSubsets(const std::string& options) {
    Load({ClusterOf("c", "lb_subset_config: {" + options + "}", std::string(kStages))});
  }
  Picks PickFor(const std::string& fields, int times = 60) {
    const auto metadata =
        test::ParseConfig<config::Metadata>("filter_metadata: {envoy.lb: {" + fields + "}}");
    const match::MetadataCriteria criteria = match::CompileCriteria(metadata);
    LbContext context;
    context.metadata = &criteria;
    Picks picks;
    for (int i = 0; i < times; ++i) ++picks[PickPort(context)];
    return picks;
  }
};

TEST_F(SubsetTest, RequestsGoToTheHostsThatFit) {
  LoadSubsets("subset_selectors: [{keys: [stage]}, {keys: [v, stage]}]");
  EXPECT_EQ(PickFor("stage: prod"), (Picks{{1, 30}, {2, 30}}));
  EXPECT_EQ(PickFor("stage: dev"), (Picks{{3, 60}}));
  EXPECT_EQ(PickFor("stage: prod, v: 2"), (Picks{{2, 60}}));
  EXPECT_EQ(Count("lb_subsets_selected"), 180U);
  EXPECT_EQ(Level("lb_subsets_active"), 5U);
}

TEST_F(SubsetTest, WithoutFallbackNobodyFits) {
  LoadSubsets("subset_selectors: [{keys: [stage]}]");
  EXPECT_EQ(PickFor("stage: test"), (Picks{{0, 60}}));
  EXPECT_EQ(PickFor("v: 2"), (Picks{{0, 60}}));  // no selector has that key
  EXPECT_EQ(PickPort(), 0);
}

TEST_F(SubsetTest, FallbacksAreAnyHostOrTheDefaultSubset) {
  LoadSubsets("fallback_policy: ANY_ENDPOINT, subset_selectors: [{keys: [stage]}]");
  EXPECT_EQ(PickFor("stage: test").size(), 4U);
  EXPECT_EQ(Count("lb_subsets_fallback"), 60U);
  Unload();
  LoadSubsets(
      "fallback_policy: DEFAULT_SUBSET, default_subset: {stage: dev}, subset_selectors: [{keys: "
      "[stage]}]");
  EXPECT_EQ(PickFor("stage: test"), (Picks{{3, 60}}));
}

TEST_F(SubsetTest, ASelectorMayFallBackToFewerKeys) {
  LoadSubsets(
      "subset_selectors: [{keys: [stage]}, {keys: [stage, v], fallback_policy: KEYS_SUBSET, "
      "fallback_keys_subset: [stage]}]");
  EXPECT_EQ(PickFor("stage: dev, v: 9"), (Picks{{3, 60}}));
}

TEST_F(SubsetTest, PanicModeTakesAnyHost) {
  LoadSubsets(
      "fallback_policy: DEFAULT_SUBSET, default_subset: {stage: none}, panic_mode_any: true, "
      "subset_selectors: [{keys: [stage]}]");
  EXPECT_EQ(PickFor("stage: test").size(), 4U);
  EXPECT_EQ(Count("lb_subsets_fallback_panic"), 60U);
}

}  // namespace
}  // namespace sluice::upstream
