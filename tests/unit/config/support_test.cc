#include "unit/config/support.h"

namespace sluice::config {

const EnumTable& ConfigEnum(Color) {
  static const EnumTable table("test.Color",
                               {{"RED", 0},
                                {"GREEN", 1},
                                {"CRIMSON", 0, ValueStatus::kDeprecated, "RED"},
                                {"DARK_BLUE", 4},
                                {"ULTRAVIOLET", 9, ValueStatus::kUnimplemented, "nobody sees it"}});
  return table;
}

const Message& Leaf::Schema() {
  using C = Leaf;
  static const auto message =
      Message::Of<C>("test.Leaf", "A leaf.",
                     {Field("name", &C::name, "Its name.").Required().NonEmpty(),
                      Field("port_value", &C::port_value, "A port.").Max(65535),
                      Field("password", &C::password, "Secret.").Secret().Size(0, 8),
                      Field("child", &C::child, "Another.")})
          .RecordWhere(&C::where);
  return message;
}

const Message& Plugin::Schema() {
  using C = Plugin;
  static const auto message =
      Message::Of<C>("test.v3.Plugin", "A plug-in.",
                     {Field("word", &C::word, "A word."), Field("leaves", &C::leaves, "Leaves.")});
  return message;
}

namespace {

void CheckEverything(const Everything& value, const Node& node, Context& ctx) {
  if (value.small == 13) ctx.Fail(node, "thirteen is unlucky");
}

}  // namespace

const Message& Everything::Schema() {
  using C = Everything;
  static const auto message =
      Message::Of<C>("test.Everything", "A field of every kind.",
                     {Field("flag", &C::flag, "A flag."),
                      Field("small", &C::small, "Signed."),
                      Field("positive", &C::positive, "Above zero.").Positive(),
                      Field("big", &C::big, "Signed, 64 bits."),
                      Field("huge", &C::huge, "Unsigned, 64 bits."),
                      Field("ratio", &C::ratio, "A number.").Range(0, 1),
                      Field("text", &C::text, "Text.").Size(0, 20),
                      Field("bytes", &C::bytes, "Bytes."),
                      Field("timeout", &C::timeout, "A wait.")
                          .GreaterThan(std::chrono::milliseconds(1))
                          .Max(std::chrono::hours(1)),
                      Field("color", &C::color, "A color."),
                      Field("percent", &C::percent, "A percentage."),
                      Field("fraction", &C::fraction, "A fraction."),
                      Field("runtime_fraction", &C::runtime_fraction, "A fraction."),
                      Field("wrapped", &C::wrapped, "UInt32Value."),
                      Field("wrapped_flag", &C::wrapped_flag, "BoolValue."),
                      Field("left", &C::left, "One side.").Oneof("side"),
                      Field("right", &C::right, "Other side.").Oneof("side"),
                      Unimplemented("middle", "take a side").Oneof("side"),
                      Field("words", &C::words, "Words.").Size(0, 3),
                      Field("ports", &C::ports, "Ports.").Range(1, 65535).NonEmpty(),
                      Field("leaves", &C::leaves, "Leaves."),
                      Field("by_name", &C::by_name, "Leaves by name."),
                      Field("labels", &C::labels, "Texts by name."),
                      Field("cluster", &C::cluster, "A reference."),
                      Field("free", &C::free, "Anything."),
                      Field("typed_config", &C::typed_config, "A plug-in.").Category("test"),
                      Field("plugins", &C::plugins, "Plug-ins.").Category("test"),
                      Field("old_flag", &C::wrapped_flag, "Old.").Deprecated("wrapped_flag"),
                      Renamed("old_words", "words", [](const Node& node) { return node; }),
                      Field("later", &C::big, "Not there yet.").NotYet("it comes later"),
                      Unimplemented("eds_config", "use leaves").Accept({"false"})})
          .Check(&CheckEverything);
  return message;
}

ExtensionRegistry TestRegistry() {
  ExtensionRegistry registry;
  registry.Emplace<Extension>("test", "test.v3.Plugin", &Plugin::Schema,
                              std::vector<std::string_view>{"test.plugin", "old.plugin"});
  registry.Emplace<Extension>("test", "test.v3.Leaf", &Leaf::Schema);
  registry.Emplace<Extension>("other", "test.v3.Everything", &Everything::Schema);
  return registry;
}

Reading::Reading(const std::string& text, Format format, bool allow_unknown) {
  const auto node = ReadText("t.yaml", text, format, {}, problems_);
  if (!node) return;
  const ParseOptions options{.extensions = &registry_, .allow_unknown_fields = allow_unknown};
  ok_ = Parse(*node, options, problems_, value_);
}

std::vector<std::string> Reading::lines() const {
  std::vector<std::string> lines;
  for (const Problem& problem : problems_.Sorted()) {
    const std::string text = problems_.Text(problem);
    lines.push_back(text.substr(0, text.find('\n')));
  }
  return lines;
}

std::string Complaint(const std::string& yaml) {
  const Reading reading(yaml);
  const std::vector<std::string> lines = reading.lines();
  if (reading.ok() || lines.size() != 1) return "not one problem: " + reading.text();
  return lines[0];
}

}  // namespace sluice::config
