#include <gtest/gtest.h>

#include "unit/config/support.h"

namespace sluice::config {
namespace {

std::string Typed(const std::string& inner) { return "typed_config: { " + inner + " }"; }

TEST(ExtensionTest, ResolvedByTypeUrl) {
  const Reading reading(Typed("\"@type\": type.googleapis.com/test.v3.Plugin, word: w"));
  ASSERT_TRUE(reading.ok()) << reading.text();
  const TypedConfig& typed = reading.value().typed_config;
  ASSERT_NE(typed.As<Plugin>(), nullptr);
  EXPECT_EQ(typed.As<Plugin>()->word, "w");
  EXPECT_EQ(typed.As<Leaf>(), nullptr);
  EXPECT_EQ(typed.Share<Plugin>()->word, "w");
  EXPECT_EQ(typed.extension()->type, "test.v3.Plugin");
  EXPECT_EQ(typed.where().path, "typed_config");
}

TEST(ExtensionTest, ResolvedThroughTypedStructOfEitherName) {
  for (const char* wrapper : {"udpa.type.v1.TypedStruct", "xds.type.v3.TypedStruct"}) {
    const Reading reading(Typed(std::string("\"@type\": type.googleapis.com/") + wrapper +
                                ", type_url: x/test.v3.Plugin, value: { word: w }"));
    ASSERT_TRUE(reading.ok()) << reading.text();
    EXPECT_EQ(reading.value().typed_config.As<Plugin>()->word, "w");
  }
  EXPECT_EQ(Complaint(Typed("\"@type\": x/xds.type.v3.TypedStruct, type_url: x/test.v3.Plugin, "
                            "value: { wrd: w }")),
            "t.yaml:1:90: typed_config.value.wrd: unknown field of test.v3.Plugin; did you mean "
            "`word`?");
}

TEST(ExtensionTest, ResolvedByWellKnownAndOldNamesWithoutTypedConfig) {
  const Reading reading(
      "plugins: [ { name: test.plugin }, { name: old.plugin, typed_config: {} } ]");
  ASSERT_TRUE(reading.ok()) << reading.text();
  EXPECT_EQ(reading.value().plugins[0].typed_config.As<Plugin>()->word, "default");
  EXPECT_NE(reading.value().plugins[1].typed_config.As<Plugin>(), nullptr);
}

TEST(ExtensionTest, NameAndUntypedStructFindTheExtension) {
  const Reading reading(
      "plugins: { name: old.plugin, typed_config: { \"@type\": x/google.protobuf.Struct, value: { "
      "word: w } } }");
  ASSERT_TRUE(reading.ok()) << reading.text();
  EXPECT_EQ(reading.value().plugins[0].typed_config.As<Plugin>()->word, "w");
}

TEST(ExtensionTest, UnknownOnesAreNamed) {
  EXPECT_EQ(Complaint(Typed("\"@type\": x/envoy.extensions.filters.http.magic.v3.Magic")),
            "t.yaml:1:26: typed_config: Envoy extension "
            "envoy.extensions.filters.http.magic.v3.Magic is not implemented by sluice");
  EXPECT_EQ(Complaint(Typed("\"@type\": x/test.v3.Plugi")),
            "t.yaml:1:26: typed_config: unknown extension type test.v3.Plugi; did you mean "
            "`test.v3.Plugin`?");
  EXPECT_EQ(Complaint(Typed("\"@type\": x/test.v3.Everything")),
            "t.yaml:1:26: typed_config: test.v3.Everything cannot be used here, expected an "
            "extension of test; it is one of other");
  EXPECT_EQ(Complaint(Typed("word: w")),
            "t.yaml:1:15: typed_config: missing `@type`, expected \"@type\": "
            "type.googleapis.com/envoy...");
  EXPECT_EQ(
      Complaint("plugins: { name: test.plugn }"),
      "t.yaml:1:10: plugins.typed_config: missing typed_config: `test.plugn` is not the name of a "
      "known extension; did you mean `test.plugin`?");
  EXPECT_EQ(Complaint("plugins: { name: envoy.filters.http.magic }"),
            "t.yaml:1:10: plugins.typed_config: Envoy extension envoy.filters.http.magic is not "
            "implemented by sluice, or needs a typed_config");
}

TEST(ExtensionTest, OtherExtensionsOfTheSameKindAreNotProposed) {
  EXPECT_EQ(Complaint(Typed("\"@type\": x/test.v3.Plugboard")),
            "t.yaml:1:26: typed_config: unknown extension type test.v3.Plugboard");
}

TEST(ExtensionTest, ProblemsInsideHaveTheirPath) {
  EXPECT_EQ(Complaint("plugins: [ { name: a, typed_config: { \"@type\": x/test.v3.Plugin, leaves: "
                      "[ {} ] } } ]"),
            "t.yaml:1:76: plugins[0].typed_config.leaves[0].name: missing required field");
}

TEST(ExtensionTest, RegistryListsWhatItHolds) {
  const ExtensionRegistry registry = TestRegistry();
  EXPECT_EQ(registry.All().size(), 3U);
  EXPECT_EQ(registry.Types("test").size(), 2U);
  EXPECT_EQ(registry.FindName("test", "nothing"), nullptr);
  EXPECT_NE(registry.FindTypeAnywhere("test.v3.Everything"), nullptr);
}

}  // namespace
}  // namespace sluice::config
