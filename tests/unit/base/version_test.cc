#include "sluice/base/version.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

constexpr LibraryVersion kLibraries[] = {{"libuv", "1.44.2"}, {"re2", "9"}};
constexpr BuildInfo kBuild{"0.1.0", "0123abcd", "Clean", "Debug+address", "GNU 12", kLibraries};

TEST(VersionTest, ShortVersionHasTheFivePartsThatReadersSplit) {
  EXPECT_EQ(ShortVersion(kBuild), "0123abcd/0.1.0/Clean/DEBUG/OpenSSL");
}

TEST(VersionTest, TextNamesCommitBuildTypeAndLibraries) {
  EXPECT_EQ(VersionText(kBuild),
            "sluice  version: 0123abcd/0.1.0/Clean/DEBUG/OpenSSL\n"
            "commit: 0123abcd (Clean)\n"
            "build: Debug+address, GNU 12\n"
            "libraries: libuv 1.44.2, re2 9\n");
}

}  // namespace
}  // namespace sluice
