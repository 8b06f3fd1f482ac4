#include "sluice/stream/stream_info.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace sluice::stream {
namespace {

TEST(ResponseFlagsTest, ListedInBitOrderWhateverTheOrderOfSetting) {
  ResponseFlags flags;
  flags.Set(ResponseFlag::kUpstreamRetryLimitExceeded);
  flags.Set(ResponseFlag::kUpstreamConnectionFailure);
  flags.Set(ResponseFlag::kUnconditionalDropOverload);
  std::string brief;
  std::string full;
  flags.AppendShort(brief);
  flags.AppendLong(full);
  EXPECT_EQ(brief, "UF,URX,UDO");
  EXPECT_EQ(full, "UpstreamConnectionFailure,UpstreamRetryLimitExceeded,UnconditionalDropOverload");
}

TEST(ResponseFlagsTest, NamesFindTheirFlags) {
  for (size_t i = 0; i < static_cast<size_t>(ResponseFlag::kCount); ++i) {
    const auto flag = static_cast<ResponseFlag>(i);
    EXPECT_EQ(FindFlag(ShortName(flag)), flag);
  }
  EXPECT_FALSE(FindFlag("uf").has_value());
  EXPECT_FALSE(FindFlag("").has_value());
}

TEST(StreamInfoTest, MomentsAreUnsetUntilMarked) {
  StreamInfo info;
  const MonoTime first{std::chrono::seconds(5)};
  EXPECT_FALSE(info.At(Moment::kResponseStart).has_value());
  info.MarkOnce(Moment::kResponseStart, first);
  info.MarkOnce(Moment::kResponseStart, first + std::chrono::seconds(1));
  EXPECT_EQ(info.At(Moment::kResponseStart), first);
}

TEST(StreamInfoTest, AttemptsKeepTheFirstOnesAndTheLast) {
  StreamInfo info;
  for (uint64_t i = 0; i < 20; ++i) info.AddAttempt({"a", "h", i});
  ASSERT_EQ(info.attempts().size(), StreamInfo::kMaxAttempts);
  EXPECT_EQ(info.attempts()[6].connection_id, 6u);
  EXPECT_EQ(info.attempts()[7].connection_id, 19u);
}

TEST(StreamInfoTest, StateIsFoundOnTheStreamThenOnItsConnection) {
  ConnectionInfo connection;
  StreamInfo info;
  info.connection = &connection;
  EXPECT_EQ(info.FindState("k"), nullptr);
  connection.filter_state.Set("k", std::make_unique<TextState>("outer"));
  EXPECT_EQ(info.FindState("k")->Text(), "outer");
  info.filter_state().Set("k", std::make_unique<TextState>("inner"));
  info.filter_state().Set("k", std::make_unique<TextState>("newer"));
  EXPECT_EQ(info.FindState("k")->Text(), "newer");
}

TEST(StreamInfoTest, DynamicMetadataIsAStructForEachFilter) {
  StreamInfo info;
  EXPECT_EQ(info.FindMetadata("f"), nullptr);
  EXPECT_EQ(std::as_const(info).dynamic_metadata(), nullptr);
  info.dynamic_metadata("f").emplace("key", Value("v"));
  info.dynamic_metadata("f").emplace("other", Value(1.0));
  EXPECT_EQ(*info.FindMetadata("f")->Find("key")->AsString(), "v");
  EXPECT_EQ(info.FindMetadata("g"), nullptr);
}

}  // namespace
}  // namespace sluice::stream
