#include <map>

#include "fixture.h"
#include "priority_load.h"

namespace sluice::upstream {
namespace {

std::string Weighted(const std::vector<std::pair<int, int>>& port_weight) {
  std::string yaml =
      "name: c\nload_assignment:\n  cluster_name: c\n  endpoints:\n  - lb_endpoints:\n";
  for (const auto& [port, weight] : port_weight) {
    yaml += "    - {load_balancing_weight: " + std::to_string(weight) +
            ", endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: " +
            std::to_string(port) + "}}}}\n";
  }
  return yaml;
}

class RoundRobinTest : public UpstreamTest {
 protected:
  std::map<uint16_t, int> Pick(int times) {
    std::map<uint16_t, int> picks;
    for (int i = 0; i < times; ++i) ++picks[cluster().PickHost(LbContext{})->address().port()];
    return picks;
  }
  std::string Order(int times) {
    std::string order;
    for (int i = 0; i < times; ++i) {
      order += static_cast<char>('0' + cluster().PickHost(LbContext{})->address().port());
    }
    return order;
  }
};

TEST_F(RoundRobinTest, EqualWeightsTakeExactTurns) {
  Load({Static({1, 2, 3, 4})});
  const auto picks = Pick(4000);
  for (const auto& [port, count] : picks) EXPECT_EQ(count, 1000) << port;
  const std::string order = Order(8);
  EXPECT_EQ(order.substr(0, 4), order.substr(4));
}

TEST_F(RoundRobinTest, WeightsAreExactAndSmooth) {
  Load({Weighted({{1, 5}, {2, 1}, {3, 1}})});
  EXPECT_EQ(Order(7), "1121311");
  EXPECT_EQ(Pick(700), (std::map<uint16_t, int>{{1, 500}, {2, 100}, {3, 100}}));
}

TEST_F(RoundRobinTest, UnhealthyHostsAreLeftOut) {
  Load({R"(
name: c
load_assignment:
  cluster_name: c
  endpoints:
  - lb_endpoints:
    - {endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 1}}}}
    - {health_status: UNHEALTHY, endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 2}}}}
    - {health_status: HEALTHY, endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 3}}}}
)"});
  EXPECT_EQ(Level("membership_healthy"), 2U);
  const auto picks = Pick(200);
  EXPECT_FALSE(picks.contains(2));
}

TEST_F(RoundRobinTest, SecondPriorityWaitsForTheFirstToFail) {
  Load({R"(
name: c
load_assignment:
  cluster_name: c
  endpoints:
  - priority: 0
    lb_endpoints:
    - {endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 1}}}}
  - priority: 1
    lb_endpoints:
    - {endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 2}}}}
)"});
  EXPECT_EQ(Pick(100), (std::map<uint16_t, int>{{1, 100}}));
}

TEST_F(RoundRobinTest, AvoidedHostIsPickedOnlyWhenTriesAreUsedUp) {
  Load({Static({1, 2})});
  struct AvoidOne final : HostFilter {
    bool Avoid(const Host& host) const override { return host.address().port() == 1; }
  } avoid;
  LbContext context;
  context.avoid = &avoid;
  context.max_avoid_attempts = 3;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(cluster().PickHost(context)->address().port(), 2);
}

TEST(PriorityLoadTest, SpreadsAsEnvoyDocumentsIt) {
  const auto spread = [](std::vector<PriorityHealth> health) {
    std::vector<uint32_t> loads;
    for (const PriorityLoad& load : SpreadOverPriorities(health, 140)) {
      loads.push_back(load.healthy_percent);
      if (load.degraded_percent != 0) loads.push_back(1000 + load.degraded_percent);
    }
    return loads;
  };
  using Loads = std::vector<uint32_t>;
  EXPECT_EQ(spread({{100, 100, 0}, {100, 100, 0}}), (Loads{100, 0}));
  EXPECT_EQ(spread({{100, 72, 0}, {100, 72, 0}}), (Loads{100, 0}));
  EXPECT_EQ(spread({{100, 71, 0}, {100, 71, 0}}), (Loads{99, 1}));
  EXPECT_EQ(spread({{100, 50, 0}, {100, 50, 0}}), (Loads{70, 30}));
  EXPECT_EQ(spread({{100, 25, 0}, {100, 100, 0}}), (Loads{35, 65}));
  EXPECT_EQ(spread({{100, 25, 0}, {100, 25, 0}}), (Loads{50, 50}));
  EXPECT_EQ(spread({{100, 0, 0}, {100, 0, 0}}), (Loads{0, 0}));
  EXPECT_EQ(spread({{100, 0, 100}}), (Loads{0, 1100}));
  EXPECT_EQ(spread({{100, 50, 50}}), (Loads{70, 1030}));
  EXPECT_EQ(spread({{0, 0, 0}, {4, 4, 0}}), (Loads{0, 100}));
}

TEST(PriorityLoadTest, TicketsFallWhereTheLoadIs) {
  const std::vector<PriorityLoad> loads{{70, 10}, {20, 0}};
  int counts[3] = {};
  for (uint32_t ticket = 0; ticket < 100; ++ticket) {
    const PriorityChoice choice = ChoosePriority(loads, ticket);
    ++counts[choice.degraded ? 2 : choice.priority];
  }
  EXPECT_EQ(counts[0], 70);
  EXPECT_EQ(counts[1], 20);
  EXPECT_EQ(counts[2], 10);
}

}  // namespace
}  // namespace sluice::upstream
