// Each balancer against its definition: shares within bounds that a right one passes practically
// always (four standard deviations or more), and how much moves when a host leaves.
#include <cmath>
#include <map>
#include <string>

#include "balancer_fixture.h"
#include "sluice/config/common.h"
#include "sluice/upstream/cluster_options.h"

namespace sluice::upstream {
namespace {

TEST_F(BalancerTest, RandomIsUniform) {
  Load({ClusterOf("c", "lb_policy: RANDOM", Hosts(5))});
  const Picks picks = Pick(10000);
  for (uint16_t port = 1; port <= 5; ++port) ExpectShare(picks.at(port), 10000, 0.2);
}

TEST_F(BalancerTest, LeastRequestTakesTheBetterOfTwoDraws) {
  Load({ClusterOf("c", "lb_policy: LEAST_REQUEST", Hosts(4))});
  HostCells::Add(HostAt(1).cells().rq_active, 10);
  const Picks picks = Pick(16000);
  // The loaded one is taken only when both draws are it.
  ExpectShare(picks.at(1), 16000, 1.0 / 16);
  for (uint16_t port = 2; port <= 4; ++port) ExpectShare(picks.at(port), 16000, 5.0 / 16);
}

TEST_F(BalancerTest, LeastRequestTakesTheBestOfAsManyDrawsAsItIsTold) {
  Load({ClusterOf("c", "lb_policy: LEAST_REQUEST\nleast_request_lb_config: {choice_count: 3}",
                  Hosts(4))});
  HostCells::Add(HostAt(1).cells().rq_active, 2);
  HostCells::Add(HostAt(2).cells().rq_active, 1);
  const Picks picks = Pick(64000);
  ExpectShare(picks.at(1), 64000, 1.0 / 64);             // all three draws are it
  ExpectShare(picks.at(2), 64000, 8.0 / 64 - 1.0 / 64);  // all are one of the two, and not all 1
  for (uint16_t port = 3; port <= 4; ++port) ExpectShare(picks.at(port), 64000, 28.0 / 64);
}

TEST_F(BalancerTest, AFullScanFindsTheLeastAndSharesAmongEquals) {
  Load({ClusterOf("c",
                  "load_balancing_policy: {policies: [{typed_extension_config: {name: p, "
                  "typed_config: {\"@type\": "
                  "type.googleapis.com/envoy.extensions.load_balancing_policies.least_request.v3."
                  "LeastRequest, selection_method: FULL_SCAN}}}]}",
                  Hosts(5))});
  HostCells::Add(HostAt(1).cells().rq_active, 2);
  HostCells::Add(HostAt(4).cells().rq_active, 1);
  const Picks picks = Pick(9000);
  EXPECT_FALSE(picks.contains(1) || picks.contains(4));
  for (uint16_t port : {2, 3, 5}) ExpectShare(picks.at(port), 9000, 1.0 / 3);
}

TEST_F(BalancerTest, TheSameSeedDrawsTheSameHosts) {
  const auto draw = [this] {
    SeedFastRandom(7);
    Load({ClusterOf("c", "lb_policy: RANDOM", Hosts(9))});
    std::vector<uint16_t> ports;
    for (int i = 0; i < 50; ++i) ports.push_back(PickPort());
    Unload();
    return ports;
  };
  EXPECT_EQ(draw(), draw());
}

TEST_F(BalancerTest, LeastRequestCountsTheRequestsOfAllWorkers) {
  Load({ClusterOf("c", "lb_policy: LEAST_REQUEST\nleast_request_lb_config: {choice_count: 20}",
                  Hosts(2))});
  HostCells::Add(HostAt(1).record().cells(0).rq_active, 1);  // another slot's
  const Picks picks = Pick(1000);
  EXPECT_GE(picks.at(2), 995);
}

TEST_F(BalancerTest, LeastRequestWithWeightsWeighsThemAgainstLoad) {
  const std::string hosts = "  - lb_endpoints:\n    - " + Endpoint(1, "load_balancing_weight: 3,") +
                            "\n    - " + Endpoint(2, "load_balancing_weight: 1,") + "\n";
  Load({ClusterOf("c", "lb_policy: LEAST_REQUEST", hosts)});
  Picks picks = Pick(400);
  EXPECT_NEAR(picks[1], 300, 2);
  HostCells::Add(HostAt(1).cells().rq_active, 2);  // 3 / (2 + 1): as light as the other
  Pick(20);
  picks = Pick(400);
  EXPECT_NEAR(picks[1], 200, 4);
}

TEST_F(BalancerTest, LeastRequestWithoutBiasGoesByWeightOnly) {
  const std::string hosts = "  - lb_endpoints:\n    - " + Endpoint(1, "load_balancing_weight: 3,") +
                            "\n    - " + Endpoint(2, "load_balancing_weight: 1,") + "\n";
  Load({ClusterOf("c",
                  "lb_policy: LEAST_REQUEST\nleast_request_lb_config: {active_request_bias: "
                  "{default_value: 0.0, runtime_key: ''}}",
                  hosts)});
  HostCells::Add(HostAt(1).cells().rq_active, 50);
  EXPECT_NEAR(Pick(400)[1], 300, 2);
}

struct Numbers final : match::RuntimeSnapshot {
  std::map<std::string, double, std::less<>> values;
  std::optional<match::Fraction> FindFraction(std::string_view) const override { return {}; }
  std::optional<uint64_t> FindInteger(std::string_view) const override { return {}; }
  std::optional<double> FindDouble(std::string_view key) const override {
    const auto found = values.find(key);
    return found == values.end() ? std::nullopt : std::optional<double>(found->second);
  }
};

TEST_F(BalancerTest, TheBiasIsARuntimeValue) {
  Numbers runtime;
  runtime_ = &runtime;
  const std::string hosts = "  - lb_endpoints:\n    - " + Endpoint(1, "load_balancing_weight: 3,") +
                            "\n    - " + Endpoint(2, "load_balancing_weight: 1,") + "\n";
  Load({ClusterOf("c",
                  "lb_policy: LEAST_REQUEST\nleast_request_lb_config: {active_request_bias: "
                  "{default_value: 1.0, runtime_key: lb.bias}}",
                  hosts)});
  HostCells::Add(HostAt(1).cells().rq_active, 2);  // 3 / (2 + 1): as light as the other
  Pick(20);
  EXPECT_NEAR(Pick(400)[1], 200, 4);
  runtime.values["lb.bias"] = 0;  // by weight only
  Pick(20);
  EXPECT_NEAR(Pick(400)[1], 300, 4);
  runtime.values["lb.bias"] = -1;  // nonsense
  Pick(20);
  EXPECT_NEAR(Pick(400)[1], 200, 4);
  Unload();
}

// --- A host that a filter asks for.

TEST_F(BalancerTest, AWishedHostIsTakenIfItsHealthWillDo) {
  const std::string hosts = "  - lb_endpoints:\n    - " + Endpoint(1) + "\n    - " + Endpoint(2) +
                            "\n    - " + Endpoint(3, "health_status: DEGRADED,") + "\n    - " +
                            Endpoint(4, "health_status: UNHEALTHY,") + "\n";
  const auto wish = [this](uint16_t port) {
    LbContext context;
    context.override_host = *net::Address::FromIp("127.0.0.1", port);
    context.override_strict = true;
    return PickPort(context);
  };
  Load({ClusterOf("c", "", hosts)});
  EXPECT_EQ(wish(2), 2);
  EXPECT_EQ(wish(3), 3);
  EXPECT_EQ(wish(4), 0);
  EXPECT_EQ(wish(5), 0);
  Unload();
  Load({ClusterOf("c", "common_lb_config: {override_host_status: {statuses: [HEALTHY, UNHEALTHY]}}",
                  hosts)});
  EXPECT_EQ(wish(2), 2);
  EXPECT_EQ(wish(3), 0);
  EXPECT_EQ(wish(4), 4);
  Unload();
  Load({ClusterOf("c", "common_lb_config: {override_host_status: {statuses: []}}", hosts)});
  EXPECT_EQ(wish(2), 0);
}

TEST_F(BalancerTest, RoundRobinOfManyWorkersStaysWithinOnePickAWorker) {
  Load({ClusterOf("c", "", Hosts(7))});
  constexpr int kWorkers = 8;
  std::vector<std::unique_ptr<ClusterSet>> workers;
  Picks picks;
  for (int i = 0; i < kWorkers; ++i) workers.push_back(manager_->MakeSet(loop_, 1));
  for (int i = 0; i < 101; ++i) {
    for (auto& worker : workers) {
      ++picks[worker->Find("c")->PickHost(LbContext{})->address().port()];
    }
  }
  for (uint16_t port = 1; port <= 7; ++port) {
    EXPECT_NEAR(picks[port], kWorkers * 101 / 7.0, kWorkers);
  }
  manager_->StopUpdates();
}

// --- Hashing.

TEST_F(BalancerTest, RingHashMovesOnlyWhatTheLeaverHad) {
  Load({ClusterOf("c", "lb_policy: RING_HASH", Hosts(8)),
        // The same number of points for each host.
        ClusterOf("d", "lb_policy: RING_HASH\nring_hash_lb_config: {minimum_ring_size: 896}",
                  Hosts(7))});
  const auto before = Map("c", 4000);
  const auto after = Map("d", 4000);
  int moved = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i] == 8) {
      ++moved;
    } else {
      ASSERT_EQ(before[i], after[i]) << i;
    }
  }
  EXPECT_NEAR(moved, 500, 150);
}

TEST_F(BalancerTest, ARingOfTheLeastSizeMovesLittleMore) {
  Load({ClusterOf("c", "lb_policy: RING_HASH", Hosts(8)),
        ClusterOf("d", "lb_policy: RING_HASH", Hosts(7))});
  const auto before = Map("c", 4000);
  const auto after = Map("d", 4000);
  int needlessly = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i] != 8 && before[i] != after[i]) ++needlessly;
  }
  // 147 points each in place of 128: some of the new ones come first.
  EXPECT_LT(needlessly, 4000 * 15 / 100);
}

TEST_F(BalancerTest, RingHashSharesByWeight) {
  const std::string hosts = "  - lb_endpoints:\n    - " + Endpoint(1, "load_balancing_weight: 6,") +
                            "\n    - " + Endpoint(2, "load_balancing_weight: 2,") + "\n";
  for (const char* function : {"XX_HASH", "MURMUR_HASH_2"}) {
    Load({ClusterOf("c",
                    std::string("lb_policy: RING_HASH\nring_hash_lb_config: {minimum_ring_size: "
                                "8192, hash_function: ") +
                        function + "}",
                    hosts)});
    int first = 0;
    for (const uint16_t port : Map("c", 4000)) first += port == 1 ? 1 : 0;
    EXPECT_NEAR(first, 3000, 200) << function;
    Unload();
  }
}

TEST_F(BalancerTest, MaglevSharesEvenlyAndMovesLittle) {
  Load({ClusterOf("c", "lb_policy: MAGLEV", Hosts(8)),
        ClusterOf("d", "lb_policy: MAGLEV", Hosts(7))});
  const auto before = Map("c", 8000);
  const auto after = Map("d", 8000);
  Picks picks;
  int moved_needlessly = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    ++picks[before[i]];
    if (before[i] != 8 && before[i] != after[i]) ++moved_needlessly;
  }
  for (uint16_t port = 1; port <= 8; ++port) ExpectShare(picks.at(port), 8000, 0.125);
  EXPECT_LT(moved_needlessly, 8000 / 10);
}

TEST_F(BalancerTest, MaglevSharesByWeight) {
  const std::string hosts = "  - lb_endpoints:\n    - " + Endpoint(1, "load_balancing_weight: 3,") +
                            "\n    - " + Endpoint(2, "load_balancing_weight: 1,") + "\n";
  Load({ClusterOf("c", "lb_policy: MAGLEV\nmaglev_lb_config: {table_size: 251}", hosts)});
  int first = 0;
  for (const uint16_t port : Map("c", 8000)) first += port == 1 ? 1 : 0;
  EXPECT_NEAR(first, 6000, 250);
}

TEST_F(BalancerTest, ABoundOnLoadSendsKeysToTheNextHost) {
  for (const char* policy : {"RING_HASH", "MAGLEV"}) {
    Load({ClusterOf("c",
                    std::string("lb_policy: ") + policy +
                        "\ncommon_lb_config: {consistent_hashing_lb_config: {hash_balance_factor: "
                        "150}}",
                    Hosts(4))});
    LbContext context;
    context.hash = 12345;
    const uint16_t home = PickPort(context);
    HostCells::Add(HostAt(home).cells().rq_active, 10);
    const uint16_t other = PickPort(context);
    EXPECT_NE(other, home) << policy;
    EXPECT_EQ(PickPort(context), other) << policy;
    Unload();
  }
}

TEST_F(BalancerTest, WithoutAHashAnyHostDoes) {
  Load({ClusterOf("c", "lb_policy: MAGLEV", Hosts(3))});
  EXPECT_EQ(Pick(300).size(), 3U);
}

TEST_F(BalancerTest, ARetryThatAvoidsAHostGoesOnToAnother) {
  Load({ClusterOf("c", "lb_policy: RING_HASH", Hosts(4))});
  LbContext context;
  context.hash = 7;
  struct AvoidOne final : HostFilter {
    bool Avoid(const Host& host) const override { return host.address().port() == port; }
    uint16_t port = 0;
  } avoid;
  avoid.port = PickPort(context);
  context.avoid = &avoid;
  context.max_avoid_attempts = 64;
  EXPECT_NE(PickPort(context), avoid.port);
}

// --- Health.

std::string WithHealth(const std::vector<std::string>& states, int priority = 0, int from = 1) {
  std::string list = "  - priority: " + std::to_string(priority) + "\n    lb_endpoints:\n";
  for (size_t i = 0; i < states.size(); ++i) {
    list +=
        "    - " + Endpoint(from + static_cast<int>(i), "health_status: " + states[i] + ",") + "\n";
  }
  return list;
}

TEST_F(BalancerTest, PanicUsesEverybodyBelowTheThreshold) {
  Load({ClusterOf("c", "", WithHealth({"HEALTHY", "UNHEALTHY", "UNHEALTHY", "UNHEALTHY"}))});
  EXPECT_EQ(Pick(400), (Picks{{1, 100}, {2, 100}, {3, 100}, {4, 100}}));
  EXPECT_EQ(Count("lb_healthy_panic"), 400U);
}

TEST_F(BalancerTest, HalfHealthyIsNoPanic) {
  Load({ClusterOf("c", "", WithHealth({"HEALTHY", "UNHEALTHY"}))});
  EXPECT_EQ(Pick(100), (Picks{{1, 100}}));
  EXPECT_EQ(Count("lb_healthy_panic"), 0U);
}

TEST_F(BalancerTest, AThresholdOfZeroTurnsPanicOff) {
  const std::string off = "common_lb_config: {healthy_panic_threshold: {value: 0}}";
  Load({ClusterOf("c", off, WithHealth({"HEALTHY", "UNHEALTHY", "UNHEALTHY"})),
        ClusterOf("d", off, WithHealth({"UNHEALTHY", "UNHEALTHY"}))});
  EXPECT_EQ(Pick(100), (Picks{{1, 100}}));
  EXPECT_EQ(PickPort({}, "d"), 0);
}

TEST_F(BalancerTest, DegradedHostsGetWhatHealthyOnesCannotTake) {
  Load({ClusterOf("c", "", WithHealth({"HEALTHY", "DEGRADED"}))});
  const Picks picks = Pick(10000);  // 50 % x 1.4 = 70 % stay
  ExpectShare(picks.at(1), 10000, 0.7);
}

TEST_F(BalancerTest, PrioritiesSpillOver) {
  Load({ClusterOf(
      "c", "", WithHealth({"HEALTHY", "UNHEALTHY"}) + WithHealth({"HEALTHY", "HEALTHY"}, 1, 11))});
  const Picks picks = Pick(10000);
  ExpectShare(picks.at(1), 10000, 0.7);
  EXPECT_FALSE(picks.contains(2));
  ExpectShare(picks.at(11) + picks.at(12), 10000, 0.3);
}

TEST_F(BalancerTest, HealthCanBeCountedByWeight) {
  const std::string hosts = "  - lb_endpoints:\n    - " + Endpoint(1, "load_balancing_weight: 9,") +
                            "\n    - " + Endpoint(2, "health_status: UNHEALTHY,") + "\n    - " +
                            Endpoint(3, "health_status: UNHEALTHY,") +
                            "\n  - priority: 1\n    lb_endpoints:\n    - " + Endpoint(11) +
                            "\n  policy: {weighted_priority_health: true}\n";
  Load({ClusterOf("c", "", hosts)});
  EXPECT_EQ(Pick(100), (Picks{{1, 100}}));  // 9 of 11 is enough
}

// --- Localities.

TEST_F(BalancerTest, LocalitiesShareByTheirWeights) {
  const std::string hosts =
      "  - locality: {zone: a}\n    load_balancing_weight: 3\n    lb_endpoints:\n    - " +
      Endpoint(1) + "\n  - locality: {zone: b}\n    load_balancing_weight: 1\n    lb_endpoints:\n" +
      "    - " + Endpoint(2) + "\n    - " + Endpoint(3) + "\n";
  Load({ClusterOf("c", "common_lb_config: {locality_weighted_lb_config: {}}", hosts)});
  EXPECT_EQ(Pick(800), (Picks{{1, 600}, {2, 100}, {3, 100}}));
}

TEST_F(BalancerTest, AnUnhealthyLocalityGetsLess) {
  const std::string hosts =
      "  - locality: {zone: a}\n    load_balancing_weight: 1\n    lb_endpoints:\n    - " +
      Endpoint(1) + "\n    - " + Endpoint(2, "health_status: UNHEALTHY,") +
      "\n  - locality: {zone: b}\n    load_balancing_weight: 1\n    lb_endpoints:\n    - " +
      Endpoint(3) + "\n    - " + Endpoint(4) + "\n";
  Load({ClusterOf("c", "common_lb_config: {locality_weighted_lb_config: {}}", hosts)});
  const Picks picks = Pick(1700);  // 0.7 : 1.0
  EXPECT_NEAR(picks.at(1), 700, 2);
}

// --- Zones.

std::string Zones(const std::vector<std::pair<std::string, int>>& zones) {
  std::string list;
  int port = 0;
  for (const auto& [zone, hosts] : zones) {
    list += "  - locality: {zone: " + zone + "}\n    lb_endpoints:\n";
    for (int i = 0; i < hosts; ++i) list += "    - " + Endpoint(++port) + "\n";
  }
  return list;
}

class ZoneTest : public BalancerTest {
 protected:
  // Proxies in zones a and b; hosts in zones a and b; we are in a.
  void LoadZones(int proxies_a, int proxies_b, int hosts_a, int hosts_b) {
    zone_ = {{"", "a", ""}, "proxies"};
    hosts_a_ = hosts_a;
    Load({ClusterOf("proxies", "", Zones({{"a", proxies_a}, {"b", proxies_b}})),
          ClusterOf("c", "common_lb_config: {zone_aware_lb_config: {min_cluster_size: 4}}",
                    Zones({{"a", hosts_a}, {"b", hosts_b}}))});
  }
  int InOwnZone(int times) {
    int own = 0;
    for (int i = 0; i < times; ++i) own += PickPort() <= hosts_a_ ? 1 : 0;
    return own;
  }
  int hosts_a_ = 0;
};

TEST_F(ZoneTest, TheOwnZoneGetsEverythingThatItHasRoomFor) {
  LoadZones(2, 2, 3, 3);
  EXPECT_EQ(InOwnZone(300), 300);
  EXPECT_EQ(Count("lb_zone_routing_all_directly"), 300U);
}

TEST_F(ZoneTest, WhatTheOwnZoneCannotTakeGoesOver) {
  LoadZones(2, 2, 1, 3);  // half of the load, a quarter of the hosts
  ExpectShare(InOwnZone(10000), 10000, 0.5);
  EXPECT_GT(Count("lb_zone_routing_cross_zone"), 4000U);
}

TEST_F(ZoneTest, SmallClustersAndUnknownPlacesAreNotZoneAware) {
  LoadZones(1, 1, 1, 2);
  ExpectShare(InOwnZone(3000), 3000, 1.0 / 3);
  EXPECT_GE(Count("lb_zone_cluster_too_small"), 1U);
}

// --- Slow start.

TEST_F(BalancerTest, SlowStartGivesANewHostItsShareByAndBy) {
  Load({R"(
name: c
type: STRICT_DNS
dns_refresh_rate: 10s
round_robin_lb_config: {slow_start_config: {slow_start_window: 100s}}
load_assignment:
  cluster_name: c
  endpoints:
  - lb_endpoints:
    - {endpoint: {address: {socket_address: {address: a.test, port_value: 80}}}}
)"});
  const auto share = [this](int times) {
    int young = 0;
    for (int i = 0; i < times; ++i) {
      if (cluster().PickHost(LbContext{})->address().Ip() == "10.0.0.2") ++young;
    }
    return young;
  };
  dns_.Answer("a.test", {"10.0.0.1"});
  Turn();
  Turn();
  Advance(std::chrono::seconds(200));
  dns_.Answer("a.test", {"10.0.0.1", "10.0.0.2"});
  Turn();
  Turn();
  EXPECT_NEAR(share(1100), 100, 2);  // 0.1 : 1
  Advance(std::chrono::seconds(50));
  EXPECT_NEAR(share(1500), 500, 20);  // 0.5 : 1
  Advance(std::chrono::seconds(60));
  EXPECT_EQ(share(1000), 500);
}

// --- load_balancing_policy.

std::string PolicyYaml(const std::string& type, const std::string& options = "") {
  return "load_balancing_policy: {policies: [{typed_extension_config: {name: p, typed_config: "
         "{\"@type\": type.googleapis.com/envoy.extensions.load_balancing_policies." +
         type + (options.empty() ? "" : ", " + options) + "}}}]}";
}

TEST_F(BalancerTest, TypedPoliciesAreTheSameBalancers) {
  const std::pair<std::string, BalancerKind> kCases[] = {
      {PolicyYaml("round_robin.v3.RoundRobin"), BalancerKind::kRoundRobin},
      {PolicyYaml("least_request.v3.LeastRequest", "choice_count: 3"), BalancerKind::kLeastRequest},
      {PolicyYaml("random.v3.Random"), BalancerKind::kRandom},
      {PolicyYaml("ring_hash.v3.RingHash", "minimum_ring_size: 64"), BalancerKind::kRingHash},
      {PolicyYaml("maglev.v3.Maglev", "table_size: 251"), BalancerKind::kMaglev},
      {PolicyYaml("pick_first.v3.PickFirst"), BalancerKind::kPickFirst},
      {PolicyYaml("wrr_locality.v3.WrrLocality",
                  "endpoint_picking_policy: {policies: [{typed_extension_config: {name: "
                  "envoy.load_balancing_policies.random}}]}"),
       BalancerKind::kRandom},
  };
  for (const auto& [yaml, kind] : kCases) {
    Load({ClusterOf("c", yaml, Hosts(3))});
    EXPECT_EQ(cluster().options().lb.kind, kind) << yaml;
    EXPECT_NE(PickPort(), 0) << yaml;
    Unload();
  }
}

TEST_F(BalancerTest, PickFirstStaysWithTheFirst) {
  Load({ClusterOf("c", PolicyYaml("pick_first.v3.PickFirst"), Hosts(3))});
  EXPECT_EQ(Pick(50), (Picks{{1, 50}}));
}

TEST_F(BalancerTest, WhatCannotWorkIsRefusedByName) {
  const auto problems = [this](const std::string& options) {
    config::Problems found;
    auto config = std::make_shared<ClusterConfig>();
    const bool parsed = test::ParseInto(*config, found, ClusterOf("c", options, Hosts(2)),
                                        {.extensions = &registry_});
    if (parsed) {
      ClusterManager(ClusterManager::Settings{loop_, store_, dns_}, {std::move(config)}, found);
    }
    return found.Text();
  };
  EXPECT_NE(problems(PolicyYaml("client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin"))
                .find("client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin is not "
                      "implemented"),
            std::string::npos);
  EXPECT_NE(problems("lb_policy: MAGLEV\nmaglev_lb_config: {table_size: 250}").find("not a prime"),
            std::string::npos);
  EXPECT_NE(problems("lb_policy: CLUSTER_PROVIDED").find("ORIGINAL_DST"), std::string::npos);
  EXPECT_NE(problems("maglev_lb_config: {table_size: 251}").find("does not go with"),
            std::string::npos);
}

}  // namespace
}  // namespace sluice::upstream
