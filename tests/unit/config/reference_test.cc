#include "sluice/config/reference.h"

#include <gtest/gtest.h>

#include "unit/config/support.h"

namespace sluice::config {
namespace {

TEST(ReferenceTest, ManualNamesFieldsBoundsDefaultsAndWhatIsMissing) {
  const std::string text = ReferenceMarkdown(Everything::Schema(), TestRegistry());
  for (const char* part :
       {"## test.Everything", "## test.Leaf", "## test.v3.Plugin",
        "| `timeout` | duration | `\"5s\"` | A wait. Above 0.001s. At most 3600s. |",
        "| `color` | one of RED, GREEN, DARK_BLUE | `\"RED\"` | A color. |",
        "| `leaves` | list of [Leaf](#testleaf) |  | Leaves. |",
        "| `ports` | list of uint32 | `[80]` |", "- `eds_config`: use leaves",
        "- `later`: it comes later",
        "| test | [test.v3.Plugin](#testv3plugin) | `test.plugin`, `old.plugin` |",
        "Deprecated, read as `words`.", "Never shown."}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST(ReferenceTest, SchemaIsJsonThatDescribesEveryField) {
  const std::string text = JsonSchema(Everything::Schema(), TestRegistry());
  Problems problems;
  const auto schema = ReadText("s", text, Format::kJson, {}, problems);
  ASSERT_TRUE(schema) << problems.Text();
  const Node* defs = schema->Find("$defs");
  ASSERT_NE(defs, nullptr);
  const Node* properties = defs->Find("test.Everything")->Find("properties");
  for (const Field& field : Everything::Schema().fields()) {
    EXPECT_NE(properties->Find(field.name()), nullptr) << field.name();
  }
  EXPECT_EQ(properties->Find("small")->Find("minimum")->scalar, "-2147483648");
  EXPECT_NE(properties->Find("eds_config")->Find("not"), nullptr);
  EXPECT_NE(ToJson(*properties->Find("typed_config"), JsonStyle::kCompact)
                .find("\"const\":\"type.googleapis.com/test.v3.Plugin\""),
            std::string::npos);
}

}  // namespace
}  // namespace sluice::config
