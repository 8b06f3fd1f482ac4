#include <gtest/gtest.h>

#include "sluice/config/parse.h"
#include "sluice/config/reader.h"
#include "sluice/config/schema.h"

namespace sluice::config {
namespace {

using namespace std::chrono_literals;

enum class Color : uint8_t { kRed, kGreen };
const EnumTable& ConfigEnum(Color) {
  static const EnumTable table("test.Color", {{"RED", 0}, {"GREEN", 1}});
  return table;
}

struct Leaf {
  std::string name;
  uint32_t port_value = 0;
  std::unique_ptr<Leaf> child;
  static const Message& Schema() {
    static const auto message =
        Message::Of<Leaf>("test.Leaf", "A leaf.",
                          {Field("name", &Leaf::name, "Its name.").Required().NonEmpty(),
                           Field("port_value", &Leaf::port_value, "A port.").Max(65535),
                           Field("child", &Leaf::child, "Another.")});
    return message;
  }
};

struct Root {
  Duration connect_timeout = 5s;
  std::vector<Leaf> leaves;
  std::map<std::string, Leaf> by_name;
  std::optional<uint32_t> count;
  Color color = Color::kRed;
  std::vector<std::string> words;
  Located<std::string> cluster;
  static const Message& Schema() {
    static const auto message =
        Message::Of<Root>("test.Root", "A root.",
                          {Field("connect_timeout", &Root::connect_timeout, "").Positive(),
                           Field("leaves", &Root::leaves, ""), Field("by_name", &Root::by_name, ""),
                           Field("count", &Root::count, ""), Field("color", &Root::color, ""),
                           Field("words", &Root::words, ""), Field("cluster", &Root::cluster, ""),
                           Unimplemented("eds_config", "use load_assignment")});
    return message;
  }
};

std::string Problem(const std::string& yaml) {
  Problems problems;
  Root root;
  auto node = ReadText("t.yaml", yaml, Format::kYaml, {}, problems);
  if (node) Parse(*node, {}, problems, root);
  return problems.Text();
}

TEST(SmokeTest, EverythingParsesAndDumpsBack) {
  Problems problems;
  Root root;
  auto node = ReadText("t.yaml", R"(
connectTimeout: 0.25s
leaves: { name: a, port_value: "80", child: { name: b } }
by_name: { x: { name: c } }
count: { value: 3 }
color: green
words: [ one, 2 ]
cluster: c1
)",
                       Format::kYaml, {}, problems);
  ASSERT_TRUE(node) << problems.Text();
  ASSERT_TRUE(Parse(*node, {}, problems, root)) << problems.Text();
  EXPECT_EQ(root.connect_timeout, 250ms);
  EXPECT_EQ(root.leaves.at(0).child->name, "b");
  EXPECT_EQ(root.cluster.where.mark.line, 8U);
  Root again;
  Node dumped = Dump(root);
  ASSERT_TRUE(Parse(dumped, {}, problems, again)) << problems.Text();
  EXPECT_TRUE(Equal(root, again)) << ToJson(dumped);
}

TEST(SmokeTest, AllProblemsInOneRun) {
  EXPECT_EQ(
      Problem("conect_timeout: 5s\nleaves:\n- name: ''\n- port_value: 70000\neds_config: {}\n"),
      "t.yaml:1:1: conect_timeout: unknown field of test.Root; did you mean "
      "`connect_timeout`?\n     1 | conect_timeout: 5s\n       | ^\n"
      "t.yaml:3:9: leaves[0].name: must not be empty\n     3 | - name: ''\n       |         ^\n"
      "t.yaml:4:3: leaves[1].name: missing required field\n     4 | - port_value: 70000\n"
      "       |   ^\n"
      "t.yaml:4:15: leaves[1].port_value: out of range: 70000, expected a whole number from 0 "
      "to 65535\n     4 | - port_value: 70000\n       |               ^\n"
      "t.yaml:5:1: eds_config: a field of Envoy that sluice does not implement; use "
      "load_assignment\n     5 | eds_config: {}\n       | ^\n");
}

}  // namespace
}  // namespace sluice::config
