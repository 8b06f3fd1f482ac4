#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "fake_host.h"
#include "sluice/admin/endpoints.h"
#include "sluice/config/node.h"

namespace sluice::admin {
namespace {

class ConfigDumpTest : public testing::Test {
 protected:
  Response Get(std::string_view target) { return admin_.Handle(ParseRequest("GET", target, "")); }
  // The answer on one line.
  std::string Dump(const std::string& query) {
    std::string compact;
    for (const char c : Get("/config_dump" + query).body) {
      if (c != '\n' && c != ' ') compact.push_back(c);
    }
    return compact;
  }

  FakeHost host_;
  Endpoints admin_{host_};
};

TEST_F(ConfigDumpTest, SectionsComeInEnvoysOrder) {
  const std::string dump = Dump("");
  size_t at = 0;
  for (const char* type : {"BootstrapConfigDump", "ClustersConfigDump", "ListenersConfigDump",
                           "RoutesConfigDump", "ScopedRoutesConfigDump", "SecretsConfigDump"}) {
    const size_t found =
        dump.find(std::string("\"@type\":\"type.googleapis.com/envoy.admin.v3.") + type + "\"", at);
    ASSERT_NE(found, std::string::npos) << type;
    at = found;
  }
  EXPECT_NE(dump.find(R"("static_clusters":[{"cluster":{"@type":)"
                      R"("type.googleapis.com/envoy.config.cluster.v3.Cluster","name":"a",)"
                      R"("load_assignment":{"cluster_name":"a"}},)"
                      R"("last_updated":"2023-11-14T22:13:20.250Z"},)"),
            std::string::npos)
      << dump;
  EXPECT_NE(dump.find(R"("static_route_configs":[{"route_config":{"@type":)"
                      R"("type.googleapis.com/envoy.config.route.v3.RouteConfiguration",)"
                      R"("name":"local","virtual_hosts":[]},)"),
            std::string::npos)
      << dump;
}

TEST_F(ConfigDumpTest, ResourceGivesTheElementsAlone) {
  EXPECT_EQ(Dump("?resource=static_clusters&name_regex=b"),
            R"({"configs":[{"@type":"type.googleapis.com/envoy.admin.v3.ClustersConfigDump.)"
            R"(StaticCluster","cluster":{"@type":"type.googleapis.com/envoy.config.cluster.v3.)"
            R"(Cluster","name":"b"},"last_updated":"2023-11-14T22:13:20.250Z"}]})");
  EXPECT_EQ(Get("/config_dump?resource=nothing").status, 404u);
  EXPECT_EQ(Get("/config_dump?resource=nothing").body, "nothing not found in config dump");
  EXPECT_EQ(Get("/config_dump?resource=bootstrap").body,
            "bootstrap is not a repeated field. Use ?mask=bootstrap to get only this field");
}

TEST_F(ConfigDumpTest, MaskKeepsOnlyWhatItNames) {
  EXPECT_EQ(Dump("?mask=bootstrap.admin.profile_path"),
            R"({"configs":[{"@type":"type.googleapis.com/envoy.admin.v3.BootstrapConfigDump",)"
            R"("bootstrap":{"admin":{"profile_path":"/x"}}}]})");
  EXPECT_EQ(Dump("?resource=static_clusters&mask=cluster.name&name_regex=a"),
            R"({"configs":[{"@type":"type.googleapis.com/envoy.admin.v3.ClustersConfigDump.)"
            R"(StaticCluster","cluster":{"@type":"type.googleapis.com/envoy.config.cluster.v3.)"
            R"(Cluster","name":"a"}}]})");
  EXPECT_EQ(Get("/config_dump?mask=nothing").status, 400u);
}

TEST_F(ConfigDumpTest, EndpointsOnRequest) {
  EXPECT_EQ(Dump("").find("EndpointsConfigDump"), std::string::npos);
  EXPECT_NE(Dump("?include_eds")
                .find(R"("static_endpoint_configs":[{"endpoint_config":{"@type":)"
                      R"("type.googleapis.com/envoy.config.endpoint.v3.)"
                      R"(ClusterLoadAssignment","cluster_name":"a"}}])"),
            std::string::npos);
}

TEST_F(ConfigDumpTest, BadNameRegexIs400) {
  EXPECT_EQ(Get("/config_dump?name_regex=(").status, 400u);
}

}  // namespace
}  // namespace sluice::admin
