// yaml-cpp 0.7 is kept at arm's length: it throws on any syntax error with words of its own and
// stops silently after the first document; both are mended here.
#include "yaml_reader.h"

#include <istream>
#include <optional>
#include <streambuf>
#include <utility>

#include <fmt/core.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "flow_scan.h"
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
  Handler(TreeBuilder& builder, std::string_view text, uint32_t source,
          std::optional<size_t> unclosed_quote)
      : builder_(builder), text_(text), source_(source), unclosed_quote_(unclosed_quote) {}

  // YAML::EventHandler
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder_.Null(At(mark), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder_.Alias(At(mark), anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    // yaml-cpp takes the rest of the file for the text of a quote without an end.
    if (unclosed_quote_ && static_cast<size_t>(mark.pos) == *unclosed_quote_) {
      throw Stop{At(mark), "bad YAML: this quote is never closed", {}};
    }
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

  // yaml-cpp counts columns in bytes; a mark counts characters. Values come in order, so that a
  // long line is gone over once.
  Mark At(const YAML::Mark& mark) {
    const auto at = static_cast<size_t>(mark.pos);
    const size_t line_start = at - static_cast<size_t>(mark.column);
    if (line_start != line_start_ || at < counted_) {
      line_start_ = counted_ = line_start;
      column_ = 1;
    }
    for (; counted_ < at && counted_ < text_.size(); ++counted_) {
      if ((static_cast<unsigned char>(text_[counted_]) & 0xc0) != 0x80) ++column_;
    }
    return Mark{source_, static_cast<uint32_t>(mark.line + 1), column_};
  }

  TreeBuilder& builder_;
  std::string_view text_;
  uint32_t source_;
  std::optional<size_t> unclosed_quote_;
  size_t line_start_ = 0;
  size_t counted_ = 0;
  uint32_t column_ = 1;
};

// Our own words for the errors that people meet.
Stop Explain(const YAML::Exception& error, std::string_view text, uint32_t source) {
  Stop stop;
  const bool placed = !error.mark.is_null() && error.mark.line >= 0;
  stop.mark =
      placed ? MarkOfOffset(text, static_cast<size_t>(error.mark.pos), source) : Mark{source, 0, 0};
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
  } else if (error.msg.find("end of sequence not found") != std::string::npos) {
    stop.message = "bad YAML: neither a further item of the list above nor outside of it";
    stop.hint = "check the indentation, and for a missing `-`";
  } else if (error.msg.find("bad file") != std::string::npos) {
    stop.message = "bad YAML: nested too deep";
  }
  return stop;
}

Stop Unclosed(std::string_view text, size_t offset, uint32_t source) {
  return Stop{MarkOfOffset(text, offset, source),
              std::string("bad YAML: this `") + text[offset] + "` is never closed",
              {}};
}

// A document that ends is followed by a marker; without one the text has merely gone wrong.
bool HasMarkerBefore(std::string_view text, uint32_t line) {
  for (size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    const std::string_view rest = text.substr(at + 1);
    if (line-- <= 1) return false;
    if (rest.starts_with("---") || rest.starts_with("...")) return true;
  }
  return false;
}

void RefuseSecondDocument(YAML::Parser& parser, std::string_view text, uint32_t source,
                          const ReadOptions& options, Problems& problems) {
  TreeBuilder builder(options, problems);
  Handler handler(builder, text, source, std::nullopt);
  if (!parser.HandleNextDocument(handler)) return;
  const Node extra = builder.Take();
  if (extra.IsNull()) return;
  if (!HasMarkerBefore(text, extra.mark.line)) {
    throw Stop{extra.mark, "bad YAML: text after the end of the document",
               "check the indentation and the quotes above"};
  }
  throw Stop{extra.mark, "a second YAML document",
             "a configuration is one document; everything after `---` would be lost"};
}

}  // namespace

Node ReadYaml(const std::string& text, uint32_t source, const ReadOptions& options,
              Problems& problems) {
  const FlowScan flow = ScanFlow(text, options.max_flow_tokens);
  if (flow.most_tokens > options.max_flow_tokens) {
    throw Stop{MarkOfOffset(text, flow.most_tokens_at, source),
               fmt::format("more than {} values and brackets in one [...] or {{...}}",
                           options.max_flow_tokens),
               "write it as an indented list or map, or the file as .json"};
  }
  const size_t problems_before = problems.errors();
  ViewBuffer buffer(text);
  std::istream in(&buffer);
  TreeBuilder builder(options, problems);
  Handler handler(builder, text, source, flow.unclosed_quote);
  try {
    YAML::Parser parser(in);
    if (!parser.HandleNextDocument(handler)) return {};
    RefuseSecondDocument(parser, text, source, options, problems);
  } catch (const YAML::Exception& error) {
    throw flow.unclosed_at ? Unclosed(text, *flow.unclosed_at, source)
                           : Explain(error, text, source);
  } catch (const Stop& stop) {
    const bool syntax = stop.limit == Stop::Limit::kNone && problems.errors() == problems_before;
    if (syntax && flow.unclosed_at) throw Unclosed(text, *flow.unclosed_at, source);
    throw;
  }
  return builder.Take();
}

}  // namespace sluice::config
