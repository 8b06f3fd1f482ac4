// Release builds ask llhttp only about messages with bodies: our own rules must come to the same
// verdict without it.
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "head_search.h"
#include "request_head.h"
#include "unit/codec/http1/harness.h"
#include "unit/codec/http1/request_rows.h"

namespace sluice::http1::test {
namespace {

std::string_view OwnVerdict(const std::string& request) {
  ByteChain in;
  in.Append(request);
  HeadSearch search;
  switch (search.Continue(in)) {
    case HeadSearch::Outcome::kBareLf: return DetailOf(Fault::kCodecError);
    case HeadSearch::Outcome::kIncomplete: return "incomplete";
    case HeadSearch::Outcome::kFound: break;
  }
  const Slice block = in.Share(0, search.size());
  const ServerOptions options;
  Counters counters;
  RecordingSink sink;
  RequestHead head;
  return DetailOf(ReadRequestHead(block.data(), block.size(), options, counters, sink.head, head));
}

class OwnRulesTest : public testing::TestWithParam<std::vector<RequestRow>> {};

TEST_P(OwnRulesTest, NeedNoHelp) {
  size_t decided = 0;
  for (const RequestRow& row : GetParam()) {
    const std::string_view verdict = OwnVerdict(row.request);
    if (verdict == "incomplete") continue;  // refused by its first byte
    EXPECT_EQ(verdict, row.refusal) << row.request;
    ++decided;
  }
  EXPECT_GE(decided + 1, GetParam().size());
}

INSTANTIATE_TEST_SUITE_P(StartLines, OwnRulesTest, testing::Values(StartLineRows()));
INSTANTIATE_TEST_SUITE_P(Targets, OwnRulesTest, testing::Values(TargetRows()));
INSTANTIATE_TEST_SUITE_P(Hosts, OwnRulesTest, testing::Values(HostRows()));
INSTANTIATE_TEST_SUITE_P(FieldLines, OwnRulesTest, testing::Values(FieldLineRows()));
INSTANTIATE_TEST_SUITE_P(Framings, OwnRulesTest, testing::Values(FramingRows()));

}  // namespace
}  // namespace sluice::http1::test
