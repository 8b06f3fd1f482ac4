#include "request_head.h"

#include "head_fixture.h"
#include "response_head.h"
#include "sluice/http/uuid.h"

namespace sluice::downstream {
namespace {

using http::HeaderId;

TEST_F(HeadTest, TargetNeedsHostAndRelativePath) {
  Head("/x");
  EXPECT_FALSE(Check());
  head_.Remove(HeaderId::kAuthority);
  EXPECT_EQ(Check()->kind, ReplyKind::kMissingHost);
  Head("x");
  EXPECT_EQ(Check()->kind, ReplyKind::kNonRelativePath);
  Head("");
  EXPECT_EQ(Check()->kind, ReplyKind::kMissingPath);
  Head("*");
  EXPECT_EQ(Check()->kind, ReplyKind::kNonRelativePath);
  head_.Set(HeaderId::kMethod, "OPTIONS");
  EXPECT_FALSE(Check());
  Head("");
  head_.Set(HeaderId::kMethod, "CONNECT");
  EXPECT_FALSE(Check());
}

TEST_F(HeadTest, HostLosesPortAndDotAsConfigured) {
  struct Case {
    StripPort strip;
    bool dot;
    std::string_view in;
    std::string_view out;
  };
  constexpr Case kCases[] = {
      {StripPort::kNo, false, "a.com:8080", "a.com:8080"},
      {StripPort::kMatching, false, "a.com:8080", "a.com"},
      {StripPort::kMatching, false, "a.com:81", "a.com:81"},
      {StripPort::kAny, false, "a.com:81", "a.com"},
      {StripPort::kAny, false, "[::1]:81", "[::1]"},
      {StripPort::kNo, true, "a.com.", "a.com"},
      {StripPort::kNo, true, "a.com.:443", "a.com:443"},
      {StripPort::kAny, true, "a.com.:443", "a.com"},
  };
  for (const Case& c : kCases) {
    options_.strip_port = c.strip;
    options_.strip_trailing_host_dot = c.dot;
    Head("/").Set(HeaderId::kAuthority, c.in);
    EXPECT_FALSE(Check());
    EXPECT_EQ(Get(":authority"), c.out) << c.in;
  }
}

TEST_F(HeadTest, TunnelsKeepTheirPort) {
  options_.strip_port = StripPort::kAny;
  Head("").Set(HeaderId::kMethod, "CONNECT");
  head_.Set(HeaderId::kAuthority, "a.com:443");
  EXPECT_FALSE(Check());
  EXPECT_EQ(Get(":authority"), "a.com:443");
}

TEST_F(HeadTest, PathIsRedirectedOrRefusedForGrpc) {
  options_.path.escaped_slashes = EscapedSlashes::kUnescapeAndRedirect;
  Head("/a%2fb");
  const auto refusal = Check();
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->kind, ReplyKind::kPathRedirect);
  EXPECT_EQ(refusal->location, "/a/b");
  Head("/a%2fb", {{"content-type", "application/grpc"}});
  EXPECT_EQ(Check()->kind, ReplyKind::kPathNotNormal);
}

TEST_F(HeadTest, HopByHopFieldsGo) {
  Head("/", {{"connection", "keep-alive, X-Mine, host"},
             {"x-mine", "1"},
             {"keep-alive", "300"},
             {"proxy-connection", "x"},
             {"te", "gzip, trailers"},
             {"upgrade", "h2c"},
             {"x-envoy-internal", "true"}});
  EXPECT_FALSE(Sanitize());
  for (const char* name :
       {"connection", "x-mine", "keep-alive", "proxy-connection", "upgrade", "x-envoy-internal"}) {
    EXPECT_EQ(Get(name), "<none>") << name;
  }
  EXPECT_EQ(Get("te"), "trailers");
}

TEST_F(HeadTest, TeWithoutTrailersGoes) {
  Head("/", {{"te", "gzip"}});
  EXPECT_FALSE(Sanitize());
  EXPECT_EQ(Get("te"), "<none>");
}

TEST_F(HeadTest, UpgradeLosesWhatConnectionNames) {
  Head("/", {{"connection", "x-mine"},
             {"connection", "keep-alive, Upgrade"},
             {"upgrade", "websocket"},
             {"x-mine", "1"},
             {"te", "gzip"}});
  Sanitize();
  EXPECT_EQ(Get("x-mine"), "<none>");
  EXPECT_EQ(Get("te"), "<none>");
  EXPECT_EQ(Get("upgrade"), "websocket");
  EXPECT_EQ(UpgradeOf(head_), UpgradeKind::kUpgrade);
}

TEST_F(HeadTest, UpgradeKeepsItsTwoFields) {
  Head("/", {{"connection", "Upgrade"}, {"upgrade", "WebSocket"}});
  EXPECT_FALSE(Sanitize());
  EXPECT_EQ(Get("connection"), "Upgrade");
  EXPECT_EQ(Get("upgrade"), "WebSocket");
  EXPECT_EQ(UpgradeType(head_, UpgradeOf(head_), arena_), "websocket");
}

TEST_F(HeadTest, OutsidersCannotSpeakToTheRouter) {
  Head("/", {{"x-envoy-retry-on", "5xx"},
             {"x-envoy-upstream-rq-timeout-ms", "1"},
             {"x-envoy-decorator-operation", "op"},
             {"x-secret", "1"}});
  internal_only_ = {"x-secret"};
  EXPECT_FALSE(Sanitize());
  EXPECT_EQ(Get("x-envoy-retry-on"), "<none>");
  EXPECT_EQ(Get("x-envoy-upstream-rq-timeout-ms"), "<none>");
  EXPECT_EQ(Get("x-secret"), "<none>");
  EXPECT_EQ(Get("x-envoy-decorator-operation"), "op");  // only stripped at the edge
  options_.address.use_remote_address = true;
  EXPECT_FALSE(Sanitize());
  EXPECT_EQ(Get("x-envoy-decorator-operation"), "<none>");
  EXPECT_EQ(Get("x-envoy-external-address"), "50.0.0.1");
}

TEST_F(HeadTest, InsidersAreMarkedAndMay) {
  options_.address.use_remote_address = true;
  options_.address.internal = Cidr("50.0.0.0", 8);
  Head("/", {{"x-envoy-retry-on", "5xx"}});
  EXPECT_FALSE(Sanitize());
  EXPECT_EQ(Get("x-envoy-internal"), "true");
  EXPECT_EQ(Get("x-envoy-retry-on"), "5xx");
  EXPECT_EQ(Get("x-envoy-external-address"), "<none>");
}

TEST_F(HeadTest, ForwardedProtoByTrust) {
  Head("/", {{"x-forwarded-proto", "https"}});
  EXPECT_FALSE(Sanitize());
  EXPECT_EQ(Get("x-forwarded-proto"), "https");
  EXPECT_EQ(Get(":scheme"), "https");
  options_.address.use_remote_address = true;
  Head("/", {{"x-forwarded-proto", "https"}});
  EXPECT_FALSE(Sanitize());
  EXPECT_EQ(Get("x-forwarded-proto"), "http");
  options_.address.xff_num_trusted_hops = 1;
  Head("/", {{"x-forwarded-proto", "https"}});
  EXPECT_FALSE(Sanitize());
  EXPECT_EQ(Get("x-forwarded-proto"), "https");
  options_.scheme.overwrite = "http";
  EXPECT_FALSE(Sanitize());
  EXPECT_EQ(Get("x-forwarded-proto"), "http");
  EXPECT_EQ(Get(":scheme"), "http");
}

TEST_F(HeadTest, RequestIdIsMadeKeptOrReplaced) {
  Head("/");
  EXPECT_FALSE(Sanitize());
  EXPECT_TRUE(http::IsUuid(Get("x-request-id")));
  Head("/", {{"x-request-id", "mine"}});
  EXPECT_FALSE(Sanitize());
  EXPECT_EQ(Get("x-request-id"), "mine");
  options_.address.use_remote_address = true;
  EXPECT_FALSE(Sanitize());
  EXPECT_TRUE(http::IsUuid(Get("x-request-id")));
  options_.request_id.preserve_external = true;
  Head("/", {{"x-request-id", "mine"}});
  EXPECT_FALSE(Sanitize());
  EXPECT_EQ(Get("x-request-id"), "mine");
  options_.request_id.generate = false;
  Head("/");
  EXPECT_FALSE(Sanitize());
  EXPECT_EQ(Get("x-request-id"), "<none>");
}

TEST_F(HeadTest, ViaAndUserAgent) {
  options_.via = "1.1 front";
  options_.via_next = " 1.1 front";
  options_.add_user_agent = true;
  Head("/", {{"via", "1.0 fred"}});
  EXPECT_FALSE(Sanitize());
  EXPECT_EQ(Get("via"), "1.0 fred, 1.1 front");
  EXPECT_EQ(Get("user-agent"), "front");
  EXPECT_EQ(Get("x-envoy-downstream-service-cluster"), "front");
  EXPECT_EQ(Get("x-envoy-downstream-service-node"), "node-1");
}

TEST_F(HeadTest, ResponseGetsDateServerAndLosesHopByHop) {
  Head("/");
  http::HeaderMap response(arena_);
  response.Add(HeaderId::kStatus, "200");
  response.Add("connection", "close");
  response.Add("server", "nginx");
  response.Add("keep-alive", "5");
  SanitizeResponse(options_, head_, WallTime(std::chrono::seconds(784111777)), response);
  EXPECT_EQ(response.Get("server"), "envoy");
  EXPECT_EQ(response.Get("date"), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_FALSE(response.Has(HeaderId::kConnection));
  EXPECT_FALSE(response.Has(HeaderId::kKeepAlive));
}

TEST_F(HeadTest, ServerHeaderTransformations) {
  Head("/");
  for (const auto& [mode, had, now] : {std::tuple{ServerHeader::kAppendIfAbsent, "nginx", "nginx"},
                                       std::tuple{ServerHeader::kAppendIfAbsent, "", "envoy"},
                                       std::tuple{ServerHeader::kPassThrough, "", "<none>"},
                                       std::tuple{ServerHeader::kPassThrough, "nginx", "nginx"}}) {
    options_.server_header = mode;
    http::HeaderMap response(arena_);
    if (*had != 0) response.Add("server", had);
    SanitizeResponse(options_, head_, WallTime{}, response);
    EXPECT_EQ(response.Get("server").value_or("<none>"), now);
  }
}

TEST_F(HeadTest, RequestIdInResponseOnlyWhenAsked) {
  Head("/", {{"x-request-id", "mine"}});
  http::HeaderMap response(arena_);
  SanitizeResponse(options_, head_, WallTime{}, response);
  EXPECT_FALSE(response.Has(HeaderId::kXRequestId));
  options_.request_id.always_in_response = true;
  SanitizeResponse(options_, head_, WallTime{}, response);
  EXPECT_EQ(response.Get("x-request-id"), "mine");
}

}  // namespace
}  // namespace sluice::downstream
