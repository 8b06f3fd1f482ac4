#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "fake_host.h"
#include "sluice/admin/endpoints.h"

namespace sluice::admin {
namespace {

class ClusterEndpointsTest : public testing::Test {
 protected:
  ClusterEndpointsTest() {
    ClusterView cluster;
    cluster.name = "web";
    cluster.observability_name = "web_alt";
    cluster.normal.max_connections = 7;
    HostView host;
    host.address = net::Address::V4(0x0a000001, 80);
    host.hostname = "backend";
    host.cx_total = 4;
    host.cx_active = 1;
    host.health.failed_active_hc = true;
    host.health.failed_outlier_check = true;
    host.zone = "z1";
    host.success_rate = 99.5;
    cluster.hosts.push_back(host);
    host_.clusters.push_back(cluster);
  }
  Response Get(std::string_view target) { return admin_.Handle(ParseRequest("GET", target, "")); }

  FakeHost host_;
  Endpoints admin_{host_};
};

TEST_F(ClusterEndpointsTest, ClustersAsText) {
  EXPECT_EQ(Get("/clusters").body,
            "web::observability_name::web_alt\n"
            "web::default_priority::max_connections::7\n"
            "web::default_priority::max_pending_requests::1024\n"
            "web::default_priority::max_requests::1024\n"
            "web::default_priority::max_retries::3\n"
            "web::high_priority::max_connections::1024\n"
            "web::high_priority::max_pending_requests::1024\n"
            "web::high_priority::max_requests::1024\n"
            "web::high_priority::max_retries::3\n"
            "web::added_via_api::false\n"
            "web::10.0.0.1:80::cx_active::1\n"
            "web::10.0.0.1:80::cx_connect_fail::0\n"
            "web::10.0.0.1:80::cx_total::4\n"
            "web::10.0.0.1:80::rq_active::0\n"
            "web::10.0.0.1:80::rq_error::0\n"
            "web::10.0.0.1:80::rq_success::0\n"
            "web::10.0.0.1:80::rq_timeout::0\n"
            "web::10.0.0.1:80::rq_total::0\n"
            "web::10.0.0.1:80::hostname::backend\n"
            "web::10.0.0.1:80::health_flags::/failed_active_hc/failed_outlier_check\n"
            "web::10.0.0.1:80::weight::1\n"
            "web::10.0.0.1:80::region::\n"
            "web::10.0.0.1:80::zone::z1\n"
            "web::10.0.0.1:80::sub_zone::\n"
            "web::10.0.0.1:80::canary::false\n"
            "web::10.0.0.1:80::priority::0\n"
            "web::10.0.0.1:80::success_rate::99.5\n"
            "web::10.0.0.1:80::local_origin_success_rate::-1\n");
}

TEST_F(ClusterEndpointsTest, OutlierDetectionAddsItsLines) {
  host_.clusters[0].outlier.emplace();
  host_.clusters[0].outlier->success_rate_average = 98.25;
  EXPECT_NE(Get("/clusters")
                .body.find("web::observability_name::web_alt\n"
                           "web::outlier::success_rate_average::98.25\n"
                           "web::outlier::success_rate_ejection_threshold::-1\n"
                           "web::outlier::local_origin_success_rate_average::-1\n"
                           "web::outlier::local_origin_success_rate_ejection_threshold::-1\n"
                           "web::default_priority::"),
            std::string::npos);
}

TEST_F(ClusterEndpointsTest, ClustersAsJson) {
  const Response response = Get("/clusters?format=json");
  EXPECT_EQ(response.content_type, "application/json");
  std::string compact;
  for (const char c : response.body) {
    if (c != '\n' && c != ' ') compact.push_back(c);
  }
  EXPECT_EQ(
      compact,
      R"({"cluster_statuses":[{"name":"web","host_statuses":[{"address":{"socket_address":)"
      R"({"address":"10.0.0.1","port_value":80}},"stats":[{"name":"cx_connect_fail"},)"
      R"({"value":"4","name":"cx_total"},{"name":"rq_error"},{"name":"rq_success"},)"
      R"({"name":"rq_timeout"},{"name":"rq_total"},)"
      R"({"type":"GAUGE","value":"1","name":"cx_active"},{"type":"GAUGE","name":"rq_active"}],)"
      R"("health_status":{"failed_active_health_check":true,"failed_outlier_check":true,)"
      R"("eds_health_status":"HEALTHY"},"success_rate":{"value":99.5},"weight":1,)"
      R"("hostname":"backend","locality":{"zone":"z1"}}],"circuit_breakers":{"thresholds":[)"
      R"({"max_connections":7,"max_pending_requests":1024,"max_requests":1024,"max_retries":3},)"
      R"({"priority":"HIGH","max_connections":1024,"max_pending_requests":1024,)"
      R"("max_requests":1024,"max_retries":3}]},"observability_name":"web_alt"}]})");
}

TEST_F(ClusterEndpointsTest, FilterIsAPartialMatchOfTheName) {
  EXPECT_EQ(Get("/clusters?filter=x").body, "");
  EXPECT_NE(Get("/clusters?filter=e").body, "");
  EXPECT_EQ(Get("/clusters?filter=(").status, 400u);
  EXPECT_EQ(Get("/clusters?filter=x&format=json").body, "{}\n");
}

TEST_F(ClusterEndpointsTest, Listeners) {
  EXPECT_EQ(Get("/listeners").body, "front::0.0.0.0:10000\nfront::127.0.0.1:10001\n");
  EXPECT_EQ(Get("/listeners?format=json").body,
            "{\n"
            " \"listener_statuses\": [\n"
            "  {\n"
            "   \"name\": \"front\",\n"
            "   \"local_address\": {\n"
            "    \"socket_address\": {\n"
            "     \"address\": \"0.0.0.0\",\n"
            "     \"port_value\": 10000\n"
            "    }\n"
            "   },\n"
            "   \"additional_local_addresses\": [\n"
            "    {\n"
            "     \"socket_address\": {\n"
            "      \"address\": \"127.0.0.1\",\n"
            "      \"port_value\": 10001\n"
            "     }\n"
            "    }\n"
            "   ]\n"
            "  }\n"
            " ]\n"
            "}\n");
}

}  // namespace
}  // namespace sluice::admin
