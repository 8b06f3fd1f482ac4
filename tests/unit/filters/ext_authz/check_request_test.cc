#include "check_request.h"

#include <gtest/gtest.h>

#include "sluice/base/protobuf.h"
#include "sluice/filter/process_state.h"
#include "sluice/stream/connection_info.h"
#include "support/head.h"

namespace sluice::filters::ext_authz {
namespace {

// The first field of a number in a message; empty: there is none. By a path of numbers.
std::string_view At(std::string_view message, std::initializer_list<uint32_t> path) {
  for (const uint32_t field : path) {
    ProtoReader in(message);
    message = {};
    while (in.Next()) {
      if (!in.IsText(field)) continue;
      message = in.text();
      break;
    }
  }
  return message;
}

std::map<std::string, std::string> Pairs(std::string_view message, uint32_t field) {
  std::map<std::string, std::string> out;
  ProtoReader in(message);
  while (in.Next()) {
    if (in.IsText(field)) out[std::string(At(in.text(), {1}))] = At(in.text(), {2});
  }
  return out;
}

// Matchers are moved, not copied: no list in braces makes them.
match::StringMatchers Names(std::initializer_list<const char*> names) {
  match::StringMatchers out;
  for (const char* name : names) out.push_back(match::StringMatcher::Exact(name));
  return out;
}

class CheckRequestTest : public ::testing::Test {
 protected:
  CheckRequestTest() {
    plan_.cluster = "authz";
    plan_.timeout = std::chrono::milliseconds(250);
    plan_.process = &process_;
    filter::GrpcTarget& target = plan_.service.emplace<GrpcService>().target;
    target.cluster = target.authority = plan_.cluster;
    target.timeout = plan_.timeout;
    target.process = &process_;
    info_.protocol = http::Version::kHttp11;
    info_.stream_id = "id-1";
    info_.start_wall = WallTime(std::chrono::milliseconds(1'500));
  }
  CheckInput Input() { return {.head = head_, .info = info_, .arena = head_.arena()}; }
  static std::string FieldOf(const filter::AsyncRequest& call, std::string_view name) {
    std::string joined;
    for (const auto& [key, value] : call.head) {
      if (key == name) joined += (joined.empty() ? "" : ",") + value;
    }
    return joined;
  }

  filter::ProcessState process_;
  Plan plan_;
  stream::StreamInfo info_;
  test::Head head_{{":method", "GET"},
                   {":scheme", "https"},
                   {":authority", "a.test"},
                   {":path", "/p?q"},
                   {"x-a", "1"},
                   {"x-a", "2"},
                   {"x-raw", "a\xff"},
                   {"x-envoy-auth-partial-body", "lie"}};
};

TEST_F(CheckRequestTest, TellsTheRequest) {
  RoutePlan route;
  route.context = {{"tenant", "t"}};
  CheckInput in = Input();
  in.route = &route;
  const std::string message = MakeCheckRequest(plan_, in);
  EXPECT_EQ(At(message, {1, 4, 2, 1}), "id-1");
  EXPECT_EQ(At(message, {1, 4, 2, 2}), "GET");
  EXPECT_EQ(At(message, {1, 4, 2, 4}), "/p?q");
  EXPECT_EQ(At(message, {1, 4, 2, 5}), "a.test");
  EXPECT_EQ(At(message, {1, 4, 2, 6}), "https");
  EXPECT_EQ(At(message, {1, 4, 2, 10}), "HTTP/1.1");
  EXPECT_EQ(At(message, {1, 4, 1}), std::string_view("\x08\x01\x10\x80\xca\xb5\xee\x01", 8));
  const auto fields = Pairs(At(message, {1, 4, 2}), 3);
  EXPECT_EQ(fields.at("x-a"), "1,2");
  EXPECT_EQ(fields.at("x-raw"), "a!");
  EXPECT_EQ(fields.at(":path"), "/p?q");
  EXPECT_FALSE(fields.contains("x-envoy-auth-partial-body"));
  EXPECT_EQ(Pairs(At(message, {1}), 10).at("tenant"), "t");
}

TEST_F(CheckRequestTest, OnlyAllowedFieldsAreTold) {
  plan_.allowed = Names({"x-a", "x-raw"});
  plan_.disallowed = Names({"x-raw"});
  const std::string message = MakeCheckRequest(plan_, Input());
  EXPECT_EQ(Pairs(At(message, {1, 4, 2}), 3), (std::map<std::string, std::string>{{"x-a", "1,2"}}));
}

TEST_F(CheckRequestTest, RawFieldsAreNotJoined) {
  plan_.raw_fields = true;
  plan_.allowed = Names({"x-raw"});
  const std::string message = MakeCheckRequest(plan_, Input());
  EXPECT_TRUE(Pairs(At(message, {1, 4, 2}), 3).empty());
  EXPECT_EQ(At(message, {1, 4, 2, 13, 1, 1}), "x-raw");
  EXPECT_EQ(At(message, {1, 4, 2, 13, 1, 3}), "a\xff");
}

TEST_F(CheckRequestTest, BodiesAreTextOrBytes) {
  const CheckBody body{
      "\xff"
      "b",
      true};
  CheckInput in = Input();
  in.body = &body;
  std::string message = MakeCheckRequest(plan_, in);
  EXPECT_EQ(At(message, {1, 4, 2, 11}), "!b");
  EXPECT_EQ(Pairs(At(message, {1, 4, 2}), 3).at("x-envoy-auth-partial-body"), "true");
  in.body_as_bytes = true;
  message = MakeCheckRequest(plan_, in);
  EXPECT_EQ(At(message, {1, 4, 2, 11}), "");
  EXPECT_EQ(At(message, {1, 4, 2, 12}),
            "\xff"
            "b");
}

TEST_F(CheckRequestTest, MetadataOfTheNamespacesAskedFor) {
  plan_.metadata_namespaces = {"jwt", "none"};
  info_.dynamic_metadata("jwt")["sub"] = Value("alice");
  info_.dynamic_metadata("other")["x"] = Value("y");
  const std::string message = MakeCheckRequest(plan_, Input());
  EXPECT_EQ(At(message, {1, 11, 1, 1}), "jwt");
  EXPECT_EQ(At(message, {1, 11, 1, 2, 1, 1}), "sub");
  EXPECT_EQ(At(message, {1, 11, 1, 2, 1, 2, 3}), "alice");
  EXPECT_EQ(message.find("other"), std::string::npos);
}

TEST_F(CheckRequestTest, CallsGrpcWithADeadline) {
  const filter::AsyncRequest call = MakeCall(plan_, Input());
  EXPECT_EQ(call.cluster, "authz");
  EXPECT_EQ(FieldOf(call, ":path"), "/envoy.service.auth.v3.Authorization/Check");
  EXPECT_EQ(FieldOf(call, "grpc-timeout"), "250m");
  EXPECT_EQ(FieldOf(call, "x-envoy-internal"), "true");
  EXPECT_EQ(call.body.substr(5), MakeCheckRequest(plan_, Input()));
  filter::GrpcTarget& target = std::get<GrpcService>(plan_.service).target;
  target.envoy_headers = false;
  target.timeout = std::chrono::hours(30);
  EXPECT_EQ(FieldOf(MakeCall(plan_, Input()), "x-envoy-internal"), "");
  EXPECT_EQ(FieldOf(MakeCall(plan_, Input()), "grpc-timeout"), "108000S");
}

TEST_F(CheckRequestTest, AnHttpServiceIsToldTheLeast) {
  plan_.service.emplace<HttpService>().path_prefix = "/check";
  process_.local.address = "10.0.0.1";
  head_.map().Add("authorization", "Bearer x");
  filter::AsyncRequest call = MakeCall(plan_, Input());
  EXPECT_EQ(FieldOf(call, ":path"), "/check/p?q");
  EXPECT_EQ(FieldOf(call, ":authority"), "a.test");
  EXPECT_EQ(FieldOf(call, "authorization"), "Bearer x");
  EXPECT_EQ(FieldOf(call, "content-length"), "0");
  EXPECT_EQ(FieldOf(call, "x-forwarded-for"), "10.0.0.1");
  EXPECT_EQ(FieldOf(call, "x-a"), "");
  // Not even a list of all fields copies what frames the client's message.
  plan_.allowed.emplace().emplace_back(match::StringMatcher::Kind::kPrefix, "", false);
  for (const char* name : {"connection", "transfer-encoding", "upgrade", "expect", "te"}) {
    head_.map().Add(name, "x");
  }
  call = MakeCall(plan_, Input());
  EXPECT_EQ(FieldOf(call, "x-a"), "1,2");
  for (const char* name : {"connection", "transfer-encoding", "upgrade", "expect", "te"}) {
    EXPECT_EQ(FieldOf(call, name), "") << name;
  }
  EXPECT_EQ(FieldOf(call, ":path"), "/check/p?q");
}

}  // namespace
}  // namespace sluice::filters::ext_authz
