#include "sluice/net/address.h"

#include <string>
#include <unordered_set>
#include <utility>

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

Address Ip(std::string_view ip, uint16_t port) { return *Address::FromIp(ip, port); }

TEST(AddressTest, TextForms) {
  EXPECT_EQ(Ip("10.0.0.1", 80).ToString(), "10.0.0.1:80");
  EXPECT_EQ(Ip("::1", 443).ToString(), "[::1]:443");
  EXPECT_EQ(Ip("2001:db8:0:0::5", 1).Ip(), "2001:db8::5");
  EXPECT_EQ(Address::FromUnixPath("/run/x.sock")->ToString(), "/run/x.sock");
  EXPECT_EQ(Address::FromUnixPath("@name")->ToString(), "@name");
  EXPECT_EQ(Address().ToString(), "");
}

TEST(AddressTest, NamesAndNonsenseAreRefused) {
  for (const char* text : {"", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.4:80", "[::1]", "::g",
                           "0x7f.1", "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:c"}) {
    EXPECT_FALSE(Address::FromIp(text, 1)) << text;
  }
  EXPECT_FALSE(Address::FromIp(std::string_view("1.2.3.4\0", 8), 1));
  EXPECT_FALSE(Address::FromUnixPath(""));
  EXPECT_FALSE(Address::FromUnixPath(std::string(108, 'x')));
  EXPECT_FALSE(Address::FromUnixPath(std::string_view("a\0b", 3)));
  EXPECT_TRUE(Address::FromUnixPath(std::string(107, 'x')));
  EXPECT_TRUE(Address::FromUnixPath("@" + std::string(107, 'x')));
}

TEST(AddressTest, Kinds) {
  EXPECT_TRUE(Ip("127.8.0.1", 1).IsLoopback());
  EXPECT_TRUE(Ip("::1", 1).IsLoopback());
  EXPECT_TRUE(Ip("::ffff:127.0.0.1", 1).IsLoopback());
  EXPECT_FALSE(Ip("10.0.0.1", 1).IsLoopback());
  EXPECT_TRUE(Ip("0.0.0.0", 1).IsAny());
  EXPECT_TRUE(Ip("::", 1).IsAny());
  EXPECT_FALSE(Ip("::1", 1).IsAny());
  EXPECT_EQ(Ip("::ffff:1.2.3.4", 9).Unmapped().ToString(), "1.2.3.4:9");
  EXPECT_EQ(Ip("::1", 9).Unmapped().ToString(), "[::1]:9");
  EXPECT_EQ(Ip("1.2.3.4", 0).IpBytes(), std::string_view("\1\2\3\4", 4));
  EXPECT_EQ(Ip("::1", 0).IpBytes().size(), 16u);
}

TEST(AddressTest, ComparesByValue) {
  EXPECT_EQ(Ip("1.2.3.4", 5), Ip("1.2.3.4", 5));
  EXPECT_NE(Ip("1.2.3.4", 5), Ip("1.2.3.4", 6));
  EXPECT_NE(Ip("1.2.3.4", 5), Ip("::ffff:1.2.3.4", 5));
  EXPECT_EQ(*Address::FromUnixPath("@a"), *Address::FromUnixPath("@a"));
  EXPECT_NE(*Address::FromUnixPath("@a"), *Address::FromUnixPath("@b"));
  EXPECT_NE(*Address::FromUnixPath("/a"), Address());
  EXPECT_EQ(Ip("1.2.3.4", 5).WithPort(7), Ip("1.2.3.4", 7));
  std::unordered_set<Address> set{Ip("1.2.3.4", 5), Ip("1.2.3.4", 5), Ip("::1", 5),
                                  *Address::FromUnixPath("/a")};
  EXPECT_EQ(set.size(), 3u);
}

TEST(AddressTest, CopiesAndMoves) {
  Address unix_address = *Address::FromUnixPath("/run/a");
  Address copy = unix_address;
  Address moved = std::move(unix_address);
  EXPECT_EQ(copy, moved);
  copy = Ip("1.1.1.1", 1);
  EXPECT_EQ(copy.family(), Address::Family::kV4);
  copy = moved;
  EXPECT_EQ(copy.ToString(), "/run/a");
  EXPECT_EQ(Address::FromSockaddr(copy.raw(), copy.raw_size()), copy);
  Address six = Ip("fe80::1", 5);
  EXPECT_EQ(Address::FromSockaddr(six.raw(), six.raw_size()), six);
}

}  // namespace
}  // namespace sluice::net
