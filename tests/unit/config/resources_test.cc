#include "sluice/config/resources.h"

#include <string>

#include <gtest/gtest.h>

#include "sluice/config/config_source.h"
#include "sluice/config/parse.h"

namespace sluice::config {
namespace {

// Any message will do; this one has a required field.
constexpr const char* kType = "envoy.config.core.v3.WatchedDirectory";

struct Outcome {
  std::optional<Resources> resources;
  std::string problem;  // the first
};

Outcome Read(const std::string& yaml, bool allow_unknown = false) {
  Problems problems;
  const auto node = ReadText("f.yaml", yaml, Format::kYaml, {}, problems);
  if (!node) return {std::nullopt, problems.Text()};
  ParseOptions options;
  options.allow_unknown_fields = allow_unknown;
  Outcome out{ParseResources(*node, WatchedDirectory::Schema(), options, problems), {}};
  const std::string text = problems.Text();
  out.problem = text.substr(0, text.find('\n'));
  return out;
}

std::string One(const std::string& fields) {
  return "resources: [{\"@type\": type.googleapis.com/" + std::string(kType) + ", " + fields + "}]";
}

TEST(ResourcesTest, ListsWhatTheFileHolds) {
  const Outcome read = Read("version_info: '7'\nnonce: x\n" + One("path: /a"));
  EXPECT_EQ(read.problem, "");
  ASSERT_TRUE(read.resources);
  EXPECT_EQ(read.resources->version, "7");
  const auto list = read.resources->As<WatchedDirectory>();
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0]->path, "/a");
}

TEST(ResourcesTest, NoneAreAllowed) {
  for (const char* text : {"resources: []", "version_info: a", "resources:"}) {
    const Outcome read = Read(text);
    EXPECT_EQ(read.problem, "") << text;
    ASSERT_TRUE(read.resources) << text;
    EXPECT_TRUE(read.resources->list.empty()) << text;
  }
}

TEST(ResourcesTest, TheWrapperOfDeltaServersIsLookedInto) {
  const Outcome read = Read(
      "resources: [{\"@type\": type.googleapis.com/envoy.service.discovery.v3.Resource, "
      "name: a, resource: {\"@type\": type.googleapis.com/" +
      std::string(kType) + ", path: /b}}]");
  ASSERT_TRUE(read.resources) << read.problem;
  EXPECT_EQ(read.resources->As<WatchedDirectory>()[0]->path, "/b");
}

TEST(ResourcesTest, WhatIsWrongHasItsPlace) {
  EXPECT_EQ(Read(One("path: ''")).problem.substr(0, 9), "f.yaml:1:");
  EXPECT_NE(Read(One("path: ''")).problem.find("resources[0].path: "), std::string::npos);
  EXPECT_NE(Read("resources: [{path: /a}]").problem.find("resources[0]: missing `@type`"),
            std::string::npos);
  EXPECT_NE(Read("resources: [{'@type': a/b.C}]")
                .problem.find("a resource of type b.C cannot stand here"),
            std::string::npos);
  EXPECT_NE(Read("resources: [7]").problem.find("resources[0]: wrong type"), std::string::npos);
  EXPECT_NE(Read("resources: {a: b}").problem.find("resources: wrong type"), std::string::npos);
  EXPECT_NE(Read("resource: []").problem.find("unknown field"), std::string::npos);
}

TEST(ResourcesTest, UnknownFieldsAreErrorsOrWarnings) {
  EXPECT_FALSE(Read(One("path: /a, colour: red")).resources);
  const Outcome read = Read(One("path: /a, colour: red"), true);
  EXPECT_TRUE(read.resources);
  EXPECT_NE(read.problem.find("colour"), std::string::npos);
}

TEST(ConfigSourceTest, TakesFilesOnly) {
  const auto parse = [](const std::string& yaml, ConfigSource& out) {
    Problems problems;
    const auto node = ReadText("t", yaml, Format::kYaml, {}, problems);
    return node && Parse(*node, {}, problems, out);
  };
  ConfigSource source;
  EXPECT_TRUE(parse("path: a.yaml", source));
  EXPECT_EQ(source.path_config_source.path, "a.yaml");
  ConfigSource watched;
  EXPECT_TRUE(parse("path_config_source: {path: b, watched_directory: {path: c}}", watched));
  EXPECT_EQ(watched.path_config_source.watched_directory->path, "c");
  for (const char* refused :
       {"{}", "ads: {}", "self: {}", "api_config_source: {api_type: REST}", "path: ''",
        "{path: a, path_config_source: {path: b}}", "{path: a, resource_api_version: V2}"}) {
    ConfigSource none;
    EXPECT_FALSE(parse(refused, none)) << refused;
  }
}

}  // namespace
}  // namespace sluice::config
