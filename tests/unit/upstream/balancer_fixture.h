// Clusters of many hosts whose picks are counted, for the tests of balancers; what is drawn by lot
// is drawn by the same seed each time.
#pragma once

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "fixture.h"
#include "sluice/base/hash.h"
#include "sluice/base/random_seed.h"

namespace sluice::upstream {

using Picks = std::map<uint16_t, int>;

inline std::string Endpoint(int port, const std::string& more = "") {
  return "{" + more + " endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: " +
         std::to_string(port) + "}}}}";
}

inline std::string Hosts(int count) {
  std::string list;
  for (int i = 1; i <= count; ++i) list += "    - " + Endpoint(i) + "\n";
  return "  - lb_endpoints:\n" + list;
}

inline std::string ClusterOf(const std::string& name, const std::string& options,
                             const std::string& endpoints) {
  return "name: " + name + "\n" + options + "\nload_assignment:\n  cluster_name: " + name +
         "\n  endpoints:\n" + endpoints;
}

class BalancerTest : public UpstreamTest {
 protected:
  BalancerTest() { SeedFastRandom(20261121); }
  uint16_t PickPort(const LbContext& context = {}, const char* name = "c") {
    Host* host = set_->Find(name)->PickHost(context);
    return host != nullptr ? host->address().port() : 0;
  }
  Picks Pick(int times) {
    Picks picks;
    for (int i = 0; i < times; ++i) ++picks[PickPort()];
    return picks;
  }
  // Keys 0..n-1, each to the host that it falls to.
  std::vector<uint16_t> Map(const char* name, int keys) {
    std::vector<uint16_t> map;
    for (int i = 0; i < keys; ++i) {
      LbContext context;
      context.hash = XxHash64(std::to_string(i));
      map.push_back(PickPort(context, name));
    }
    return map;
  }
  Host& HostAt(uint16_t port) {
    for (const auto& host : cluster().hosts()) {
      if (host->address().port() == port) return *host;
    }
    ADD_FAILURE() << port;
    return *cluster().hosts().front();
  }
  static void ExpectShare(int picks, int times, double share, double sigmas = 5) {
    const double sigma = std::sqrt(times * share * (1 - share));
    EXPECT_NEAR(picks, times * share, sigmas * sigma + 1);
  }
};

}  // namespace sluice::upstream
