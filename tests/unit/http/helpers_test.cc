#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "sluice/http/authority.h"
#include "sluice/http/codec.h"
#include "sluice/http/date.h"
#include "sluice/http/status.h"
#include "sluice/http/target.h"
#include "sluice/http/uuid.h"

namespace sluice::http {
namespace {

TEST(AuthorityTest, TakesHostsAndPorts) {
  for (const char* good :
       {"", "a", "a.example", "a_b.example:8080", "127.0.0.1:1", "[::1]", "[2001:db8::1]:443",
        "a:", "a%20b", "xn--bcher-kva.example", "a:65535", "a:012345"}) {
    EXPECT_TRUE(IsValidAuthority(good)) << good;
  }
}

TEST(AuthorityTest, RefusesEverythingElse) {
  for (const char* bad : {"a b",
                          "u@h",
                          "a/b",
                          "a?b",
                          "a#b",
                          "a\\b",
                          "a:b",
                          "a:1:2",
                          "a:65536",
                          "a:99999",
                          "a:8o80",
                          "a:-1",
                          ":80",
                          "[::1",
                          "::1",
                          "[::1]x",
                          "[]",
                          "[1.2.3.4]",
                          "[fe80::1%eth0]",
                          "a%2",
                          "a%zz",
                          "\xc3\xa9",
                          "a:+1",
                          "a: 80",
                          "<a>"}) {
    EXPECT_FALSE(IsValidAuthority(bad)) << bad;
  }
  EXPECT_FALSE(IsValidAuthority(std::string_view("[::1\0]", 6)));
}

TEST(AuthorityTest, SplitsIntoParts) {
  auto parts = SplitHostPort("[::1]:8443");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->host, "[::1]");
  EXPECT_EQ(parts->port, 8443);
  EXPECT_EQ(parts->port_text, ":8443");
  parts = SplitHostPort("a.example:");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->host, "a.example");
  EXPECT_EQ(parts->port, std::nullopt);
  EXPECT_EQ(parts->port_text, ":");
}

TEST(TargetTest, SplitsPathAndQuery) {
  EXPECT_EQ(SplitPath("/a?b?c").path, "/a");
  EXPECT_EQ(SplitPath("/a?b?c").query, "b?c");
  EXPECT_TRUE(SplitPath("/a?").has_query);
  EXPECT_FALSE(SplitPath("/a").has_query);
}

TEST(TargetTest, SplitsAbsoluteForm) {
  auto parts = SplitAbsoluteTarget("hTTp://h:1/p?q");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->scheme, "hTTp");
  EXPECT_EQ(parts->authority, "h:1");
  EXPECT_EQ(parts->path, "/p?q");
  EXPECT_EQ(SplitAbsoluteTarget("http://h?q")->path, "?q");
  EXPECT_EQ(SplitAbsoluteTarget("http://h")->path, "");
  for (const char* bad :
       {"http:/h", "://h", "1http://h", "ht_tp://h", "http://", "http:///p", "h:1"}) {
    EXPECT_FALSE(SplitAbsoluteTarget(bad)) << bad;
  }
}

TEST(TargetTest, PercentDecodes) {
  Arena arena;
  const std::string_view plain = "/plain";
  EXPECT_EQ(PercentDecode(plain, arena)->data(), plain.data());
  EXPECT_EQ(PercentDecode("%2Fa%2f%00b", arena), std::string_view("/a/\0b", 5));
  EXPECT_EQ(PercentDecode("%4", arena), std::nullopt);
  EXPECT_EQ(PercentDecode("a%", arena), std::nullopt);
  EXPECT_EQ(PercentDecode("%zz", arena), std::nullopt);
  EXPECT_EQ(PercentDecode("%4a", arena), "J");
}

TEST(StatusTest, TextAndPhrases) {
  EXPECT_EQ(StatusText(200), "200");
  EXPECT_EQ(StatusText(100), "100");
  EXPECT_EQ(StatusText(999), "999");
  EXPECT_EQ(StatusText(99), "");
  EXPECT_EQ(StatusText(1000), "");
  EXPECT_EQ(ParseStatus("404"), 404u);
  for (const char* bad : {"", "20", "2000", "2o0", "099", "-10"}) EXPECT_EQ(ParseStatus(bad), 0u);
  EXPECT_EQ(ReasonPhrase(200), "OK");
  EXPECT_EQ(ReasonPhrase(103), "Early Hints");
  EXPECT_EQ(ReasonPhrase(308), "Permanent Redirect");
  EXPECT_EQ(ReasonPhrase(413), "Payload Too Large");
  EXPECT_EQ(ReasonPhrase(431), "Request Header Fields Too Large");
  EXPECT_EQ(ReasonPhrase(503), "Service Unavailable");
  EXPECT_EQ(ReasonPhrase(511), "Network Authentication Required");
  for (uint32_t unknown : {199u, 299u, 306u, 418u, 599u, 700u, 999u}) {
    EXPECT_EQ(ReasonPhrase(unknown), "Unknown") << unknown;
  }
}

TEST(DateTest, IsTheFixedFormAndFollowsTheClock) {
  using std::chrono::seconds;
  EXPECT_EQ(HttpDate(WallTime(seconds(784111777))), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(HttpDate(WallTime(seconds(784111777) + std::chrono::milliseconds(999))),
            "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(HttpDate(WallTime(seconds(784111778))), "Sun, 06 Nov 1994 08:49:38 GMT");
  EXPECT_EQ(HttpDate(WallTime(seconds(951782400))), "Tue, 29 Feb 2000 00:00:00 GMT");
}

TEST(UuidTest, IsVersionFourAndNotRepeated) {
  Arena arena;
  const std::string_view first = NewUuid(arena);
  const std::string_view second = NewUuid(arena);
  EXPECT_TRUE(IsUuid(first));
  EXPECT_NE(first, second);
  for (int i = 0; i < 100; ++i) {
    const std::string_view uuid = NewUuid(arena);
    EXPECT_EQ(uuid[14], '4');
    EXPECT_NE(std::string_view("89ab").find(uuid[19]), std::string_view::npos);
  }
  EXPECT_FALSE(IsUuid("0123456789abcdef0123456789abcdef0123"));
  EXPECT_FALSE(IsUuid(first.substr(1)));
}

TEST(NamesTest, ResetReasonsAreEnvoysWords) {
  EXPECT_EQ(ResetReasonName(ResetReason::kConnectionTermination), "connection termination");
  EXPECT_EQ(ResetReasonName(ResetReason::kConnectionFailure), "remote connection failure");
  EXPECT_EQ(ResetReasonName(ResetReason::kLocalRefused), "local refused stream reset");
  EXPECT_EQ(ResetReasonName(ResetReason::kOverload), "overload manager reset");
  EXPECT_EQ(ResetReasonName(ResetReason::kConnectError), "remote error with CONNECT request");
  EXPECT_EQ(VersionName(Version::kHttp10), "HTTP/1.0");
  EXPECT_EQ(VersionName(Version::kHttp2), "HTTP/2");
}

}  // namespace
}  // namespace sluice::http
