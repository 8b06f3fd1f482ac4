// yaml-cpp 0.7 is kept at arm's length: it throws on any syntax error with words of its own and
// stops silently after the first document; both are mended here.
#include "yaml_reader.h"

#include <istream>
#include <streambuf>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "text_check.h"

namespace sluice::config {
namespace {

// An istream over text that is not copied.
class ViewBuffer final : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // never written: setg only
    setg(begin, begin, begin + text.size());
  }
};

class Handler final : public YAML::EventHandler {
 public:
  Handler(TreeBuilder& builder, uint32_t source) : builder_(builder), source_(source) {}

  Mark first_mark() const { return first_; }

  // YAML::EventHandler
  void OnDocumentStart(const YAML::Mark& mark) override { first_ = At(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder_.Null(At(mark), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder_.Alias(At(mark), anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (tag == "!ignore" && builder_.NextIsKey()) builder_.DropNextMember();
    builder_.Scalar(At(mark), value, IsText(tag), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    builder_.Begin(Node::Kind::kList, At(mark), anchor);
  }
  void OnSequenceEnd() override { builder_.End(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    builder_.Begin(Node::Kind::kMap, At(mark), anchor);
  }
  void OnMapEnd() override { builder_.End(); }

 private:
  // "!" is yaml-cpp's mark of a quoted or block scalar.
  static bool IsText(const std::string& tag) {
    return tag == "!" || tag == "tag:yaml.org,2002:str" || tag == "tag:yaml.org,2002:binary";
  }

  Mark At(const YAML::Mark& mark) const {
    return Mark{source_, static_cast<uint32_t>(mark.line + 1),
                static_cast<uint32_t>(mark.column + 1)};
  }

  TreeBuilder& builder_;
  uint32_t source_;
  Mark first_;
};

// Our own words for the errors that people meet.
Stop Explain(const YAML::Exception& error, std::string_view text, uint32_t source) {
  Stop stop;
  const bool placed = !error.mark.is_null() && error.mark.line >= 0;
  stop.mark = Mark{source, placed ? static_cast<uint32_t>(error.mark.line + 1) : 0,
                   placed ? static_cast<uint32_t>(error.mark.column + 1) : 0};
  stop.message = "bad YAML: " + error.msg;
  // The line of the error and the one before it: yaml-cpp often notices late.
  for (uint32_t back = 0; back <= 1 && back < stop.mark.line; ++back) {
    const uint32_t number = stop.mark.line - back;
    const std::string_view line = LineOf(text, number);
    const size_t first = line.find_first_not_of(" \t");
    if (first == std::string_view::npos || line[first] == '#') continue;
    const size_t tab = line.substr(0, first).find('\t');
    if (tab != std::string_view::npos) {
      return Stop{Mark{source, number, static_cast<uint32_t>(tab + 1)}, "a tab in the indentation",
                  "YAML is indented with spaces"};
    }
    if (const auto odd = FindOddSpace(line)) {
      size_t length = 1;
      const std::string name(OddSpaceAt(line, *odd, length));
      return Stop{MarkOfOffset(text, static_cast<size_t>(line.data() - text.data()) + *odd, source),
                  "bad YAML: " + name + " in the text", "remove it"};
    }
  }
  if (error.msg.find("illegal map value") != std::string::npos) {
    stop.hint = "a `:` where no key can be; is the line before it complete, the indentation right?";
  } else if (error.msg.find("end of map not found") != std::string::npos) {
    stop.hint = "check the indentation, and for a missing `:`";
  } else if (error.msg.find("bad file") != std::string::npos) {
    stop.message = "bad YAML: nested too deep";
  }
  return stop;
}

}  // namespace

Node ReadYaml(const std::string& text, uint32_t source, const ReadOptions& options,
              Problems& problems) {
  ViewBuffer buffer(text);
  std::istream in(&buffer);
  TreeBuilder builder(options, problems);
  Handler handler(builder, source);
  try {
    YAML::Parser parser(in);
    if (!parser.HandleNextDocument(handler)) return {};
    TreeBuilder second(options, problems);
    Handler rest(second, source);
    if (parser.HandleNextDocument(rest)) {
      const Node extra = second.Take();
      if (!extra.IsNull()) {
        throw Stop{extra.mark, "a second YAML document",
                   "a configuration is one document; "
                   "everything after `---` would be lost"};
      }
    }
  } catch (const YAML::Exception& error) {
    throw Explain(error, text, source);
  }
  return builder.Take();
}

}  // namespace sluice::config
