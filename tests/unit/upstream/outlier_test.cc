// Passive health: who is ejected when, for how long, and who is not.
#include <chrono>
#include <set>
#include <string>

#include "fixture.h"
#include "sluice/base/random_seed.h"
#include "sluice/config/common.h"
#include "sluice/upstream/cluster_options.h"

namespace sluice::upstream {
namespace {

using std::chrono::seconds;

class OutlierTest : public UpstreamTest {
 protected:
  void LoadHosts(int hosts, const std::string& options) {
    std::vector<uint16_t> ports;
    for (int i = 1; i <= hosts; ++i) ports.push_back(static_cast<uint16_t>(i));
    Load({Static(
        ports, "outlier_detection: {interval: 10s, max_ejection_percent: 50, " + options + "}\n")});
  }
  Host& HostAt(size_t i) { return *cluster().hosts()[i]; }
  void Respond(size_t host, uint32_t status, int times) {
    for (int i = 0; i < times; ++i) HostAt(host).NoteStatus(status);
    Turn();
    Turn();
  }
  bool Ejected(size_t host) { return HostAt(host).health() == HostHealth::kUnhealthy; }
  uint64_t Seen(const std::string& what) { return Count("outlier_detection.ejections_" + what); }
  uint64_t Active() { return Level("outlier_detection.ejections_active"); }
};

TEST_F(OutlierTest, FailuresInARowEjectAndOnlyInARow) {
  LoadHosts(4, "");
  Respond(0, 500, 4);
  Respond(0, 200, 1);
  Respond(0, 500, 4);
  EXPECT_FALSE(Ejected(0));
  Respond(0, 503, 1);
  EXPECT_TRUE(Ejected(0));
  EXPECT_EQ(Active(), 1U);
  EXPECT_EQ(Seen("enforced_total"), 1U);
  EXPECT_EQ(Seen("enforced_consecutive_5xx"), 1U);
  EXPECT_EQ(Seen("detected_consecutive_5xx"), 1U);
  for (int i = 0; i < 40; ++i) EXPECT_NE(cluster().PickHost(LbContext{}), &HostAt(0));
}

TEST_F(OutlierTest, EjectionsEndAndGrow) {
  LoadHosts(4, "base_ejection_time: 30s, max_ejection_time: 70s");
  const auto ejected_for = [this] {
    Respond(0, 500, 5);
    EXPECT_TRUE(Ejected(0));
    int sweeps = 0;
    while (Ejected(0) && sweeps < 100) {
      Advance(seconds(10));
      Turn();
      ++sweeps;
    }
    return sweeps * 10;
  };
  EXPECT_EQ(ejected_for(), 30);
  EXPECT_EQ(ejected_for(), 60);
  EXPECT_EQ(ejected_for(), 70);  // not 90
  for (int i = 0; i < 10; ++i) Advance(seconds(10));
  EXPECT_EQ(ejected_for(), 30);  // forgiven
}

TEST_F(OutlierTest, JitterMakesEjectionsLongerByNoMoreThanItself) {
  std::set<int> lengths;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SeedFastRandom(seed);
    LoadHosts(4, "base_ejection_time: 30s, max_ejection_time_jitter: 40s");
    Respond(0, 500, 5);
    int sweeps = 0;
    while (Ejected(0) && sweeps < 100) {
      Advance(seconds(10));
      Turn();
      ++sweeps;
    }
    EXPECT_GE(sweeps, 3);
    EXPECT_LE(sweeps, 7);
    lengths.insert(sweeps);
    Unload();
  }
  EXPECT_GE(lengths.size(), 3U);
}

TEST_F(OutlierTest, NoMoreThanTheAllowedShareIsEjected) {
  LoadHosts(4, "");
  for (size_t i = 0; i < 4; ++i) Respond(i, 500, 5);
  EXPECT_EQ(Active(), 2U);
  EXPECT_EQ(Seen("overflow"), 2U);
}

TEST_F(OutlierTest, OneHostMayAlwaysGoIfThatIsAskedFor) {
  Load({Static({1, 2}, "outlier_detection: {max_ejection_percent: 0}\n")});
  Respond(0, 500, 5);
  EXPECT_EQ(Active(), 0U);
  Unload();
  Load({Static({1, 2},
               "outlier_detection: {max_ejection_percent: 0, always_eject_one_host: true}\n")});
  Respond(0, 500, 5);
  Respond(1, 500, 5);
  EXPECT_EQ(Active(), 1U);
}

TEST_F(OutlierTest, GatewayFailuresEjectOnlyWhenEnforced) {
  LoadHosts(4, "consecutive_5xx: 100");
  Respond(0, 502, 5);
  EXPECT_EQ(Seen("detected_consecutive_gateway_failure"), 1U);
  EXPECT_FALSE(Ejected(0));
  Unload();
  LoadHosts(4, "consecutive_5xx: 100, enforcing_consecutive_gateway_failure: 100");
  Respond(0, 500, 5);
  EXPECT_FALSE(Ejected(0));
  Respond(0, 504, 5);
  EXPECT_TRUE(Ejected(0));
}

TEST_F(OutlierTest, LocalFailuresCountAsResponsesUnlessSplit) {
  LoadHosts(4, "");
  for (int i = 0; i < 5; ++i) HostAt(0).NoteLocal(LocalOutcome::kConnectFailed);
  Turn();
  Turn();
  EXPECT_EQ(Seen("enforced_consecutive_5xx"), 1U);
  Unload();
  LoadHosts(4, "split_external_local_origin_errors: true");
  for (int i = 0; i < 5; ++i) HostAt(1).NoteLocal(LocalOutcome::kTimeout);
  Turn();
  Turn();
  EXPECT_TRUE(Ejected(1));
  EXPECT_EQ(Seen("enforced_consecutive_local_origin_failure"), 1U);
}

TEST_F(OutlierTest, SuccessRateEjectsWhoIsFarBelowTheOthers) {
  LoadHosts(6,
            "consecutive_5xx: 1000, success_rate_request_volume: 50, "
            "success_rate_minimum_hosts: 5");
  for (size_t i = 0; i < 6; ++i) {
    for (int n = 0; n < 100; ++n) HostAt(i).NoteStatus(i == 3 && n % 2 == 0 ? 500 : 200);
  }
  Advance(seconds(10));
  Turn();
  EXPECT_TRUE(Ejected(3));
  EXPECT_EQ(Active(), 1U);
  EXPECT_EQ(Seen("enforced_success_rate"), 1U);
  // Mean 91.67, standard deviation 18.63: the threshold is 56.26.
  manager_->ForEach([](const ClusterView& view) {
    ASSERT_NE(view.external_rates, nullptr);
    EXPECT_NEAR(view.external_rates->average, 91.67, 0.01);
    EXPECT_NEAR(view.external_rates->threshold, 56.26, 0.01);
  });
}

TEST_F(OutlierTest, SuccessRateNeedsEnoughHostsAndRequests) {
  LoadHosts(4, "consecutive_5xx: 1000, success_rate_request_volume: 50");
  for (size_t i = 0; i < 4; ++i) {
    for (int n = 0; n < 100; ++n) HostAt(i).NoteStatus(i == 3 ? 500 : 200);
  }
  Advance(seconds(10));
  Turn();
  EXPECT_EQ(Active(), 0U);
}

TEST_F(OutlierTest, FailurePercentageEjectsByItself) {
  LoadHosts(5,
            "consecutive_5xx: 1000, enforcing_success_rate: 0, enforcing_failure_percentage: "
            "100, failure_percentage_threshold: 80");
  for (size_t i = 0; i < 5; ++i) {
    for (int n = 0; n < 60; ++n) HostAt(i).NoteStatus(i < 2 && n % 10 != 0 ? 500 : 200);
  }
  Advance(seconds(10));
  Turn();
  EXPECT_EQ(Seen("enforced_failure_percentage"), 2U);
  EXPECT_EQ(Active(), 2U);
}

TEST_F(OutlierTest, OneFailureInTenIsNoReason) {
  LoadHosts(4, "success_rate_minimum_hosts: 3");
  for (int n = 0; n < 1000; ++n) HostAt(0).NoteStatus(n % 10 == 0 ? 500 : 200);
  for (size_t i = 1; i < 4; ++i) Respond(i, 200, 1000);
  EXPECT_EQ(Active(), 0U);
}

TEST_F(OutlierTest, APassedHealthCheckEndsAnEjection) {
  TestServer server;
  Load({Static({server.port(), 1},
               "outlier_detection: {max_ejection_percent: 100}\nhealth_checks: [{timeout: 1s, "
               "interval: 5s, no_traffic_interval: 5s, unhealthy_threshold: 1, healthy_threshold: "
               "1, tcp_health_check: {}}]\n")});
  ASSERT_TRUE(Until([&] { return Level("membership_healthy") == 1; }));
  Respond(0, 500, 5);
  ASSERT_TRUE(Until([&] { return Active() == 1; }));
  Advance(seconds(5));
  EXPECT_TRUE(Until([&] { return Active() == 0 && Level("membership_healthy") == 1; }));
}

TEST_F(OutlierTest, WithoutDetectionNothingIsCounted) {
  Load({Static({1, 2})});
  Respond(0, 500, 50);
  EXPECT_FALSE(Ejected(0));
  EXPECT_EQ(HostAt(0).record().outliers(), nullptr);
}

}  // namespace
}  // namespace sluice::upstream
