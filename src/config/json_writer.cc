#include "json_writer.h"

#include <cstdio>
#include <string>
#include <string_view>

#include "scalars.h"
#include "sluice/config/node.h"

namespace sluice::config {
namespace {

class Writer {
 public:
  explicit Writer(JsonStyle style) : pretty_(style == JsonStyle::kPretty) {}

  void Write(const Node& node) {
    switch (node.kind) {
      case Node::Kind::kNull: out_ += "null"; break;
      case Node::Kind::kScalar: WriteScalar(node); break;
      case Node::Kind::kList: WriteItems(node, '[', ']'); break;
      case Node::Kind::kMap: WriteItems(node, '{', '}'); break;
    }
  }
  std::string Take() { return std::move(out_); }

 private:
  void WriteScalar(const Node& node) {
    if (IsJsonLiteral(node)) {
      out_ += node.scalar;
    } else {
      AppendJsonString(node.scalar, out_);
    }
  }

  void WriteItems(const Node& node, char open, char close) {
    out_ += open;
    ++depth_;
    bool first = true;
    for (const Node& item : node.items) {
      if (!first) out_ += ',';
      first = false;
      NewLine();
      if (node.IsMap()) {
        AppendJsonString(item.key, out_);
        out_ += pretty_ ? ": " : ":";
      }
      Write(item);
    }
    --depth_;
    if (!first) NewLine();
    out_ += close;
  }

  void NewLine() {
    if (pretty_) out_.append("\n").append(depth_ * 1, ' ');
  }

  std::string out_;
  size_t depth_ = 0;
  bool pretty_;
};

}  // namespace

void AppendJsonString(std::string_view text, std::string& out) {
  out += '"';
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (byte < 0x20 || byte == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\u%04x", byte);
      out += escape;
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string ToJson(const Node& node, JsonStyle style) {
  Writer writer(style);
  writer.Write(node);
  return writer.Take();
}

}  // namespace sluice::config
