#include <algorithm>

#include "fixture.h"
#include "sluice/upstream/cluster_options.h"

namespace sluice::upstream {
namespace {

using std::chrono::seconds;

constexpr char kDns[] = R"(
name: c
type: STRICT_DNS
dns_refresh_rate: 5s
load_assignment:
  cluster_name: c
  endpoints:
  - lb_endpoints:
    - endpoint: {address: {socket_address: {address: a.test, port_value: 80}}}
)";

class DiscoveryTest : public UpstreamTest {
 protected:
  std::vector<std::string> Hosts() {
    Turn();
    std::vector<std::string> texts;
    for (const auto& host : cluster().hosts()) texts.emplace_back(host->address_text());
    std::ranges::sort(texts);
    return texts;
  }
  using Texts = std::vector<std::string>;
};

TEST_F(DiscoveryTest, StaticClusterIsWarmAtOnce) {
  Load({Static({1, 2})});
  EXPECT_TRUE(warm_);
  EXPECT_EQ(Hosts(), (Texts{"127.0.0.1:1", "127.0.0.1:2"}));
  EXPECT_EQ(Level("membership_total"), 2U);
  EXPECT_EQ(Level("membership_healthy"), 2U);
  EXPECT_EQ(store_.GaugeValue("cluster_manager.active_clusters"), 1U);
  EXPECT_EQ(store_.CounterValue("cluster_manager.cluster_added"), 1U);
}

TEST_F(DiscoveryTest, WarmingWaitsForTheFirstAnswer) {
  Load({kDns});
  EXPECT_FALSE(warm_);
  EXPECT_EQ(store_.GaugeValue("cluster_manager.warming_clusters"), 1U);
  dns_.Answer("a.test", {"10.0.0.1", "10.0.0.2"});
  EXPECT_TRUE(warm_);
  EXPECT_EQ(Hosts(), (Texts{"10.0.0.1:80", "10.0.0.2:80"}));
  EXPECT_EQ(cluster().hosts()[0]->hostname(), "a.test");
}

TEST_F(DiscoveryTest, FailureAtStartIsAnAnswerToo) {
  Load({kDns});
  dns_.FailName("a.test");
  EXPECT_TRUE(warm_);
  EXPECT_TRUE(Hosts().empty());
  EXPECT_EQ(Count("update_failure"), 1U);
  Advance(seconds(5));
  ASSERT_TRUE(dns_.Asks("a.test"));
  dns_.Answer("a.test", {"10.0.0.1"});
  EXPECT_EQ(Hosts(), (Texts{"10.0.0.1:80"}));
}

TEST_F(DiscoveryTest, NobodyWaitsForAResolverThatNeverAnswers) {
  Load({kDns});
  Advance(seconds(14));
  EXPECT_FALSE(warm_);
  Advance(seconds(2));
  EXPECT_TRUE(warm_);
}

TEST_F(DiscoveryTest, ClusterThatNeedNotBeWaitedFor) {
  Load({std::string(kDns) + "wait_for_warm_on_init: false\n"});
  EXPECT_TRUE(warm_);
}

TEST_F(DiscoveryTest, ChangeKeepsTheHostsThatStay) {
  Load({kDns});
  dns_.Answer("a.test", {"10.0.0.1", "10.0.0.2"});
  Turn();
  const Host* stays = cluster().hosts()[1].get();
  const HostRecord* record = &stays->record();
  Advance(seconds(5));
  dns_.Answer("a.test", {"10.0.0.3", "10.0.0.2"});
  EXPECT_EQ(Hosts(), (Texts{"10.0.0.2:80", "10.0.0.3:80"}));
  EXPECT_TRUE(std::ranges::any_of(cluster().hosts(),
                                  [&](const auto& host) { return host.get() == stays; }));
  EXPECT_EQ(&stays->record(), record);
  EXPECT_EQ(Count("membership_change"), 2U);
}

TEST_F(DiscoveryTest, SameAnswerInAnotherOrderChangesNothing) {
  Load({kDns});
  dns_.Answer("a.test", {"10.0.0.1", "10.0.0.2"});
  Advance(seconds(5));
  dns_.Answer("a.test", {"10.0.0.2", "10.0.0.1"});
  EXPECT_EQ(Count("update_no_rebuild"), 1U);
  EXPECT_EQ(Count("membership_change"), 1U);
}

TEST_F(DiscoveryTest, FailureKeepsTheHosts) {
  Load({kDns});
  dns_.Answer("a.test", {"10.0.0.1"});
  Advance(seconds(5));
  dns_.FailName("a.test");
  EXPECT_EQ(Hosts(), (Texts{"10.0.0.1:80"}));
}

TEST_F(DiscoveryTest, EmptyAnswerEmptiesTheCluster) {
  Load({kDns});
  dns_.Answer("a.test", {"10.0.0.1"});
  Advance(seconds(5));
  dns_.Answer("a.test", {});
  EXPECT_TRUE(Hosts().empty());
  EXPECT_EQ(Count("update_empty"), 1U);
  EXPECT_EQ(cluster().PickHost(LbContext{}), nullptr);
}

TEST_F(DiscoveryTest, TtlSetsThePaceWhenAsked) {
  Load({std::string(kDns) + "respect_dns_ttl: true\n"});
  dns_.Answer("a.test", {"10.0.0.1"}, seconds(60));
  Advance(seconds(59));
  EXPECT_FALSE(dns_.Asks("a.test"));
  Advance(seconds(2));
  EXPECT_TRUE(dns_.Asks("a.test"));
}

TEST_F(DiscoveryTest, TtlOfZeroSetsNoPace) {
  Load({std::string(kDns) + "respect_dns_ttl: true\n"});
  dns_.Answer("a.test", {"10.0.0.1"}, seconds(0));
  Advance(seconds(4));
  EXPECT_FALSE(dns_.Asks("a.test"));
  Advance(seconds(1));
  EXPECT_TRUE(dns_.Asks("a.test"));
}

TEST_F(DiscoveryTest, JitterAddsToTheRateAndNeverTakesFromIt) {
  Load({std::string(kDns) + "dns_jitter: 10s\n"});
  int late = 0;
  int very_late = 0;
  for (int round = 0; round < 200; ++round) {
    dns_.Answer("a.test", {"10.0.0.1"});
    Advance(std::chrono::milliseconds(4999));
    ASSERT_FALSE(dns_.Asks("a.test")) << round;
    Advance(std::chrono::milliseconds(2));
    if (!dns_.Asks("a.test")) ++late;
    Advance(seconds(5));
    if (!dns_.Asks("a.test")) ++very_late;  // about half of them
    Advance(seconds(5));
    ASSERT_TRUE(dns_.Asks("a.test")) << round;
  }
  EXPECT_GT(late, 190);
  EXPECT_GT(very_late, 50);
  EXPECT_LT(very_late, 150);
}

TEST_F(DiscoveryTest, FailureRateGrowsUpToItsMaximum) {
  Load({std::string(kDns) + "dns_failure_refresh_rate: {base_interval: 1s, max_interval: 4s}\n"});
  for (int i = 0; i < 6; ++i) {
    dns_.FailName("a.test");
    Advance(seconds(4));
    ASSERT_TRUE(dns_.Asks("a.test")) << i;
  }
}

TEST_F(DiscoveryTest, LogicalNameIsOneHostThatMoves) {
  std::string yaml = kDns;
  yaml.replace(yaml.find("STRICT_DNS"), 10, "LOGICAL_DNS");
  Load({yaml});
  dns_.Answer("a.test", {"10.0.0.1", "10.0.0.2"});
  EXPECT_EQ(Hosts(), (Texts{"10.0.0.1:80"}));
  const Host* host = cluster().hosts()[0].get();
  Advance(seconds(5));
  dns_.Answer("a.test", {"10.0.0.2", "10.0.0.1"});
  EXPECT_EQ(Hosts(), (Texts{"10.0.0.2:80"}));
  EXPECT_EQ(cluster().hosts()[0].get(), host);
  Advance(seconds(5));
  dns_.Answer("a.test", {});
  EXPECT_EQ(Hosts(), (Texts{"10.0.0.2:80"}));
}

TEST_F(DiscoveryTest, OriginalDestinationMakesHostsAndDropsThem) {
  Load({"name: c\ntype: ORIGINAL_DST\nlb_policy: CLUSTER_PROVIDED\ncleanup_interval: 5s\n"});
  const net::Address to = *net::Address::FromIp("10.0.0.9", 8080);
  LbContext context;
  context.downstream_local = &to;
  EXPECT_EQ(cluster().PickHost(context), nullptr);  // it wanted to come here
  context.local_restored = true;
  Host* host = cluster().PickHost(context);
  ASSERT_NE(host, nullptr);
  EXPECT_EQ(host->address_text(), "10.0.0.9:8080");
  EXPECT_EQ(cluster().PickHost(context), host);
  manager_->RefreshGauges();
  EXPECT_EQ(Level("membership_total"), 1U);
  {
    const HostPin pin(*host);
    Advance(seconds(6));
    Advance(seconds(6));
    EXPECT_EQ(cluster().hosts().size(), 1U);
  }
  Advance(seconds(6));
  Advance(seconds(6));
  EXPECT_TRUE(cluster().hosts().empty());
  EXPECT_EQ(cluster().PickHost(LbContext{}), nullptr);
  manager_->RefreshGauges();
  EXPECT_EQ(Level("membership_total"), 0U);
}

TEST_F(DiscoveryTest, NameInStaticClusterIsRefused) {
  std::vector<std::shared_ptr<const ClusterConfig>> configs;
  auto config = std::make_shared<ClusterConfig>();
  std::string yaml = kDns;
  yaml.replace(yaml.find("STRICT_DNS"), 10, "STATIC");
  ASSERT_TRUE(test::ParseInto(*config, problems_, yaml));
  configs.push_back(config);
  configs.push_back(config);
  ClusterManager manager({loop_, store_, dns_}, configs, problems_);
  EXPECT_NE(problems_.Text().find("malformed IP address: a.test"), std::string::npos);
  EXPECT_NE(problems_.Text().find("another cluster named 'c'"), std::string::npos);
}

}  // namespace
}  // namespace sluice::upstream
