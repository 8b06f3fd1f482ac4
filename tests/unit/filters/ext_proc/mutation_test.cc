#include "mutation.h"

#include <gtest/gtest.h>

#include "mode.h"
#include "support/head.h"

namespace sluice::filters::ext_proc {
namespace {

HeaderMutation Sets(std::string name, std::string value) {
  return {.set = {{std::move(name), std::move(value)}}, .remove = {}};
}

TEST(ExtProcMutationTest, RulesAreAskedFromTheMostSpecialOnDown) {
  MutationRulesConfig config;
  EXPECT_TRUE(MutationRules(config).Allows("x-a"));
  EXPECT_TRUE(MutationRules(config).Allows(":path"));
  for (const char* name : {"host", ":authority", ":scheme", ":method", "x-envoy-a"}) {
    EXPECT_FALSE(MutationRules(config).Allows(name)) << name;
  }
  config.disallow_system = true;
  EXPECT_FALSE(MutationRules(config).Allows(":path"));
  config.allow_expression.emplace().regex = ":p.*";
  EXPECT_TRUE(MutationRules(config).Allows(":path"));
  config.disallow_expression.emplace().regex = ":path";
  EXPECT_FALSE(MutationRules(config).Allows(":path"));
  config.disallow_all = true;
  EXPECT_FALSE(MutationRules(config).Allows("x-a"));
}

TEST(ExtProcMutationTest, NothingIsDoneWhenAPartCannotBeWritten) {
  test::Head head{{":path", "/"}, {"x-a", "1"}};
  HeaderMutation mutation = Sets("x-b", "a\nb");
  mutation.remove = {"x-a"};
  const Mutated done = Mutate(mutation, MutationRules({}), Target::kRequestHead, false, head.map());
  EXPECT_FALSE(done.ok);
  EXPECT_EQ(done.rejected, 1u);
  EXPECT_EQ(head.map().Get("x-a"), "1");
}

TEST(ExtProcMutationTest, FramingIsPassedOver) {
  test::Head head{{":path", "/"}, {"content-length", "5"}};
  HeaderMutation mutation = Sets("content-length", "7");
  mutation.remove = {"transfer-encoding", "content-length"};
  const Mutated done = Mutate(mutation, MutationRules({}), Target::kRequestHead, false, head.map());
  EXPECT_TRUE(done.ok);
  EXPECT_EQ(done.rejected, 0u);
  EXPECT_EQ(head.map().Get("content-length"), "5");
}

TEST(ExtProcMutationTest, AMethodMayChangeOnlyInAMessageMadeAnew) {
  test::Head head{{":method", "GET"}};
  const MutationRules rules({});
  EXPECT_EQ(Mutate(Sets(":method", "PUT"), rules, Target::kRequestHead, false, head.map()).rejected,
            1u);
  EXPECT_EQ(head.map().Get(":method"), "GET");
  EXPECT_TRUE(Mutate(Sets(":method", "PUT"), rules, Target::kRequestHead, true, head.map()).ok);
  EXPECT_EQ(head.map().Get(":method"), "PUT");
  EXPECT_FALSE(
      Mutate(Sets(":method", "CONNECT"), rules, Target::kRequestHead, true, head.map()).ok);
}

TEST(ExtProcMutationTest, StatusesMustLeaveRoomForTheBody) {
  test::Head head{{":status", "200"}};
  const MutationRules rules({});
  for (const char* status : {"100", "199", "204", "304", "600", "20", "abc", ""}) {
    EXPECT_FALSE(
        Mutate(Sets(":status", status), rules, Target::kResponseHead, false, head.map()).ok)
        << status;
  }
  EXPECT_TRUE(Mutate(Sets(":status", "503"), rules, Target::kResponseHead, false, head.map()).ok);
  EXPECT_EQ(head.map().Get(":status"), "503");
}

TEST(ExtProcMutationTest, TrailersHaveNoPseudoHeaders) {
  test::Head trailers{{"x-a", "1"}};
  const Mutated done =
      Mutate(Sets(":status", "500"), MutationRules({}), Target::kTrailers, false, trailers.map());
  EXPECT_TRUE(done.ok);
  EXPECT_EQ(done.rejected, 1u);
  EXPECT_EQ(trailers.map().size(), 1u);
}

TEST(ExtProcMutationTest, OverridesLeaveWhatTheyDoNotName) {
  const Mode mode = MakeMode({.response_header_mode = HeaderSendMode::kSkip,
                              .request_body_mode = BodySendMode::kStreamed,
                              .request_trailer_mode = HeaderSendMode::kSend});
  const Mode changed = Override(mode, {.request_header_mode = HeaderSendMode::kSkip,
                                       .response_body_mode = BodySendMode::kBuffered});
  EXPECT_TRUE(changed.request.head);
  EXPECT_EQ(changed.request.body, BodySendMode::kNone);
  EXPECT_TRUE(changed.request.trailers);
  EXPECT_FALSE(changed.response.head);
  EXPECT_EQ(changed.response.body, BodySendMode::kBuffered);
}

}  // namespace
}  // namespace sluice::filters::ext_proc
