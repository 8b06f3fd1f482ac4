// Envoy's order of criteria: each narrows what is left, the most specific value first, and none is
// taken back.
#include "sluice/listener/chain_match.h"

#include <functional>

#include <gtest/gtest.h>

namespace sluice::listener {
namespace {

IpPrefix Prefix(std::string_view address, uint32_t length) {
  return {*match::CidrRange::Parse(std::string(address), length), length};
}

struct Peer {
  std::string destination = "192.0.2.1";
  uint16_t port = 80;
  std::string server_name{};
  std::string transport = "raw_buffer";
  std::vector<std::string> protocols{};
  std::string direct_source = "198.51.100.1";
  std::string source = "198.51.100.1";
  uint16_t source_port = 4000;
};

class ChainMatchTest : public testing::Test {
 protected:
  using Fill = std::function<void(ChainCriteria&)>;
  std::optional<int> TryAdd(const Fill& fill) {
    ChainCriteria criteria;
    fill(criteria);
    return matcher_.Add(criteria, next_++);
  }
  // Chains are numbered in the order in which they are added.
  void Add(const Fill& fill) { EXPECT_FALSE(TryAdd(fill)); }
  int Find(const Peer& peer) {
    const net::Address destination = *net::Address::FromIp(peer.destination, peer.port);
    const net::Address source = *net::Address::FromIp(peer.source, peer.source_port);
    filter::AcceptedInfo accepted;
    accepted.server_name = peer.server_name;
    accepted.transport_protocol = peer.transport;
    accepted.application_protocols = peer.protocols;
    accepted.direct_remote = *net::Address::FromIp(peer.direct_source, peer.source_port);
    return matcher_.Find({destination, source, accepted});
  }

  ChainMatcher matcher_;
  int next_ = 0;
};

TEST_F(ChainMatchTest, EachCriterionComesBeforeThoseBehindIt) {
  // Chain n asks for criterion n alone; a peer that meets n and all behind it gets chain n.
  Add([](ChainCriteria& c) { c.destination_port = 443; });
  Add([](ChainCriteria& c) { c.prefix_ranges = {Prefix("192.0.2.0", 24)}; });
  Add([](ChainCriteria& c) { c.server_names = {"a.test"}; });
  Add([](ChainCriteria& c) { c.transport_protocol = "tls"; });
  Add([](ChainCriteria& c) { c.application_protocols = {"h2"}; });
  Add([](ChainCriteria& c) { c.direct_source_prefix_ranges = {Prefix("203.0.113.0", 24)}; });
  Add([](ChainCriteria& c) { c.source_type = SourceType::kExternal; });
  Add([](ChainCriteria& c) { c.source_prefix_ranges = {Prefix("127.0.0.0", 8)}; });
  Add([](ChainCriteria& c) { c.source_ports = {7}; });
  Add([](ChainCriteria&) {});
  Peer peer{.port = 443,
            .server_name = "a.test",
            .transport = "tls",
            .protocols = {"h2"},
            .direct_source = "203.0.113.9",
            .source = "198.51.100.1",
            .source_port = 7};
  EXPECT_EQ(Find(peer), 0);
  peer.port = 80;
  EXPECT_EQ(Find(peer), 1);
  peer.destination = "192.0.3.1";
  EXPECT_EQ(Find(peer), 2);
  peer.server_name = "b.test";
  EXPECT_EQ(Find(peer), 3);
  peer.transport = "raw_buffer";
  EXPECT_EQ(Find(peer), 4);
  peer.protocols = {"http/1.1"};
  EXPECT_EQ(Find(peer), 5);
  peer.direct_source = "198.51.100.1";
  EXPECT_EQ(Find(peer), 6);
  peer.source = "127.0.0.3";  // not external any more
  EXPECT_EQ(Find(peer), 7);
  peer.source = "192.0.3.1";  // the same address on both ends: not external either
  EXPECT_EQ(Find(peer), 8);
  peer.source_port = 8;
  EXPECT_EQ(Find(peer), 9);
}

TEST_F(ChainMatchTest, TheLongestPrefixWinsWhateverTheOrder) {
  Add([](ChainCriteria& c) { c.prefix_ranges = {Prefix("10.1.0.0", 16), Prefix("fd00::", 8)}; });
  Add([](ChainCriteria& c) { c.prefix_ranges = {Prefix("0.0.0.0", 0)}; });
  Add([](ChainCriteria& c) { c.prefix_ranges = {Prefix("10.1.2.3", 32)}; });
  Add([](ChainCriteria& c) { c.prefix_ranges = {Prefix("10.0.0.0", 8), Prefix("fd12::", 16)}; });
  EXPECT_EQ(Find({.destination = "10.1.2.3"}), 2);
  EXPECT_EQ(Find({.destination = "10.1.2.4"}), 0);
  EXPECT_EQ(Find({.destination = "10.2.2.4"}), 3);
  EXPECT_EQ(Find({.destination = "11.2.2.4"}), 1);
  EXPECT_EQ(Find({.destination = "fd12::1", .source = "fd99::1"}), 3);
  EXPECT_EQ(Find({.destination = "fd13::1", .source = "fd99::1"}), 0);
  EXPECT_EQ(Find({.destination = "fe80::1", .source = "fd99::1"}), ChainMatcher::kNone);
}

TEST_F(ChainMatchTest, ServerNamesGoFromExactToShorterAndShorterSuffixes) {
  Add([](ChainCriteria& c) { c.server_names = {"*.b.test", ""}; });
  Add([](ChainCriteria& c) { c.server_names = {"a.b.test"}; });
  Add([](ChainCriteria& c) { c.server_names = {"*.a.b.test", "*.test"}; });
  EXPECT_EQ(Find({.server_name = "a.b.test"}), 1);
  EXPECT_EQ(Find({.server_name = "c.b.test"}), 0);
  EXPECT_EQ(Find({.server_name = "x.a.b.test"}), 2);
  EXPECT_EQ(Find({.server_name = "x.y.a.b.test"}), 2);
  EXPECT_EQ(Find({.server_name = "b.test"}), 2);  // a suffix does not stand for the name itself
  EXPECT_EQ(Find({.server_name = "other"}), 0);
  EXPECT_EQ(Find({.server_name = ""}), 0);
}

TEST_F(ChainMatchTest, TheClientsOrderOfProtocolsDecides) {
  Add([](ChainCriteria& c) { c.application_protocols = {"http/1.1"}; });
  Add([](ChainCriteria& c) { c.application_protocols = {"h2"}; });
  EXPECT_EQ(Find({.protocols = {"h3", "h2", "http/1.1"}}), 1);
  EXPECT_EQ(Find({.protocols = {"http/1.1", "h2"}}), 0);
  EXPECT_EQ(Find({.protocols = {"h3"}}), ChainMatcher::kNone);
}

TEST_F(ChainMatchTest, WhatHasBeenChosenIsNotTakenBack) {
  Add([](ChainCriteria& c) {
    c.prefix_ranges = {Prefix("10.1.0.0", 16)};
    c.source_ports = {7};
  });
  Add([](ChainCriteria& c) { c.prefix_ranges = {Prefix("10.0.0.0", 8)}; });
  EXPECT_EQ(Find({.destination = "10.1.0.1", .source_port = 7}), 0);
  EXPECT_EQ(Find({.destination = "10.1.0.1", .source_port = 8}), ChainMatcher::kNone);
  matcher_.SetDefault(5);
  EXPECT_EQ(Find({.destination = "10.1.0.1", .source_port = 8}), 5);
}

TEST_F(ChainMatchTest, SameCriteriaTwiceAreFoundOut) {
  Add([](ChainCriteria& c) {
    c.destination_port = 80;
    c.server_names = {"a.test", "b.test"};
  });
  EXPECT_EQ(TryAdd([](ChainCriteria& c) {
              c.destination_port = 80;
              c.server_names = {"b.test"};
            }),
            0);
}

}  // namespace
}  // namespace sluice::listener
