#include "failure.h"

#include <gtest/gtest.h>

#include "header_checks.h"

namespace sluice::filters::router {
namespace {

using http::ResetReason;
using stream::ResponseFlag;

TEST(FailureTest, TableIsEnvoys) {
  struct Row {
    ResetReason reason;
    uint32_t status;
    ResponseFlag flag;
    std::string_view details;
  };
  const Row rows[] = {
      {ResetReason::kConnectionFailure, 503, ResponseFlag::kUpstreamConnectionFailure,
       "upstream_reset_before_response_started{remote_connection_failure}"},
      {ResetReason::kConnectionTimeout, 503, ResponseFlag::kUpstreamConnectionFailure,
       "upstream_reset_before_response_started{connection_timeout}"},
      {ResetReason::kConnectionTermination, 503, ResponseFlag::kUpstreamConnectionTermination,
       "upstream_reset_before_response_started{connection_termination}"},
      {ResetReason::kLocalReset, 503, ResponseFlag::kLocalReset,
       "upstream_reset_before_response_started{local_reset}"},
      {ResetReason::kOverflow, 503, ResponseFlag::kUpstreamOverflow,
       "upstream_reset_before_response_started{overflow}"},
      {ResetReason::kRemoteReset, 503, ResponseFlag::kUpstreamRemoteReset,
       "upstream_reset_before_response_started{remote_reset}"},
      {ResetReason::kProtocolError, 502, ResponseFlag::kUpstreamProtocolError,
       "upstream_reset_before_response_started{protocol_error}"},
      {ResetReason::kOverload, 503, ResponseFlag::kOverloadManager,
       "upstream_reset_before_response_started{overload_manager_reset}"},
  };
  Arena arena;
  for (const Row& row : rows) {
    EXPECT_EQ(RowOf(row.reason).status, row.status) << row.details;
    EXPECT_EQ(RowOf(row.reason).flag, row.flag) << row.details;
    EXPECT_EQ(FailureDetails(row.reason, false, arena), row.details);
  }
  EXPECT_EQ(FailureBody(ResetReason::kConnectionTimeout, false, arena),
            "upstream connect error or disconnect/reset before headers. reset reason: connection "
            "timeout");
  EXPECT_EQ(FailureBody(ResetReason::kOverflow, true, arena),
            "upstream connect error or disconnect/reset before headers. retried and the latest "
            "reset reason: overflow");
}

TEST(HeaderChecksTest, FindsWhatDoesNotRead) {
  Arena arena;
  http::HeaderMap head(arena);
  const std::vector<std::string> names{"x-envoy-max-retries", "x-envoy-retry-on"};
  EXPECT_FALSE(FindBadHeader(names, head));
  head.Set("x-envoy-max-retries", "3");
  head.Set("x-envoy-retry-on", "5xx,gateway-error");
  head.Set("x-envoy-upstream-rq-timeout-ms", "not asked for");
  EXPECT_FALSE(FindBadHeader(names, head));
  head.Set("x-envoy-retry-on", "5xx,whenever");
  ASSERT_TRUE(FindBadHeader(names, head));
  EXPECT_EQ(FindBadHeader(names, head)->name, "x-envoy-retry-on");
}

}  // namespace
}  // namespace sluice::filters::router
