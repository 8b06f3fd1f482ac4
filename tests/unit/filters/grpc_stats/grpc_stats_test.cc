#include <gtest/gtest.h>

#include "call_stats.h"
#include "frame_counter.h"
#include "grpc_stats_filter.h"
#include "sluice/stats/store.h"
#include "support/parse_config.h"

namespace sluice::filters::grpc_stats {
namespace {

TEST(FrameCounterTest, CountsMessagesInWhateverPieces) {
  const std::string body = std::string("\0\0\0\0\3abc", 8) + std::string("\0\0\0\0\0", 5) +
                           std::string("\0\0\0\1\0", 5) + std::string(256, 'x');
  for (const size_t piece : {size_t{1}, size_t{3}, size_t{7}, body.size()}) {
    FrameCounter counter;
    for (size_t at = 0; at < body.size(); at += piece) {
      ByteChain data;
      data.Append(std::string_view(body).substr(at, piece));
      counter.Count(data);
    }
    EXPECT_EQ(counter.messages(), 3U) << piece;
  }
}

TEST(CallStatsTest, CountsByClusterAndMethod) {
  stats::Store store(2);
  CallStatsTable table(store, 1);
  table.For("web", {}, {}, false).CountStatus("0");
  table.For("web", "shop.Cart", "Add", false).CountStatus("14");
  table.For("web", "shop.Cart", "Add", true).CountStatus("0");
  table.For("web", "shop.Cart", "Add", false).CountMessages(2, 3);
  table.For("web", "shop.Cart", "Add", false).CountStatus("99");
  EXPECT_EQ(store.CounterValue("cluster.web.grpc.success"), 1U);
  EXPECT_EQ(store.CounterValue("cluster.web.grpc.0"), 1U);
  EXPECT_EQ(store.CounterValue("cluster.web.grpc.shop.Cart.Add.14"), 1U);
  EXPECT_EQ(store.CounterValue("cluster.web.grpc.shop.Cart.Add.failure"), 2U);
  EXPECT_EQ(store.CounterValue("cluster.web.grpc.shop.Cart.Add.total"), 2U);
  EXPECT_EQ(store.CounterValue("cluster.web.grpc.shop_Cart.Add.success"), 1U);
  EXPECT_EQ(store.CounterValue("cluster.web.grpc.shop.Cart.Add.request_message_count"), 2U);
  EXPECT_EQ(store.CounterValue("cluster.web.grpc.shop.Cart.Add.response_message_count"), 3U);
}

TEST(CallStatsTest, NamesOfClientsAreLimited) {
  stats::Store store(2);
  CallStatsTable table(store, 1);
  for (size_t i = 0; i < CallStatsTable::kMost + 10; ++i) {
    table.For("web", "s" + std::to_string(i), "m", false).CountStatus("0");
  }
  EXPECT_EQ(store.CounterValue("cluster.web.grpc.success"), 10U);
}

TEST(GrpcStatsConfigTest, ListSaysWhichMethodsCountByThemselves) {
  const auto config = test::ParseConfig<GrpcStatsConfig>(
      "individual_method_stats_allowlist: {services: [{name: a.B, method_names: [C, D]}]}");
  EXPECT_TRUE(config.CountsByMethod("a.B", "D"));
  EXPECT_FALSE(config.CountsByMethod("a.B", "E"));
  EXPECT_FALSE(config.CountsByMethod("a.X", "C"));
  EXPECT_TRUE(
      test::ParseConfig<GrpcStatsConfig>("stats_for_all_methods: true").CountsByMethod("x", "y"));
  EXPECT_FALSE(test::ParseConfig<GrpcStatsConfig>("{}").CountsByMethod("x", "y"));
}

}  // namespace
}  // namespace sluice::filters::grpc_stats
