#include "sluice/tracing/sampling.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

namespace sluice::tracing {
namespace {

using http::HeaderId;

class FakeRuntime final : public match::RuntimeSnapshot {
 public:
  // match::RuntimeSnapshot
  std::optional<match::Fraction> FindFraction(std::string_view key) const override {
    const auto found = percents.find(key);
    if (found == percents.end()) return std::nullopt;
    return match::Fraction{found->second, 100};
  }
  std::optional<uint64_t> FindInteger(std::string_view) const override { return std::nullopt; }

  std::map<std::string, uint32_t, std::less<>> percents;
};

struct Request {
  explicit Request(std::string_view id) {
    if (!id.empty()) head.Set(HeaderId::kXRequestId, id);
  }
  std::string id() const { return std::string(head.Get(HeaderId::kXRequestId).value_or("")); }

  Arena arena;
  http::HeaderMap head{arena};
};

constexpr route::TraceSampling kAll;
constexpr route::TraceSampling kNone{{0, 100}, {0, 10'000}, {100, 100}};
// The first eight digits are 5,000 in 10,000.
constexpr std::string_view kHalf = "00001388-7f03-4fff-8043-06ec4a306f4d";

enum class Says : uint8_t { kNothing, kForce, kClient, kBoth };

struct Case {
  const char* what;
  route::TraceSampling sampling;
  RequestIdRules rules;
  std::string_view id;
  Says says;
  std::map<std::string, uint32_t, std::less<>> runtime;
  Reason expected;
  char packed;  // the digit; 0: as it was
};

constexpr std::string_view kSampled = "00001388-7f03-9fff-8043-06ec4a306f4d";
constexpr std::string_view kForced = "00001388-7f03-afff-8043-06ec4a306f4d";
constexpr std::string_view kClient = "00001388-7f03-bfff-8043-06ec4a306f4d";

const Case kCases[] = {
    {"all", kAll, {}, kHalf, Says::kNothing, {}, Reason::kSampling, '9'},
    {"none", kNone, {}, kHalf, Says::kNothing, {}, Reason::kNotTraceable, '4'},
    {"none, but forced", kNone, {}, kHalf, Says::kForce, {}, Reason::kServiceForced, 'a'},
    {"none, not the client's", kNone, {}, kHalf, Says::kClient, {}, Reason::kNotTraceable, '4'},
    {"the client's first", kAll, {}, kHalf, Says::kBoth, {}, Reason::kClientForced, 'b'},
    {"just in",
     {{}, {5001, 10'000}, {100, 100}},
     {},
     kHalf,
     Says::kNothing,
     {},
     Reason::kSampling,
     '9'},
    {"just out",
     {{}, {5000, 10'000}, {100, 100}},
     {},
     kHalf,
     Says::kNothing,
     {},
     Reason::kNotTraceable,
     '4'},
    {"overall says no",
     {{100, 100}, {10'000, 10'000}, {0, 100}},
     {},
     kHalf,
     Says::kBoth,
     {},
     Reason::kNotTraceable,
     '4'},
    {"decided before: sampled", kNone, {}, kSampled, Says::kNothing, {}, Reason::kSampling, '9'},
    {"decided before: forced", kNone, {}, kForced, Says::kClient, {}, Reason::kServiceForced, 'a'},
    {"decided before: client", kNone, {}, kClient, Says::kNothing, {}, Reason::kClientForced, 'b'},
    {"decided before, overall says no",
     {{}, {}, {0, 100}},
     {},
     kForced,
     Says::kNothing,
     {},
     Reason::kNotTraceable,
     '4'},
    {"not packed", kAll, {false, true}, kHalf, Says::kNothing, {}, Reason::kSampling, 0},
    {"without request ids", kNone, {true, false}, kHalf, Says::kNothing, {}, Reason::kSampling, 0},
    {"no id", kAll, {}, "", Says::kForce, {}, Reason::kNotTraceable, 0},
    {"no number", kAll, {}, "theirs", Says::kForce, {}, Reason::kNotTraceable, 0},
    {"no hex number", kAll, {}, "zzzzzzzz-rest", Says::kForce, {}, Reason::kNotTraceable, 0},
    {"another form", kAll, {}, "00001388-rest", Says::kNothing, {}, Reason::kSampling, 0},
    {"runtime: random off",
     kAll,
     {},
     kHalf,
     Says::kNothing,
     {{"tracing.random_sampling", 0}},
     Reason::kNotTraceable,
     '4'},
    {"runtime: random on",
     kNone,
     {},
     kHalf,
     Says::kNothing,
     {{"tracing.random_sampling", 100}},
     Reason::kSampling,
     '9'},
    {"runtime: client on",
     kNone,
     {},
     kHalf,
     Says::kClient,
     {{"tracing.client_enabled", 100}},
     Reason::kClientForced,
     'b'},
    {"runtime: global off",
     kAll,
     {},
     kHalf,
     Says::kForce,
     {{"tracing.global_enabled", 0}},
     Reason::kNotTraceable,
     '4'},
};

TEST(SamplingTest, DecisionTable) {
  for (const Case& one : kCases) {
    SCOPED_TRACE(one.what);
    Request request(one.id);
    if (one.says == Says::kForce || one.says == Says::kBoth) {
      request.head.Set(HeaderId::kXEnvoyForceTrace, "1");
    }
    if (one.says == Says::kClient || one.says == Says::kBoth) {
      request.head.Set("x-client-trace-id", "mine");
    }
    FakeRuntime runtime;
    runtime.percents = one.runtime;
    EXPECT_EQ(Decide(one.sampling, one.rules, &runtime, request.head), one.expected);
    std::string expected(one.id);
    if (one.packed != 0) expected[14] = one.packed;
    EXPECT_EQ(request.id(), expected);
  }
}

TEST(SamplingTest, ReasonsArePackedIntoUuidsOnly) {
  Request request("00001388-7f03-4fff-8043-06ec4a306f4d");
  EXPECT_EQ(ReasonOf(request.head), Reason::kNotTraceable);
  PackReason(Reason::kClientForced, request.head);
  EXPECT_EQ(request.id(), "00001388-7f03-bfff-8043-06ec4a306f4d");
  EXPECT_EQ(ReasonOf(request.head), Reason::kClientForced);
  PackReason(Reason::kNotTraceable, request.head);
  EXPECT_EQ(request.id(), "00001388-7f03-4fff-8043-06ec4a306f4d");
  Request other("0123456789abcd-a");
  PackReason(Reason::kSampling, other.head);
  EXPECT_EQ(other.id(), "0123456789abcd-a");
  EXPECT_EQ(ReasonOf(other.head), Reason::kNotTraceable);
}

}  // namespace
}  // namespace sluice::tracing
