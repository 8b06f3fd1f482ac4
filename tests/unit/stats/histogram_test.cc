#include "sluice/stats/histogram.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

namespace sluice::stats {
namespace {

HistogramSnapshot Of(std::initializer_list<uint64_t> values) {
  HistogramCells cells;
  for (const uint64_t value : values) cells.Record(value);
  HistogramSnapshot snapshot;
  snapshot.Add(cells);
  return snapshot;
}

TEST(HistogramTest, EveryValueLandsInABucketThatContainsIt) {
  std::vector<uint64_t> values;
  for (uint64_t v = 0; v < 2000; ++v) values.push_back(v);
  for (const uint64_t power : HistogramCells::kPow10) {
    for (const int64_t off : {-1, 0, 1}) values.push_back(power + static_cast<uint64_t>(off));
    if (power < HistogramCells::kPow10[19]) values.push_back(power * 9 + power / 2);
  }
  values.push_back(std::numeric_limits<uint64_t>::max());
  for (const uint64_t value : values) {
    const auto buckets = Of({value}).Buckets();
    ASSERT_EQ(buckets.size(), 1u) << value;
    EXPECT_LE(buckets[0].lower, static_cast<double>(value)) << value;
    if (value >= 10) {
      EXPECT_GE(buckets[0].lower + buckets[0].width, static_cast<double>(value)) << value;
      EXPECT_LE(buckets[0].width, static_cast<double>(value) / 10) << value;
    }
  }
}

TEST(HistogramTest, QuantilesInterpolateWithinABucket) {
  const auto quantiles = Of({1}).Quantiles();
  EXPECT_DOUBLE_EQ(quantiles[0], 1);
  EXPECT_DOUBLE_EQ(quantiles[1], 1.025);
  EXPECT_DOUBLE_EQ(quantiles[2], 1.05);
  EXPECT_DOUBLE_EQ(quantiles[9], 1.1);
  EXPECT_DOUBLE_EQ(Of({0, 0, 0}).Quantiles()[9], 0);
}

TEST(HistogramTest, QuantilesOfManyValues) {
  HistogramCells cells;
  for (uint64_t v = 1; v <= 100; ++v) cells.Record(v);
  HistogramSnapshot snapshot;
  snapshot.Add(cells);
  const auto quantiles = snapshot.Quantiles();
  EXPECT_NEAR(quantiles[2], 51, 1);
  EXPECT_NEAR(quantiles[6], 100, 1);
  EXPECT_DOUBLE_EQ(quantiles[9], 110);  // 100 lies in [100, 110)
  EXPECT_EQ(snapshot.sum(), 5050u);
}

TEST(HistogramTest, EmptyHasNoQuantiles) {
  EXPECT_TRUE(std::isnan(HistogramSnapshot().Quantiles()[0]));
}

TEST(HistogramTest, FixedBoundsCountWholeBucketsOnly) {
  const auto counts = Of({50, 20, 30, 70, 100, 5000, 200}).Cumulative();
  const uint64_t expected[] = {0, 0, 0, 0, 1, 2, 4, 6, 6, 6, 6, 6, 7, 7, 7, 7, 7, 7, 7};
  for (size_t i = 0; i < counts.size(); ++i) EXPECT_EQ(counts[i], expected[i]) << kBucketBounds[i];
  const auto disjoint = Of({50, 20, 30, 70, 100, 5000, 200}).Disjoint();
  EXPECT_EQ(disjoint[6], 2u);
  EXPECT_EQ(disjoint[12], 1u);
}

TEST(HistogramTest, SinceSubtractsAnEarlierSnapshot) {
  HistogramCells cells;
  cells.Record(5);
  cells.Record(700);
  HistogramSnapshot before;
  before.Add(cells);
  cells.Record(5);
  cells.Record(12345);
  HistogramSnapshot after;
  after.Add(cells);
  const auto delta = after.Since(before);
  EXPECT_EQ(delta.count(), 2u);
  EXPECT_EQ(delta.sum(), 12350u);
  ASSERT_EQ(delta.Buckets().size(), 2u);
  EXPECT_EQ(delta.Buckets()[1], (HistogramSnapshot::Bucket{12000, 1000, 1}));
}

TEST(HistogramTest, MergeOfTwoWorkers) {
  HistogramCells one;
  HistogramCells two;
  one.Record(1);
  one.Record(300);
  two.Record(2);
  two.Record(300);
  HistogramSnapshot merged;
  merged.Add(one);
  merged.Add(two);
  ASSERT_EQ(merged.Buckets().size(), 3u);
  EXPECT_EQ(merged.Buckets()[2].count, 2u);
  EXPECT_EQ(merged.count(), 4u);
}

}  // namespace
}  // namespace sluice::stats
