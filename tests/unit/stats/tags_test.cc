#include "sluice/stats/tags.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sluice::stats {
namespace {

struct Case {
  std::string name;
  std::string family;
  std::vector<Tag> tags;
};

TEST(TagsTest, NamesSplitIntoFamilyAndLabels) {
  const Case cases[] = {
      {"server.live", "server.live", {}},
      {"cluster.web.upstream_cx_total",
       "cluster.upstream_cx_total",
       {{"envoy.cluster_name", "web"}}},
      {"cluster.web.upstream_rq_200",
       "cluster.upstream_rq",
       {{"envoy.response_code", "200"}, {"envoy.cluster_name", "web"}}},
      {"cluster.web.internal.upstream_rq_2xx",
       "cluster.internal.upstream_rq_xx",
       {{"envoy.response_code_class", "2"}, {"envoy.cluster_name", "web"}}},
      {"cluster.web.circuit_breakers.default.cx_open",
       "cluster.circuit_breakers.default.cx_open",
       {{"envoy.cluster_name", "web"}}},
      {"http.ingress.downstream_rq_5xx",
       "http.downstream_rq_xx",
       {{"envoy.response_code_class", "5"}, {"envoy.http_conn_manager_prefix", "ingress"}}},
      {"listener.0.0.0.0_8080.downstream_cx_total",
       "listener.downstream_cx_total",
       {{"envoy.listener_address", "0.0.0.0_8080"}}},
      {"listener.[__1]_8080.downstream_cx_total",
       "listener.downstream_cx_total",
       {{"envoy.listener_address", "[__1]_8080"}}},
      {"listener.0.0.0.0_8080.http.ingress.downstream_rq_2xx",
       "listener.http.downstream_rq_xx",
       {{"envoy.response_code_class", "2"},
        {"envoy.http_conn_manager_prefix", "ingress"},
        {"envoy.listener_address", "0.0.0.0_8080"}}},
      {"listener.0.0.0.0_8080.worker_1.downstream_cx_active",
       "listener.downstream_cx_active",
       {{"envoy.listener_address", "0.0.0.0_8080"}, {"envoy.worker_id", "worker_1"}}},
      {"listener.127.0.0.1_0.ssl.ciphers.TLS_AES_128_GCM_SHA256",
       "listener.ssl.ciphers",
       {{"envoy.ssl_cipher", "TLS_AES_128_GCM_SHA256"}, {"envoy.listener_address", "127.0.0.1_0"}}},
      {"listener.admin.downstream_cx_total", "listener.admin.downstream_cx_total", {}},
      {"tcp.db.downstream_cx_total", "tcp.downstream_cx_total", {{"envoy.tcp_prefix", "db"}}},
      {"vhost.v.vcluster.c.upstream_rq_200",
       "vhost.vcluster.upstream_rq",
       {{"envoy.response_code", "200"},
        {"envoy.virtual_cluster", "c"},
        {"envoy.virtual_host", "v"}}},
      {"ingress.http_local_rate_limit.enabled",
       "http_local_rate_limit.enabled",
       {{"envoy.local_http_ratelimit_prefix", "ingress"}}},
      {"listener_manager.worker_0.dispatcher.x",
       "listener_manager.dispatcher.x",
       {{"envoy.worker_id", "worker_0"}}},
      {"cluster.upstream", "cluster.upstream", {}},
      {"", "", {}},
  };
  for (const Case& c : cases) {
    const TaggedName got = ExtractTags(c.name);
    EXPECT_EQ(got.family, c.family) << c.name;
    EXPECT_EQ(got.tags, c.tags) << c.name;
  }
}

// Takes "team." off the front of a name, with what follows as the value of the tag.
class TeamTag final : public TagRule {
 public:
  const std::string& tag() const override { return tag_; }
  bool Match(std::string_view name, TagCut& cut) const override {
    if (!name.starts_with("cluster.")) return false;
    cut = {8, name.find('.', 8) + 1, name.substr(8, name.find('.', 8) - 8)};
    return true;
  }

 private:
  std::string tag_ = "team";
};

TEST(TagsTest, OwnRulesGoBesideTheDefaultsAndMayCutTheSamePart) {
  TagRules rules;
  rules.own.push_back(std::make_unique<TeamTag>());
  const TaggedName both = ExtractTags("cluster.a.upstream_rq_200", rules);
  EXPECT_EQ(both.family, "cluster.upstream_rq");
  EXPECT_EQ(both.tags,
            (std::vector<Tag>{
                {"envoy.response_code", "200"}, {"envoy.cluster_name", "a"}, {"team", "a"}}));
  rules.all_defaults = false;
  const TaggedName own = ExtractTags("cluster.a.upstream_rq_200", rules);
  EXPECT_EQ(own.family, "cluster.upstream_rq_200");
  EXPECT_EQ(own.tags, (std::vector<Tag>{{"team", "a"}}));
  rules.some_defaults = {"envoy.response_code"};
  EXPECT_EQ(ExtractTags("cluster.a.upstream_rq_200", rules).family, "cluster.upstream_rq");
  EXPECT_TRUE(IsDefaultTag("envoy.cluster_name"));
  EXPECT_FALSE(IsDefaultTag("team"));
}

}  // namespace
}  // namespace sluice::stats
