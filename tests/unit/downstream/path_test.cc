#include "path.h"

#include <gtest/gtest.h>

namespace sluice::downstream {
namespace {

struct Case {
  std::string_view in;
  std::string_view out;
};

TEST(PathTest, CanonicalFormOfManySpellings) {
  constexpr Case kCases[] = {
      {"/", "/"},
      {"/a/b", "/a/b"},
      {"/a/./b", "/a/b"},
      {"/a/../b", "/b"},
      {"/a/..", "/"},
      {"/a/.", "/a/"},
      {"/a/b/../../../../c", "/c"},
      {"/..", "/"},
      {"/%2e%2e/admin", "/admin"},
      {"/a/%2E%2e/b", "/b"},
      {"/a\\b", "/a/b"},
      {"/%41%7e%2d", "/A~-"},
      {"/%2F%2f", "/%2F%2f"},  // reserved: neither undone nor changed in case
      {"/a%zz%", "/a%zz%"},
      {"/\"{x}", "/%22%7Bx%7D"},
      {"/\xc3\xa4", "/%C3%A4"},
      {"//a//b", "//a//b"},
      {"/...", "/..."},
      {"/a/.b", "/a/.b"},
      {"/%00", ""},
      {"a", ""},
      {"", ""},
  };
  Arena arena;
  for (const Case& c : kCases) EXPECT_EQ(CanonicalPath(c.in, arena), c.out) << c.in;
}

TEST(PathTest, DotDotTakesBackEmptySegments) {
  Arena arena;
  EXPECT_EQ(CanonicalPath("//..", arena), "/");
  EXPECT_EQ(CanonicalPath("/a//../b", arena), "/a/b");
}

TEST(PathTest, SlashesMergeInThePathOnly) {
  Arena arena;
  const PathOptions options{.merge_slashes = true};
  EXPECT_EQ(NormalizeTarget("//dir///file//?q=//", options, arena).target, "/dir/file/?q=//");
  EXPECT_EQ(NormalizeTarget("//", options, arena).target, "/");
}

TEST(PathTest, EscapedSlashesByAction) {
  Arena arena;
  PathOptions options{.normalize = true};
  const std::string_view target = "/a%2Fb%5c..%2fc?x=%2F";
  EXPECT_EQ(NormalizeTarget(target, options, arena).target, target);
  options.escaped_slashes = EscapedSlashes::kReject;
  EXPECT_EQ(NormalizeTarget(target, options, arena).verdict, PathVerdict::kReject);
  EXPECT_EQ(NormalizeTarget("/a?x=%2F", options, arena).verdict, PathVerdict::kOk);
  options.escaped_slashes = EscapedSlashes::kUnescapeAndRedirect;
  const PathResult redirect = NormalizeTarget(target, options, arena);
  EXPECT_EQ(redirect.verdict, PathVerdict::kRedirect);
  EXPECT_EQ(redirect.target, "/a/c?x=%2F");
  options.escaped_slashes = EscapedSlashes::kUnescapeAndForward;
  EXPECT_EQ(NormalizeTarget(target, options, arena).verdict, PathVerdict::kOk);
  EXPECT_EQ(NormalizeTarget(target, options, arena).target, "/a/c?x=%2F");
}

TEST(PathTest, UnchangedTargetIsTheSameBytes) {
  Arena arena;
  const std::string_view target = "/a/b?c";
  const PathOptions options{.normalize = true, .merge_slashes = true};
  EXPECT_EQ(NormalizeTarget(target, options, arena).target.data(), target.data());
}

}  // namespace
}  // namespace sluice::downstream
