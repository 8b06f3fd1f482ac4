#include "sluice/log/formatter.h"

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "fixture.h"
#include "sluice/config/node.h"
#include "sluice/config/types.h"

namespace sluice::log {
namespace {

std::string Format(const Exchange& exchange, std::string_view text, bool omit_empty = false) {
  auto formatter = Formatter::Compile(text, {.omit_empty = omit_empty});
  if (!formatter) return "error: " + formatter.error().detail;
  std::string out;
  formatter->Append(out, exchange.context());
  return out;
}

std::string CompileError(std::string_view text) {
  auto formatter = Formatter::Compile(text);
  return formatter ? "" : formatter.error().detail;
}

TEST(FormatterTest, DefaultFormat) {
  EXPECT_EQ(Format(Exchange(), kDefaultFormat),
            "[2023-11-14T22:13:20.123Z] \"GET /a?x=1&y=two HTTP/1.1\" 200 - 12 345 8 3 "
            "\"1.2.3.4\" \"curl/8\" \"rid\" \"example.com\" \"10.0.0.1:8080\"\n");
}

TEST(FormatterTest, DefaultFormatOfATcpConnection) {
  Exchange exchange;
  exchange.info.protocol.reset();
  exchange.info.response_code = 0;
  exchange.info.flags.Set(stream::ResponseFlag::kUpstreamConnectionFailure);
  exchange.info.flags.Set(stream::ResponseFlag::kUpstreamRetryLimitExceeded);
  auto formatter = Formatter::Compile(kDefaultFormat);
  std::string out;
  formatter->Append(out, {.info = exchange.info, .type = EntryType::kTcpConnectionEnd});
  EXPECT_EQ(out,
            "[2023-11-14T22:13:20.123Z] \"- - -\" 0 UF,URX 12 345 8 - \"-\" \"-\" \"-\" \"-\" "
            "\"10.0.0.1:8080\"\n");
}

TEST(FormatterTest, EveryOperatorSaysItsPart) {
  Exchange e;
  FakeTls tls;
  e.connection.tls = &tls;
  e.connection.requested_server_name = "bad name\"";
  e.info.upstream_transport_failure_reason = "TLS error: not good";
  e.info.AddAttempt({"10.0.0.9:80", "", 3});
  e.info.AddAttempt({"10.0.0.1:8080", "backend.local", 4});
  e.info.upstream_protocol = http::Version::kHttp2;
  e.info.downstream_bytes = {100, 200, 30, 40};
  setenv("SLUICE_FORMAT_TEST", "from env", 1);
  const std::pair<const char*, const char*> cases[] = {
      {"%%", "%"},
      {"100%% %RESPONSE_CODE%", "100% 200"},
      {"%REQ(USER-AGENT)%", "curl/8"},
      {"%REQUEST_HEADER(x-custom):6%", "custom"},
      {"%REQ(x-none?:authority)%", "example.com"},
      {"%REQ(x-none)%", "-"},
      {"%RESP(:status)%", "200"},
      {"%RESPONSE_HEADER(x-none)%", "-"},
      {"%TRAILER(grpc-status)%", "-"},
      {"%REQ_WITHOUT_QUERY(:path)%", "/a"},
      {"%PATH(NQ:PATH)%", "/a"},
      {"%PATH%", "/a?x=1&y=two"},
      {"%QUERY_PARAM(y)%", "two"},
      {"%QUERY_PARAM(z)%", "-"},
      {"%START_TIME(%Y/%m/%d %H:%M:%S.%3f)%", "2023/11/14 22:13:20.123"},
      {"%START_TIME(%s)%", "1700000000"},
      {"%START_TIME(%s.%6f)%", "1700000000.123000"},
      {"%START_TIME(%E3S%Ez)%", "20.123+00:00"},
      {"%EMIT_TIME%", "2023-11-14T22:13:21.123Z"},
      {"%DURATION%", "8"},
      {"%REQUEST_DURATION% %RESPONSE_DURATION% %RESPONSE_TX_DURATION%", "1 4 2"},
      {"%REQUEST_TX_DURATION%", "-"},
      {"%COMMON_DURATION(DS_RX_BEG:US_RX_BEG:us)%", "4900"},
      {"%COMMON_DURATION(US_RX_BEG:DS_RX_BEG)%", "-"},
      {"%COMMON_DURATION(DS_RX_END:DS_TX_END:ns)%", "5700000"},
      {"%ROUNDTRIP_DURATION%", "-"},
      {"%BYTES_RECEIVED%/%BYTES_SENT%", "12/345"},
      {"%DOWNSTREAM_WIRE_BYTES_RECEIVED% %DOWNSTREAM_HEADER_BYTES_SENT%", "100 40"},
      {"%RESPONSE_FLAGS% %RESPONSE_FLAGS_LONG%", "- -"},
      {"%RESPONSE_CODE_DETAILS%", "via_upstream"},
      {"%PROTOCOL% %UPSTREAM_PROTOCOL%", "HTTP/1.1 HTTP/2"},
      {"%LOCAL_REPLY_BODY%", "the body"},
      {"%ACCESS_LOG_TYPE%", "DownstreamEnd"},
      {"%CONNECTION_ID% %FILTER_CHAIN_NAME% %ROUTE_NAME%", "7 main -"},
      {"%REQUESTED_SERVER_NAME%", "bad_name_"},
      {"%UPSTREAM_CLUSTER% %UPSTREAM_CLUSTER_RAW%", "web web_raw"},
      {"%UPSTREAM_HOST% %UPSTREAM_HOST_NAME%", "10.0.0.1:8080 backend.local"},
      {"%UPSTREAM_HOSTS_ATTEMPTED%", "10.0.0.9:80,10.0.0.1:8080"},
      {"%UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT%", "10.0.0.9,10.0.0.1"},
      {"%UPSTREAM_HOST_NAMES_ATTEMPTED%", "10.0.0.9:80,backend.local"},
      {"%UPSTREAM_CONNECTION_IDS_ATTEMPTED%", "3,4"},
      {"%UPSTREAM_REQUEST_ATTEMPT_COUNT%", "1"},
      {"%UPSTREAM_TRANSPORT_FAILURE_REASON%", "TLS_error:_not_good"},
      {"%DOWNSTREAM_REMOTE_ADDRESS%", "127.0.0.1:4711"},
      {"%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_REMOTE_PORT%", "127.0.0.1 4711"},
      {"%DOWNSTREAM_LOCAL_ADDRESS%", "127.0.0.1:10000"},
      {"%UPSTREAM_REMOTE_ADDRESS% %UPSTREAM_LOCAL_ADDRESS%", "10.0.0.1:8080 -"},
      {"%DOWNSTREAM_TLS_VERSION% %DOWNSTREAM_TLS_CIPHER%", "TLSv1.3 -"},
      {"%DOWNSTREAM_PEER_DNS_SAN% %UPSTREAM_TLS_VERSION%", "a.example,b.example -"},
      {"%DOWNSTREAM_PEER_CERT_V_START(%Y)% %DOWNSTREAM_PEER_CERT_V_END%", "2020 -"},
      {"%ENVIRONMENT(SLUICE_FORMAT_TEST):4%", "from"},
      {"%ENVIRONMENT(SLUICE_NO_SUCH_VARIABLE)%", "-"},
      {"%GRPC_STATUS%", "-"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(Format(e, text), expected) << text;
}

TEST(FormatterTest, MissingValuesCanBeLeftOut) {
  EXPECT_EQ(Format(Exchange(), "<%REQ(x-none)%>", true), "<>");
  EXPECT_EQ(Format(Exchange(), "<%RESPONSE_FLAGS%>", true), "<->");  // as in Envoy: text of its own
}

TEST(FormatterTest, GrpcStatusInItsThreeForms) {
  Exchange e;
  e.request.Add(http::HeaderId::kContentType, "application/grpc+proto");
  EXPECT_EQ(Format(e, "%GRPC_STATUS%"), "Unknown");  // from the HTTP status
  e.trailers.Add(http::HeaderId::kGrpcStatus, "5");
  EXPECT_EQ(Format(e, "%GRPC_STATUS% %GRPC_STATUS(SNAKE_STRING)% %GRPC_STATUS(NUMBER)%"),
            "NotFound NOT_FOUND 5");
  EXPECT_EQ(Format(e, "%GRPC_STATUS_NUMBER%"), "5");
}

TEST(FormatterTest, MetadataAndState) {
  Exchange e;
  auto& fields = e.info.dynamic_metadata("com.test");
  fields.emplace("text", Value("v"));
  fields.emplace("number", Value(5.0));
  fields.emplace("object", Value(ValueStruct{{"k", Value(true)}}));
  e.info.filter_state().Set("state", std::make_unique<stream::TextState>("st\"ate"));
  config::Metadata metadata;
  config::Node map = config::Node::Map();
  map.Append("zone").kind = config::Node::Kind::kScalar;
  map.items[0].scalar = "eu";
  metadata.filter_metadata["envoy.lb"] = map;
  e.info.upstream_host.metadata = &metadata;
  const std::pair<const char*, const char*> cases[] = {
      {"%DYNAMIC_METADATA(com.test:text)%", "v"},
      {"%DYNAMIC_METADATA(com.test:number)%", "5"},
      {"%DYNAMIC_METADATA(com.test:object)%", "{\"k\":true}"},
      {"%DYNAMIC_METADATA(com.test:object:k)%", "true"},
      {"%DYNAMIC_METADATA(com.test)%", "{\"number\":5,\"object\":{\"k\":true},\"text\":\"v\"}"},
      {"%DYNAMIC_METADATA(com.test:none)% %DYNAMIC_METADATA(other:x)%", "- -"},
      {"%METADATA(DYNAMIC:com.test:text)%", "v"},
      {"%UPSTREAM_METADATA(envoy.lb:zone)%", "eu"},
      {"%UPSTREAM_METADATA([\"envoy.lb\", \"zone\"])%", "eu"},
      {"%METADATA(UPSTREAM_HOST:envoy.lb:zone):1%", "e"},
      {"%CLUSTER_METADATA(envoy.lb:zone)%", "-"},
      {"%FILTER_STATE(state:PLAIN)%", "st\"ate"},
      {"%FILTER_STATE(state)%", "\"st\\\"ate\""},
      {"%FILTER_STATE(none:PLAIN)%", "-"},
      {"%PER_REQUEST_STATE(state)%", "st\"ate"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(Format(e, text), expected) << text;
}

TEST(FormatterTest, MistakesAreConfigErrorsInWords) {
  const std::pair<const char*, const char*> cases[] = {
      {"%RESPONSE_COD%", "unknown command operator %RESPONSE_COD%; did you mean %RESPONSE_CODE%?"},
      {"%CEL(x)%", "the command operator %CEL% is not implemented by sluice"},
      {"50% of it", "malformed command operator at \"% of it\"; write %% for a percent sign"},
      {"%REQ(x", "malformed command operator at \"%REQ(x\"; write %% for a percent sign"},
      {"%REQ%", "%REQ% needs arguments in parentheses"},
      {"%DURATION(x)%", "%DURATION% takes no arguments"},
      {"%DURATION:5%", "%DURATION% takes no maximum length"},
      {"%REQ(a):99999999999%", "the length of %REQ% is out of range"},
      {"%GRPC_STATUS(LOUD)%",
       "%GRPC_STATUS%: only CAMEL_STRING, SNAKE_STRING and NUMBER are known"},
      {"%START_TIME(%Q)%", "%START_TIME%: unknown conversion in the time format at \"%Q\""},
      {"%FILTER_STATE(k:BINARY)%", "%FILTER_STATE%: only PLAIN, TYPED and FIELD are known"},
      {"%METADATA(HOST:a:b)%",
       "%METADATA%: the type is one of DYNAMIC, CLUSTER, UPSTREAM_HOST, ROUTE, VIRTUAL_HOST, "
       "LISTENER, LISTENER_FILTER_CHAIN"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(CompileError(text), expected) << text;
}

TEST(FormatterTest, LiteralsAreKnownAsSuch) {
  EXPECT_TRUE(Formatter::Compile("plain 100%%")->literal());
  EXPECT_TRUE(Formatter::Compile("")->literal());
  EXPECT_FALSE(Formatter::Compile("%DURATION%")->literal());
}

config::Node Member(std::string key, config::Node value) {
  value.key = std::move(key);
  return value;
}

config::Node Object(std::initializer_list<config::Node> members) {
  config::Node node = config::Node::Map();
  node.items = members;
  return node;
}

std::string FormatJson(const Exchange& exchange, const config::Node& node, bool omit = false) {
  auto formatter = JsonFormatter::Compile(node, {.omit_empty = omit});
  if (!formatter) return "error: " + formatter.error().detail;
  std::string out;
  formatter->Append(out, exchange.context());
  return out;
}

TEST(JsonFormatterTest, KeysAreSortedAndValuesKeepTheirTypes) {
  config::Node list = config::Node::List();
  list.items = {config::Node::Text("%PROTOCOL%"), config::Node::Plain("3")};
  const config::Node object = Object({
      Member("status", config::Node::Text("%RESPONSE_CODE%")),
      Member("method", config::Node::Text("%REQ(:METHOD)%")),
      Member("line", config::Node::Text("%REQ(:METHOD)% %REQ(x-none)%")),
      Member("none", config::Node::Text("%REQ(x-none)%")),
      Member("fixed", config::Node::Text("a \"b\"")),
      Member("yes", config::Node::Plain("true")),
      Member("nested", Object({Member("list", list)})),
  });
  EXPECT_EQ(FormatJson(Exchange(), object),
            R"({"fixed":"a \"b\"","line":"GET -","method":"GET","nested":{"list":["HTTP/1.1",3]},)"
            R"("none":null,"status":200,"yes":true})");
}

TEST(JsonFormatterTest, OmitEmptyDropsTheKey) {
  const config::Node object = Object({
      Member("a", config::Node::Text("%REQ(x-none)%")),
      Member("b", config::Node::Text("[%REQ(x-none)%]")),
      Member("c", config::Node::Text("%REQ(x-none)%")),
      Member("d", Object({Member("e", config::Node::Text("%REQ(x-none)%"))})),
  });
  EXPECT_EQ(FormatJson(Exchange(), object, true), R"({"b":"[]","d":{}})");
}

TEST(JsonFormatterTest, HostileBytesStayInsideTheirString) {
  Exchange e;
  e.request.Set(http::HeaderId::kUserAgent, "\",\"x\":1\n\\ \xff\xc3\xa9");
  const config::Node object = Object({Member("ua", config::Node::Text("%REQ(user-agent)%"))});
  EXPECT_EQ(FormatJson(e, object), "{\"ua\":\"\\\",\\\"x\\\":1\\n\\\\ \xef\xbf\xbd\xc3\xa9\"}");
}

TEST(JsonFormatterTest, StructuredValuesAreEmbedded) {
  Exchange e;
  e.info.dynamic_metadata("f").emplace("k", Value(1.5));
  const config::Node object = Object({Member("m", config::Node::Text("%DYNAMIC_METADATA(f)%"))});
  EXPECT_EQ(FormatJson(e, object), R"({"m":{"k":1.5}})");
}

TEST(JsonFormatterTest, MistakesAreReported) {
  EXPECT_EQ(FormatJson(Exchange(), Object({Member("m", config::Node::Text("%NOPE%"))})),
            "error: unknown command operator %NOPE%");
  EXPECT_EQ(FormatJson(Exchange(), config::Node::Text("x")), "error: a JSON format is an object");
}

}  // namespace
}  // namespace sluice::log
