#include "sluice/base/error.h"

#include <cerrno>

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(ErrorTest, ErrnoBecomesCodeAndWords) {
  auto failed = FailErrno(Origin::kLocal, "bind 0.0.0.0:80", EACCES);
  EXPECT_EQ(failed.error().code, ErrorCode::kPermission);
  EXPECT_EQ(failed.error().ToString(), "permission denied: bind 0.0.0.0:80: Permission denied");
}

TEST(ErrorTest, CauseIsPartOfTheText) {
  Error outer = Fail(ErrorCode::kInvalidConfig, Origin::kConfig, "listener front").error();
  outer.cause = std::make_shared<Error>(FailErrno(Origin::kLocal, "bind", EADDRINUSE).error());
  EXPECT_EQ(outer.ToString(),
            "invalid config: listener front (address in use: bind: Address already in use)");
}

}  // namespace
}  // namespace sluice
