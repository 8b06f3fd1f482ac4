#include "client_hello.h"

#include <string>

#include <gtest/gtest.h>

namespace sluice::filters::tls_inspector {
namespace {

std::string Sized(size_t width, const std::string& bytes) {
  std::string out;
  for (size_t i = width; i-- > 0;) out += static_cast<char>(bytes.size() >> (8 * i) & 0xFF);
  return out + bytes;
}

std::string Extension(int type, const std::string& content) {
  return std::string{static_cast<char>(type >> 8), static_cast<char>(type)} + Sized(2, content);
}

std::string Hello(const std::string& extensions) {
  const std::string body = std::string("\x03\x03", 2) + std::string(32, 'r') + Sized(1, "") +
                           Sized(2, std::string("\x13\x01", 2)) + Sized(1, std::string(1, '\0')) +
                           Sized(2, extensions);
  return std::string(1, '\x01') + Sized(3, body);
}

std::string Record(const std::string& handshake) {
  return std::string("\x16\x03\x01", 3) + Sized(2, handshake);
}

const std::string kExtensions =
    Extension(0, Sized(2, std::string(1, '\0') + Sized(2, "WWW.Example.com"))) +
    Extension(16, Sized(2, Sized(1, "h2") + Sized(1, "http/1.1")));

TEST(ClientHelloTest, FindsNameAndProtocols) {
  const ClientHello hello = ParseClientHello(Record(Hello(kExtensions)));
  ASSERT_EQ(hello.state, HelloState::kOk);
  EXPECT_EQ(hello.server_name, "www.example.com");
  ASSERT_EQ(hello.alpn.size(), 2U);
  EXPECT_EQ(hello.alpn[1], "http/1.1");
}

TEST(ClientHelloTest, EveryPrefixWantsMore) {
  const std::string whole = Record(Hello(kExtensions));
  for (size_t n = 0; n < whole.size(); ++n) {
    EXPECT_EQ(ParseClientHello(std::string_view(whole).substr(0, n)).state, HelloState::kNeedMore)
        << n;
  }
}

TEST(ClientHelloTest, CutAcrossRecordsIsJoined) {
  const std::string hello = Hello(kExtensions);
  std::string bytes;
  for (char c : hello) bytes += Record(std::string(1, c));
  EXPECT_EQ(ParseClientHello(bytes).server_name, "www.example.com");
}

TEST(ClientHelloTest, LyingLengthsAreNotTls) {
  std::string bytes = Record(Hello(kExtensions));
  for (size_t at = 44; at < bytes.size(); ++at) {
    std::string broken = bytes;
    broken[at] = '\xFF';
    ParseClientHello(broken);  // no crash, no over-read: the sanitizers watch
  }
  EXPECT_EQ(ParseClientHello("GET / HTTP/1.1").state, HelloState::kNotTls);
  EXPECT_EQ(ParseClientHello(Record(std::string("\x02\0\0\0", 4))).state, HelloState::kNotTls);
}

// A client that tries early data goes on at once: change_cipher_spec, then application data.
TEST(ClientHelloTest, WhatComesBehindItIsNotLookedAt) {
  const std::string behind("\x14\x03\x03\0\x01\x01\x17\x03\x03\x00\x02xx", 13);
  const ClientHello hello = ParseClientHello(Record(Hello(kExtensions)) + behind);
  EXPECT_EQ(hello.state, HelloState::kOk);
  EXPECT_EQ(hello.server_name, "www.example.com");
  // Within the message it has no place.
  const std::string all = Hello(kExtensions);
  EXPECT_EQ(ParseClientHello(Record(all.substr(0, 50)) + behind + Record(all.substr(50))).state,
            HelloState::kNotTls);
}

TEST(ClientHelloTest, NothingIsKeptOfWhatDoesNotHoldTogether) {
  const ClientHello hello = ParseClientHello(Record(Hello(kExtensions + "\xFF")));
  EXPECT_EQ(hello.state, HelloState::kNotTls);
  EXPECT_EQ(hello.server_name, "");
  EXPECT_TRUE(hello.alpn.empty());
}

TEST(ClientHelloTest, EmptyProtocolsAreNone) {
  const std::string extension = Extension(16, Sized(2, Sized(1, "") + Sized(1, "h2")));
  EXPECT_EQ(ParseClientHello(Record(Hello(extension))).alpn, std::vector<std::string>{"h2"});
}

TEST(ClientHelloTest, TooLargeIsSaid) {
  const std::string filler = Extension(21, std::string(17000, '\0'));
  EXPECT_EQ(ParseClientHello(Record(Hello(filler).substr(0, 16000))).state, HelloState::kTooLarge);
}

}  // namespace
}  // namespace sluice::filters::tls_inspector
