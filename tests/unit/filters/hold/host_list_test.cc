#include "host_list.h"

#include <array>

#include <gtest/gtest.h>

namespace sluice::filters::hold {
namespace {

TEST(HostListTest, TakesAListOfHostsInAnyCaseAndWithPorts) {
  const auto list = HostList::Parse(R"(["http.example.com", "GRPC.Example.com:8080"])", 1000);
  ASSERT_TRUE(list);
  EXPECT_TRUE((*list)->Has("http.example.com"));
  EXPECT_TRUE((*list)->Has("grpc.example.com"));
  EXPECT_FALSE((*list)->Has("example.com"));
  EXPECT_EQ((*list)->size(), 2U);
}

TEST(HostListTest, AnEmptyListIsAList) {
  const auto list = HostList::Parse("[]", 1000);
  ASSERT_TRUE(list);
  EXPECT_TRUE((*list)->empty());
}

TEST(HostListTest, AnythingElseIsRefused) {
  for (const char* text : {"", "{}", "null", "\"a\"", "[1]", "[[\"a\"]]", "[\"\"]", "[\"a b\"]",
                           "[\"a/b\"]", "[\"a\"", "[\"a\"] x", "<html>"}) {
    EXPECT_FALSE(HostList::Parse(text, 1000)) << text;
  }
  EXPECT_FALSE(HostList::Parse("[\"" + std::string(300, 'a') + "\"]", 1000));
  EXPECT_FALSE(HostList::Parse(R"(["http.example.com"])", 10));
}

TEST(HostListTest, NormalHostDropsThePortAndLowersTheCase) {
  std::array<char, kMaxHost> buffer;
  EXPECT_EQ(NormalHost("HTTP.Example.COM:8080", buffer), "http.example.com");
  EXPECT_EQ(NormalHost("[::1]:80", buffer), "[::1]");
  EXPECT_EQ(NormalHost("a b", buffer), "");
  EXPECT_EQ(NormalHost(std::string(300, 'a'), buffer), "");
}

}  // namespace
}  // namespace sluice::filters::hold
