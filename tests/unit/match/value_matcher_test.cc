#include <random>

#include <gtest/gtest.h>

#include "sluice/match/config.h"
#include "sluice/match/uri_template.h"
#include "support/parse_config.h"

namespace sluice::match {
namespace {

using test::ParseConfig;
using test::ProblemsOf;

Value Sample() {
  return Value(ValueStruct{
      {"f", Value(ValueStruct{{"nil", Value()},
                              {"num", Value(3.5)},
                              {"text", Value("abc")},
                              {"yes", Value(true)},
                              {"list", Value(ValueList{Value("a"), Value("b"), Value(1.0)})},
                              {"sub", Value(ValueStruct{{"deep", Value("x")}})}})}});
}

TEST(MetadataMatcherTest, EveryKindOfValue) {
  const std::tuple<const char*, const char*, bool> cases[] = {
      {"nil", "null_match: {}", true},
      {"num", "null_match: {}", false},
      {"absent", "null_match: {}", false},
      {"num", "double_match: {exact: 3.5}", true},
      {"num", "double_match: {range: {start: 3, end: 3.5}}", false},
      {"num", "double_match: {range: {start: 3.5, end: 4}}", true},
      {"text", "double_match: {exact: 3.5}", false},
      {"text", "string_match: {prefix: ab}", true},
      {"num", "string_match: {prefix: ab}", false},
      {"yes", "bool_match: true", true},
      {"yes", "bool_match: false", false},
      {"yes", "present_match: true", true},
      {"absent", "present_match: true", false},
      {"absent", "present_match: false", false},
      {"list", "present_match: true", false},
      {"sub", "present_match: true", false},
      {"list", "list_match: {one_of: {string_match: {exact: b}}}", true},
      {"list", "list_match: {one_of: {string_match: {exact: c}}}", false},
      {"text", "list_match: {one_of: {string_match: {exact: abc}}}", false},
      {"num", "or_match: {value_matchers: [{null_match: {}}, {double_match: {exact: 3.5}}]}", true},
      {"text", "or_match: {value_matchers: [{null_match: {}}, {double_match: {exact: 3.5}}]}",
       false},
  };
  const Value metadata = Sample();
  for (const auto& [key, yaml, matches] : cases) {
    for (const bool invert : {false, true}) {
      const std::string text = std::string("{filter: f, path: [{key: ") + key + "}], value: {" +
                               yaml + "}, invert: " + (invert ? "true}" : "false}");
      EXPECT_EQ(Compile(ParseConfig<MetadataMatcherConfig>(text)).Matches(&metadata),
                matches != invert)
          << text;
    }
  }
}

TEST(MetadataMatcherTest, PathsLeadIntoStructs) {
  const auto matcher = Compile(ParseConfig<MetadataMatcherConfig>(
      "{filter: f, path: [{key: sub}, {key: deep}], value: {string_match: {exact: x}}}"));
  const Value metadata = Sample();
  EXPECT_TRUE(matcher.Matches(&metadata));
  EXPECT_FALSE(matcher.Matches(nullptr));
}

TEST(MetadataMatcherTest, NonsenseIsRefused) {
  EXPECT_NE(ProblemsOf<MetadataMatcherConfig>("{filter: f, path: [], value: {null_match: {}}}"),
            "");
  EXPECT_NE(ProblemsOf<MetadataMatcherConfig>("{filter: f, path: [{key: a}], value: {}}"), "");
  EXPECT_NE(ProblemsOf<ValueMatcherConfig>("or_match: {value_matchers: [{bool_match: true}]}"), "");
  EXPECT_NE(ProblemsOf<ValueMatcherConfig>("double_match: {range: {start: 2, end: 1}}"), "");
}

std::string V4(uint32_t ip) {
  return {static_cast<char>(ip >> 24), static_cast<char>(ip >> 16), static_cast<char>(ip >> 8),
          static_cast<char>(ip)};
}

TEST(CidrSetTest, RangesOfBothVersions) {
  std::vector<CidrRange> ranges;
  for (const auto& [ip, bits] : std::vector<std::pair<const char*, uint32_t>>{
           {"10.1.2.3", 8}, {"192.168.0.0", 24}, {"192.168.1.0", 24}, {"2001:db8::", 32}}) {
    ranges.push_back(*CidrRange::Parse(ip, bits));
  }
  const CidrSet set(ranges);
  EXPECT_TRUE(set.Contains(V4(0x0a000000)));
  EXPECT_TRUE(set.Contains(V4(0x0affffff)));
  EXPECT_FALSE(set.Contains(V4(0x0b000000)));
  EXPECT_FALSE(set.Contains(V4(0x09ffffff)));
  EXPECT_TRUE(set.Contains(V4(0xc0a80001)));
  EXPECT_TRUE(set.Contains(V4(0xc0a801ff)));
  EXPECT_FALSE(set.Contains(V4(0xc0a80200)));
  EXPECT_TRUE(set.Contains(std::string("\x20\x01\x0d\xb8", 4) + std::string(12, '\1')));
  EXPECT_FALSE(set.Contains(std::string("\x20\x01\x0d\xb9", 4) + std::string(12, '\1')));
  EXPECT_FALSE(set.Contains(""));
  EXPECT_FALSE(CidrRange::Parse("10.0.0.0", 33));
  EXPECT_FALSE(CidrRange::Parse("ten", 8));
}

TEST(CidrSetTest, AgreesWithEachRangeByItself) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<CidrRange> ranges;
    for (int i = 0; i < 10; ++i) {
      const uint32_t ip = random() & 0x0f0f00ffU;
      ranges.push_back(*CidrRange::Parse(std::to_string(ip >> 24) + "." +
                                             std::to_string((ip >> 16) & 255) + ".0." +
                                             std::to_string(ip & 255),
                                         random() % 33));
    }
    const CidrSet set(ranges);
    for (int i = 0; i < 50; ++i) {
      const std::string ip = V4(random() & 0x0f0f00ffU);
      const bool any = std::any_of(ranges.begin(), ranges.end(),
                                   [&](const CidrRange& range) { return range.Contains(ip); });
      EXPECT_EQ(set.Contains(ip), any);
    }
  }
}

TEST(UriTemplateTest, Matches) {
  const std::tuple<const char*, const char*, bool> cases[] = {
      {"/a/b", "/a/b", true},
      {"/a/b", "/a/b/", false},
      {"/a.b", "/axb", false},
      {"/*", "/x", true},
      {"/*", "/x/y", false},
      {"/*", "/", false},
      {"/**", "/", true},
      {"/**", "/x/y", true},
      {"/videos/*/*/*.m4s", "/videos/123414/hls/1080p5000_00001.m4s", true},
      {"/videos/*/*/*.m4s", "/videos/123414/hls/1080p5000_00001.mp4", false},
      {"/videos/{file}", "/videos/1080p5000_00001.m4s", true},
      {"/videos/{file}", "/videos/a/b", false},
      {"/**.mpd", "/content/123/india/dash/55/manifest.mpd", true},
      {"/**.mpd", "/content/manifest.mp4", false},
      {"/{a=x/*}/y", "/x/1/y", true},
      {"/{a=x/*}/y", "/z/1/y", false},
      {"/{rest=**}", "/a/b/c", true},
  };
  for (const auto& [text, path, matches] : cases) {
    const auto compiled = UriTemplate::Compile(text);
    ASSERT_TRUE(compiled) << compiled.error().detail;
    EXPECT_EQ(compiled->Matches(path), matches) << text << " on " << path;
  }
}

TEST(UriTemplateTest, Rewrites) {
  const std::tuple<const char*, const char*, const char*, const char*> cases[] = {
      {"/{one}/{two}", "/{two}/{one}", "/cat/dog", "/dog/cat"},
      {"/videos/{language=lang/*}/*", "/{language}", "/videos/lang/en/video.m4s", "/lang/en"},
      {"/content/{format}/{lang}/{id}/{file}.vtt", "/{lang}/{format}/{file}.vtt",
       "/content/hls/en-us/12345/en_193913.vtt", "/en-us/hls/en_193913.vtt"},
      {"/{a}", "/fixed", "/x", "/fixed"},
  };
  for (const auto& [text, rewrite_text, path, expected] : cases) {
    const auto compiled = UriTemplate::Compile(text);
    ASSERT_TRUE(compiled);
    const auto rewrite = UriTemplateRewrite::Compile(rewrite_text, *compiled);
    ASSERT_TRUE(rewrite) << rewrite.error().detail;
    Arena arena;
    EXPECT_EQ(rewrite->Apply(path, arena), expected);
  }
}

TEST(UriTemplateTest, NonsenseIsRefused) {
  for (const char* text :
       {"", "a", "/{", "/{}", "/{a}{a}", "/{1a}", "/**/*", "/**/{a}", "/a//b", "/{a=}", "/a b",
        "/{a}/{b}/{c}/{d}/{e}/{f}", "/{averyveryverylongname}"}) {
    EXPECT_FALSE(UriTemplate::Compile(text)) << text;
  }
  const auto compiled = UriTemplate::Compile("/{a}");
  for (const char* text : {"", "x", "/{b}", "/{a", "/*", "/a}"}) {
    EXPECT_FALSE(UriTemplateRewrite::Compile(text, *compiled)) << text;
  }
}

}  // namespace
}  // namespace sluice::match
