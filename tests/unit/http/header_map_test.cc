#include "sluice/http/header_map.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::http {
namespace {

using testing::ElementsAre;

class HeaderMapTest : public testing::Test {
 protected:
  std::vector<std::string> Lines() const {
    std::vector<std::string> lines;
    for (const HeaderEntry& entry : map_.entries()) {
      lines.push_back(std::string(entry.Name()) + "=" + std::string(entry.Value()));
    }
    return lines;
  }
  size_t CountedBytes() const {
    size_t bytes = 0;
    for (const HeaderEntry& entry : map_.entries()) {
      bytes += entry.Name().size() + entry.Value().size() + 4;
    }
    return bytes;
  }

  Arena arena_;
  HeaderMap map_{arena_};
};

TEST(HeaderIdTest, EveryNameFindsItsId) {
  for (size_t i = 1; i < static_cast<size_t>(HeaderId::kCount); ++i) {
    const auto id = static_cast<HeaderId>(i);
    ASSERT_FALSE(HeaderName(id).empty()) << i;
    EXPECT_EQ(FindHeaderId(HeaderName(id)), id) << HeaderName(id);
    const std::string longer = std::string(HeaderName(id)) + "x";
    EXPECT_EQ(FindHeaderId(longer), HeaderId::kOther) << longer;
    std::string changed(HeaderName(id));
    changed[0] = 'Z';
    EXPECT_EQ(FindHeaderId(changed), HeaderId::kOther) << changed;
  }
}

TEST(HeaderIdTest, NamesMatchTheirEnumerators) {
  EXPECT_EQ(HeaderName(HeaderId::kMethod), ":method");
  EXPECT_EQ(HeaderName(HeaderId::kStatus), ":status");
  EXPECT_EQ(HeaderName(HeaderId::kContentLength), "content-length");
  EXPECT_EQ(HeaderName(HeaderId::kTransferEncoding), "transfer-encoding");
  EXPECT_EQ(HeaderName(HeaderId::kXEnvoyRateLimited), "x-envoy-ratelimited");
  EXPECT_EQ(HeaderName(HeaderId::kXEnvoyUpstreamHealthCheckedCluster),
            "x-envoy-upstream-healthchecked-cluster");
  EXPECT_EQ(HeaderName(HeaderId::kXRequestId), "x-request-id");
}

TEST(HeaderIdTest, UnknownNamesAreOther) {
  for (const char* name : {"", "a", "x-custom", "content-lengths", "Host", "x-envoy-",
                           "an-extraordinarily-long-header-name-that-no-table-has-at-all"}) {
    EXPECT_EQ(FindHeaderId(name), HeaderId::kOther) << name;
  }
}

TEST(HeaderIdTest, PseudoHeadersAreTheFirstSix) {
  EXPECT_TRUE(IsPseudo(HeaderId::kMethod));
  EXPECT_TRUE(IsPseudo(HeaderId::kProtocol));
  EXPECT_TRUE(IsPseudo(HeaderId::kStatus));
  EXPECT_FALSE(IsPseudo(HeaderId::kAccept));
  EXPECT_FALSE(IsPseudo(HeaderId::kOther));
}

TEST_F(HeaderMapTest, KeepsOrderAndAnswersTheFirst) {
  map_.AddView(HeaderId::kVia, "one");
  map_.AddView("x-a", "1");
  map_.AddView("via", "two");
  EXPECT_THAT(Lines(), ElementsAre("via=one", "x-a=1", "via=two"));
  EXPECT_EQ(map_.Get(HeaderId::kVia), "one");
  EXPECT_EQ(map_.Get("via"), "one");
  EXPECT_EQ(map_.Get("x-a"), "1");
  EXPECT_EQ(map_.Get("x-b"), std::nullopt);
  EXPECT_EQ(map_.Get(HeaderId::kHost), std::nullopt);
  EXPECT_EQ(map_.CountOf(HeaderId::kVia), 2u);
  EXPECT_EQ(map_.CountOf(HeaderId::kHost), 0u);
  EXPECT_EQ(map_.byte_size(), CountedBytes());
}

TEST_F(HeaderMapTest, AddLowersTheNameAndCopies) {
  std::string name = "X-CamelCase";
  std::string value = "Value";
  map_.Add(name, value);
  name = "overwritten";
  value = "overwritten";
  EXPECT_EQ(map_.Get("x-camelcase"), "Value");
}

TEST_F(HeaderMapTest, SetReplacesTheFirstAndRemovesTheRest) {
  map_.AddView(HeaderId::kVia, "one");
  map_.AddView("x-a", "1");
  map_.AddView(HeaderId::kVia, "two");
  map_.AddView("x-a", "2");
  map_.Set(HeaderId::kVia, "only");
  map_.Set("X-A", "sole");
  EXPECT_THAT(Lines(), ElementsAre("via=only", "x-a=sole"));
  EXPECT_EQ(map_.byte_size(), CountedBytes());
  map_.Set("x-new", "n");
  map_.Set("host", "h");
  EXPECT_THAT(Lines(), ElementsAre("via=only", "x-a=sole", "x-new=n", "host=h"));
  EXPECT_EQ(map_.Get(HeaderId::kHost), "h");
}

TEST_F(HeaderMapTest, RemoveKeepsTheIndexRight) {
  map_.AddView("x-a", "1");
  map_.AddView(HeaderId::kTe, "trailers");
  map_.AddView(HeaderId::kVia, "v");
  map_.AddView("x-a", "2");
  EXPECT_EQ(map_.Remove("x-a"), 2u);
  EXPECT_EQ(map_.Remove("x-a"), 0u);
  EXPECT_EQ(map_.Remove(HeaderId::kTe), 1u);
  EXPECT_EQ(map_.Remove(HeaderId::kTe), 0u);
  EXPECT_FALSE(map_.Has(HeaderId::kTe));
  EXPECT_EQ(map_.Get(HeaderId::kVia), "v");
  EXPECT_THAT(Lines(), ElementsAre("via=v"));
  EXPECT_EQ(map_.byte_size(), CountedBytes());
}

TEST_F(HeaderMapTest, AppendToListJoins) {
  map_.AppendToList(HeaderId::kXForwardedFor, "10.0.0.1");
  map_.AppendToList(HeaderId::kXForwardedFor, "10.0.0.2");
  EXPECT_EQ(map_.Get(HeaderId::kXForwardedFor), "10.0.0.1,10.0.0.2");
  EXPECT_EQ(map_.size(), 1u);
  EXPECT_EQ(map_.byte_size(), CountedBytes());
}

TEST_F(HeaderMapTest, GetJoinedJoinsOnlyWhenThereAreSeveral) {
  map_.AddView("x-a", "1");
  EXPECT_EQ(map_.GetJoined("x-a"), "1");
  map_.AddView("x-a", "");
  map_.AddView("x-a", "3");
  map_.AddView(HeaderId::kCookie, "a=b");
  map_.AddView(HeaderId::kCookie, "c=d");
  EXPECT_EQ(map_.GetJoined("x-a"), "1,,3");
  EXPECT_EQ(map_.GetJoined("cookie"), "a=b,c=d");
  EXPECT_EQ(map_.GetJoined("none"), std::nullopt);
}

TEST_F(HeaderMapTest, GrowsPastItsFirstCapacity) {
  for (int i = 0; i < 1000; ++i) map_.Add("x-" + std::to_string(i), std::to_string(i));
  map_.AddView(HeaderId::kHost, "h");
  EXPECT_EQ(map_.size(), 1001u);
  EXPECT_EQ(map_.Get("x-777"), "777");
  EXPECT_EQ(map_.Get(HeaderId::kHost), "h");
  EXPECT_EQ(map_.byte_size(), CountedBytes());
}

TEST_F(HeaderMapTest, ClearForgetsEverything) {
  map_.AddView(HeaderId::kHost, "h");
  map_.Clear();
  arena_.Reset();
  EXPECT_EQ(map_.size(), 0u);
  EXPECT_EQ(map_.byte_size(), 0u);
  EXPECT_FALSE(map_.Has(HeaderId::kHost));
  map_.AddView(HeaderId::kHost, "again");
  EXPECT_EQ(map_.Get(HeaderId::kHost), "again");
}

}  // namespace
}  // namespace sluice::http
