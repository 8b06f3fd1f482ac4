#include "proxy_header.h"

#include <string>

#include <gtest/gtest.h>

namespace sluice::filters::proxy_protocol {
namespace {

const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

std::string V2(char version_command, char family, const std::string& payload) {
  std::string bytes = kSignature + version_command + family;
  bytes += static_cast<char>(payload.size() >> 8);
  bytes += static_cast<char>(payload.size() & 0xFF);
  return bytes + payload;
}

const std::string kAddresses4("\x0a\x00\x00\x01\x0a\x00\x00\x02\x1f\x90\x00\x50", 12);

TEST(ProxyHeaderTest, V1CarriesBothAddresses) {
  const auto parsed = ParseProxyHeader("PROXY TCP4 1.2.3.4 5.6.7.8 1234 80\r\nrest");
  ASSERT_EQ(parsed.state, ParseState::kOk);
  EXPECT_EQ(parsed.size, 36U);
  EXPECT_EQ(parsed.header.source.ToString(), "1.2.3.4:1234");
  EXPECT_EQ(parsed.header.destination.ToString(), "5.6.7.8:80");
}

TEST(ProxyHeaderTest, V1UnknownKeepsTheSocketsAddresses) {
  const auto parsed = ParseProxyHeader("PROXY UNKNOWN whatever it says\r\n");
  ASSERT_EQ(parsed.state, ParseState::kOk);
  EXPECT_TRUE(parsed.header.local);
}

TEST(ProxyHeaderTest, V1NonsenseIsRefused) {
  for (const char* line :
       {"PROXY TCP4 1.2.3.4 5.6.7.8 1234\r\n", "PROXY TCP4 1.2.3.4 ::1 1 2\r\n",
        "PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n", "PROXY TCP4 1.2.3.4 5.6.7.8 70000 80\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 01 80\r\n", "PROXY TCP4  1.2.3.4 5.6.7.8 1 80\r\n",
        "PROXY UDP4 1.2.3.4 5.6.7.8 1 80\r\n", "PROXY TCP4 1.2.3.4 5.6.7.8 1 80 9\r\n"}) {
    EXPECT_EQ(ParseProxyHeader(line).state, ParseState::kBad) << line;
  }
  EXPECT_EQ(ParseProxyHeader("PROXY TCP4 " + std::string(200, '1')).state, ParseState::kBad);
}

TEST(ProxyHeaderTest, EveryPrefixWantsMoreAndNoneIsReadWrong) {
  for (const std::string& whole :
       {std::string("PROXY TCP6 ::1 ::2 65535 1\r\n"), V2(0x21, 0x11, kAddresses4)}) {
    for (size_t n = 0; n < whole.size(); ++n) {
      EXPECT_EQ(ParseProxyHeader(std::string_view(whole).substr(0, n)).state, ParseState::kNeedMore)
          << n;
    }
    EXPECT_EQ(ParseProxyHeader(whole + "GET /").size, whole.size());
  }
}

TEST(ProxyHeaderTest, V2CarriesAddressesAndTlvs) {
  const std::string bytes = V2(0x21, 0x11,
                               kAddresses4 + std::string("\x02\0\x03"
                                                         "abc",
                                                         6));
  const auto parsed = ParseProxyHeader(bytes);  // looks into `bytes`
  ASSERT_EQ(parsed.state, ParseState::kOk);
  EXPECT_EQ(parsed.header.source.ToString(), "10.0.0.1:8080");
  ASSERT_EQ(parsed.header.tlvs.size(), 1U);
  EXPECT_EQ(parsed.header.tlvs[0].type, 2);
  EXPECT_EQ(parsed.header.tlvs[0].value, "abc");
}

TEST(ProxyHeaderTest, V2LocalAndNonsense) {
  EXPECT_TRUE(ParseProxyHeader(V2(0x20, 0x00, "")).header.local);
  EXPECT_EQ(ParseProxyHeader(V2(0x11, 0x11, kAddresses4)).state, ParseState::kBad);
  EXPECT_EQ(ParseProxyHeader(V2(0x22, 0x11, kAddresses4)).state, ParseState::kBad);
  EXPECT_EQ(ParseProxyHeader(V2(0x21, 0x12, kAddresses4)).state, ParseState::kBad);
  EXPECT_EQ(ParseProxyHeader(V2(0x21, 0x11, "short")).state, ParseState::kBad);
  EXPECT_EQ(ParseProxyHeader(V2(0x21, 0x11,
                                kAddresses4 + std::string("\x02\x00\x09"
                                                          "abc",
                                                          6)))
                .state,
            ParseState::kBad);
}

TEST(ProxyHeaderTest, OtherProtocolsAreNotProxy) {
  EXPECT_EQ(ParseProxyHeader("GET / HTTP/1.1\r\n").state, ParseState::kNotProxy);
  EXPECT_EQ(ParseProxyHeader("PROXX").state, ParseState::kNotProxy);
  EXPECT_EQ(ParseProxyHeader("\r\n\r\nGET").state, ParseState::kNotProxy);
}

}  // namespace
}  // namespace sluice::filters::proxy_protocol
