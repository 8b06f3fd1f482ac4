#include "sluice/admin/endpoints.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "fake_host.h"
#include "sluice/base/log.h"

namespace sluice::admin {
namespace {

class EndpointsTest : public testing::Test {
 protected:
  Response Get(std::string_view target) { return admin_.Handle(ParseRequest("GET", target, "")); }
  Response Post(std::string_view target) { return admin_.Handle(ParseRequest("POST", target, "")); }

  FakeHost host_;
  Endpoints admin_{host_};
};

TEST_F(EndpointsTest, ReadyFollowsTheState) {
  EXPECT_EQ(Get("/ready").status, 200u);
  EXPECT_EQ(Get("/ready").body, "LIVE\n");
  EXPECT_EQ(Get("/ready").content_type, "text/plain; charset=UTF-8");
  host_.state = ServerState::kDraining;
  EXPECT_EQ(Get("/ready").status, 503u);
  EXPECT_EQ(Get("/ready").body, "DRAINING\n");
}

TEST_F(EndpointsTest, UnknownPathListsTheCommands) {
  const Response response = Get("/nothing?x=1");
  EXPECT_EQ(response.status, 404u);
  EXPECT_TRUE(
      response.body.starts_with("invalid path. admin commands are:\n"
                                "  /: Admin home page\n"
                                "  /certs: print certs on machine\n"
                                "  /clusters: upstream cluster status\n"
                                "      format: File format to use; One of (text, json)\n"))
      << response.body;
  EXPECT_NE(response.body.find("  /quitquitquit (POST): exit the server\n"), std::string::npos);
}

TEST_F(EndpointsTest, HelpIsTheSameListWith200) {
  EXPECT_EQ(Get("/help").status, 200u);
  EXPECT_TRUE(Get("/help").body.starts_with("admin commands are:\n  /: Admin home page\n"));
}

TEST_F(EndpointsTest, WhatChangesTheServerIsPostOnly) {
  for (const char* path :
       {"/quitquitquit", "/healthcheck/fail", "/healthcheck/ok", "/reset_counters",
        "/drain_listeners", "/logging", "/reopen_logs", "/runtime_modify?a=b"}) {
    const Response response = Get(path);
    EXPECT_EQ(response.status, 405u) << path;
    EXPECT_EQ(response.body, "Method GET not allowed, POST required.") << path;
  }
  EXPECT_TRUE(host_.done.empty());
}

TEST_F(EndpointsTest, PostsReachTheServer) {
  for (const char* path : {"/healthcheck/fail", "/healthcheck/ok", "/reopen_logs",
                           "/drain_listeners?graceful&skip_exit", "/drain_listeners?inboundonly",
                           "/runtime_modify?a.b=1&c=", "/quitquitquit"}) {
    EXPECT_EQ(Post(path).body, "OK\n") << path;
  }
  EXPECT_EQ(host_.done,
            (std::vector<std::string>{"fail", "ok", "reopen", "drain graceful skip_exit",
                                      "drain inbound", "a.b=1", "c=", "quit"}));
}

TEST_F(EndpointsTest, BadPostsAreRefused) {
  EXPECT_EQ(Post("/drain_listeners?skip_exit").status, 400u);
  EXPECT_EQ(Post("/drain_listeners?skip_exit").body, "skip_exit requires graceful\n");
  EXPECT_EQ(Post("/runtime_modify").status, 400u);
  host_.has_admin_layer = false;
  EXPECT_EQ(Post("/runtime_modify?a=b").body, "No admin layer specified");
  EXPECT_TRUE(host_.done.empty());
}

TEST_F(EndpointsTest, RuntimeValuesMayComeAsAForm) {
  admin_.Handle(ParseRequest("POST", "/runtime_modify?x=1", "a.b=c%2Fd&e"));
  EXPECT_EQ(host_.done, (std::vector<std::string>{"x=1", "a.b=c/d", "e="}));
}

TEST_F(EndpointsTest, ServerInfo) {
  const Response response = Get("/server_info");
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body,
            "{\n"
            " \"version\": \"abc/1.0/Clean/RELEASE/OpenSSL\",\n"
            " \"state\": \"LIVE\",\n"
            " \"uptime_current_epoch\": \"12s\",\n"
            " \"uptime_all_epochs\": \"12s\",\n"
            " \"hot_restart_version\": \"disabled\",\n"
            " \"command_line_options\": {\n"
            "  \"concurrency\": 2\n"
            " },\n"
            " \"node\": {}\n"
            "}\n");
}

TEST_F(EndpointsTest, MemoryIsInStrings) {
  const std::string body = Get("/memory").body;
  EXPECT_TRUE(body.starts_with("{\n \"allocated\": \"")) << body;
  for (const char* name : {"heap_size", "pageheap_unmapped", "pageheap_free", "total_thread_cache",
                           "total_physical_bytes"}) {
    EXPECT_NE(body.find(std::string("\"") + name + "\": \""), std::string::npos) << name;
  }
}

TEST_F(EndpointsTest, Certs) {
  EXPECT_EQ(Get("/certs").body, "{\n \"certificates\": []\n}\n");
  const CertificateView certificate{.path = "<inline>",
                                    .serial_number = "01ab",
                                    .subject_alt_names = {{"dns", "a.example"}},
                                    .valid_from = host_.StartTime(),
                                    .expiration_time = host_.Now() + std::chrono::hours(49)};
  host_.certificates.push_back({.ca_cert = {}, .cert_chain = {certificate}});
  EXPECT_EQ(Get("/certs").body,
            "{\n"
            " \"certificates\": [\n"
            "  {\n"
            "   \"ca_cert\": [],\n"
            "   \"cert_chain\": [\n"
            "    {\n"
            "     \"path\": \"<inline>\",\n"
            "     \"serial_number\": \"01ab\",\n"
            "     \"subject_alt_names\": [\n"
            "      {\n"
            "       \"dns\": \"a.example\"\n"
            "      }\n"
            "     ],\n"
            "     \"days_until_expiration\": \"2\",\n"
            "     \"valid_from\": \"2023-11-14T22:13:20Z\",\n"
            "     \"expiration_time\": \"2023-11-16T23:13:32Z\"\n"
            "    }\n"
            "   ]\n"
            "  }\n"
            " ]\n"
            "}\n");
}

TEST_F(EndpointsTest, Runtime) {
  EXPECT_EQ(Get("/runtime").body,
            "{\n"
            " \"entries\": {\n"
            "  \"health_check.min_interval\": {\n"
            "   \"final_value\": \"5\",\n"
            "   \"layer_values\": [\n"
            "    \"5\",\n"
            "    \"\"\n"
            "   ]\n"
            "  }\n"
            " },\n"
            " \"layers\": [\n"
            "  \"base\",\n"
            "  \"admin\"\n"
            " ]\n"
            "}\n");
}

TEST_F(EndpointsTest, LoggingShowsAndChangesLevels) {
  log::SetAllLevels(log::Level::kInfo);
  EXPECT_TRUE(Post("/logging").body.starts_with("active loggers:\n  main: info\n"));
  EXPECT_EQ(Post("/logging?admin=debug").status, 200u);
  EXPECT_NE(Post("/logging").body.find("  admin: debug\n"), std::string::npos);
  EXPECT_EQ(Post("/logging?paths=admin:error,http:trace").status, 200u);
  EXPECT_NE(Post("/logging").body.find("  http: trace\n"), std::string::npos);
  Post("/logging?level=warning");
  EXPECT_NE(Post("/logging").body.find("  http: warning\n"), std::string::npos);
  log::SetAllLevels(log::Level::kInfo);
}

TEST_F(EndpointsTest, LoggingMistakesChangeNothing) {
  log::SetAllLevels(log::Level::kInfo);
  const Response response = Post("/logging?paths=admin:debug,nothing:debug");
  EXPECT_EQ(response.status, 400u);
  EXPECT_TRUE(response.body.starts_with(
      "error: unknown logger name\n\nusage: /logging?<name>=<level> (change single level)\n"))
      << response.body;
  EXPECT_NE(response.body.find("levels: trace debug info warning error critical off \n"),
            std::string::npos);
  EXPECT_EQ(log::GetLevel(log::Component::kAdmin), log::Level::kInfo);
  EXPECT_EQ(Post("/logging?level=loud").status, 400u);
  EXPECT_EQ(Post("/logging?a=b&c=d").status, 400u);
}

TEST_F(EndpointsTest, HomePageIsHtml) {
  const Response response = Get("/");
  EXPECT_EQ(response.content_type, "text/html; charset=UTF-8");
  EXPECT_NE(response.body.find("<a href=\"stats/prometheus\">"), std::string::npos);
  EXPECT_NE(response.body.find("<form method=\"post\" action=\"quitquitquit\">"),
            std::string::npos);
}

TEST_F(EndpointsTest, AllowPathsForbidsTheRest) {
  match::StringMatchers allowed;
  allowed.push_back(match::StringMatcher::Exact("/ready"));
  Endpoints admin(host_, std::move(allowed));
  EXPECT_EQ(admin.Handle(ParseRequest("GET", "/ready?x", "")).status, 200u);
  EXPECT_EQ(admin.Handle(ParseRequest("GET", "/stats", "")).status, 403u);
}

TEST_F(EndpointsTest, EndpointsCanBeAdded) {
  admin_.Add({.path = "/explain",
              .help = "says which route takes a request",
              .params = {},
              .handle = [](const Request& request, AdminHost&) {
                return JsonResponse(std::string(*request.Param("path")));
              }});
  EXPECT_EQ(Get("/explain?path=%2Fx").body, "/x");
}

}  // namespace
}  // namespace sluice::admin
