#include "sluice/upstream/proxy_header.h"

#include <gtest/gtest.h>

namespace sluice::upstream {
namespace {

using namespace std::string_literals;

const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;
const std::string kClientTlvs = "\x02\0\x01z\xea\0\x03vpc\xe0\0\x01m"s;

class ProxyHeaderTest : public testing::Test {
 protected:
  ProxyHeaderTest() { config_.version = config::ProxyVersion::kV2; }
  std::string Header(std::string_view tlvs = kClientTlvs) {
    return MakeProxyHeader(config_, &source_, &destination_, tlvs);
  }
  // The TLVs of a header over IPv4.
  std::string Tlvs(std::string_view client_tlvs = kClientTlvs) {
    const std::string header = Header(client_tlvs);
    const size_t size =
        static_cast<unsigned char>(header[14]) << 8 | static_cast<unsigned char>(header[15]);
    EXPECT_EQ(header.size(), 16 + size);
    return header.substr(28);
  }

  config::ProxyHeaderConfig config_;
  net::Address source_ = *net::Address::FromIp("10.0.0.1", 258);
  net::Address destination_ = *net::Address::FromIp("10.0.0.2", 80);
};

TEST_F(ProxyHeaderTest, BinaryFormOfBothFamilies) {
  EXPECT_EQ(Header(), kSignature + "\x21\x11\0\x0c\x0a\0\0\x01\x0a\0\0\x02\x01\x02\0\x50"s);
  source_ = *net::Address::FromIp("fd00::1", 1);
  destination_ = *net::Address::FromIp("fd00::2", 2);
  const std::string header = Header();
  EXPECT_EQ(header.substr(0, 18), kSignature + "\x21\x21\0\x24\xfd\0"s);
  EXPECT_EQ(header.size(), 52U);
}

TEST_F(ProxyHeaderTest, WithoutAddressesWeSpeakForOurselves) {
  EXPECT_EQ(MakeProxyHeader(config_, nullptr, nullptr, ""), kSignature + "\x20\0\0\0"s);
  destination_ = *net::Address::FromIp("fd00::2", 2);
  EXPECT_EQ(Header(), kSignature + "\x20\0\0\0"s);
  config_.version = config::ProxyVersion::kV1;
  EXPECT_EQ(Header(), "PROXY UNKNOWN\r\n");
}

TEST_F(ProxyHeaderTest, ClientsTlvsGoOnOnlyAsAsked) {
  EXPECT_EQ(Tlvs(), "");
  config_.pass_through_tlvs.emplace();
  EXPECT_EQ(Tlvs(), kClientTlvs);
  config_.pass_through_tlvs->match_type = config::TlvMatch::kInclude;
  EXPECT_EQ(Tlvs(), "");
  config_.pass_through_tlvs->tlv_type = {0xea, 5};
  EXPECT_EQ(Tlvs(), "\xea\0\x03vpc"s);
}

TEST_F(ProxyHeaderTest, OursTakeThePlaceOfTheClients) {
  config_.pass_through_tlvs.emplace();
  config_.added_tlvs = {{0xe0, {"own"}}, {0xe1, {""}}};
  EXPECT_EQ(Tlvs(), "\x02\0\x01z\xea\0\x03vpc\xe0\0\x03own\xe1\0\0"s);
}

TEST_F(ProxyHeaderTest, WhatDoesNotFitIsLeftOut) {
  config_.pass_through_tlvs.emplace();
  config_.added_tlvs = {{0xe0, {std::string(60'000, 'o')}}};
  // 65535 less two addresses and ours leave 5520.
  const std::string fits = "\xea\x15\x8d"s + std::string(0x158d, 'x');
  const std::string large = "\xea\x15\x8e"s + std::string(0x158e, 'x');
  EXPECT_EQ(Tlvs(fits).substr(0, fits.size() + 1), fits + "\xe0");
  EXPECT_EQ(Tlvs(large + "\x02\0\x01z"s).substr(0, 7), "\x02\0\x01z\xe0\xea\x60"s);
}

}  // namespace
}  // namespace sluice::upstream
