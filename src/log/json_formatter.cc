#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "operators.h"
#include "sluice/config/node.h"
#include "sluice/log/formatter.h"

namespace sluice::log {
namespace {

constexpr bool NeedsEscape(char c) {
  return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

void AppendEscaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (!NeedsEscape(c)) {
      out.push_back(c);
      continue;
    }
    switch (c) {
      case '"': out.append("\\\""); break;
      case '\\': out.append("\\\\"); break;
      case '\n': out.append("\\n"); break;
      case '\r': out.append("\\r"); break;
      case '\t': out.append("\\t"); break;
      default: {
        char buffer[8];
        std::snprintf(buffer, sizeof(buffer), "\\u%04x", static_cast<unsigned char>(c));
        out.append(buffer);
      }
    }
  }
}

// Bytes of a well-formed UTF-8 sequence at the start of `text`, or 0: header values may hold any
// bytes, JSON may not.
size_t Utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t length = first < 0x80   ? 1
                        : first < 0xc2 ? 0
                        : first < 0xe0 ? 2
                        : first < 0xf0 ? 3
                        : first < 0xf5 ? 4
                                       : 0;
  if (length == 0 || length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (first == 0xe0 && byte(1) < 0xa0) return 0;
  if (first == 0xed && byte(1) > 0x9f) return 0;  // surrogates
  if (first == 0xf0 && byte(1) < 0x90) return 0;
  if (first == 0xf4 && byte(1) > 0x8f) return 0;
  return length;
}

std::string Utf8Clean(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    if (length == 0) {
      clean.append("\xef\xbf\xbd");
      text.remove_prefix(1);
    } else {
      clean.append(text.substr(0, length));
      text.remove_prefix(length);
    }
  }
  return clean;
}

}  // namespace

void QuoteTail(std::string& out, size_t from) {
  bool plain = true;
  for (size_t i = from; i < out.size(); ++i) {
    plain = plain && !NeedsEscape(out[i]) && static_cast<signed char>(out[i]) >= 0;
  }
  if (plain) {
    out.insert(from, 1, '"');
  } else {
    const std::string text = Utf8Clean(std::string_view(out).substr(from));
    out.resize(from);
    out.push_back('"');
    AppendEscaped(out, text);
  }
  out.push_back('"');
}

// A member, element or scope of the object. Members carry their key, quoted and with its colon.
struct JsonFormatter::Step {
  enum class Kind : uint8_t { kOpen, kClose, kFixed, kValue, kText };
  Kind kind;
  std::string key;
  std::string text;     // the bracket, or a whole JSON value
  std::vector<Op> ops;  // kValue: exactly one; kText: joined into a string
};

struct JsonFormatter::Builder {
  std::vector<Step> steps;

  static std::string Quoted(std::string_view text) {
    std::string out(text);
    QuoteTail(out, 0);
    return out;
  }

  Result<> Add(const config::Node& node, std::string key) {
    switch (node.kind) {
      case config::Node::Kind::kMap: return AddScope(node, std::move(key), "{", "}");
      case config::Node::Kind::kList: return AddScope(node, std::move(key), "[", "]");
      case config::Node::Kind::kNull: return AddFixed(std::move(key), "null");
      case config::Node::Kind::kScalar: break;
    }
    if (!node.quoted) {
      // Numbers and booleans stay what they are; bare words are text.
      std::string json = config::ToJson(node, config::JsonStyle::kCompact);
      if (!json.starts_with('"')) return AddFixed(std::move(key), std::move(json));
    }
    return AddScalar(node.scalar, std::move(key));
  }

  Result<> AddFixed(std::string key, std::string json) {
    steps.push_back({Step::Kind::kFixed, std::move(key), std::move(json), {}});
    return {};
  }

  Result<> AddScalar(const std::string& text, std::string key) {
    Result<std::vector<Op>> ops = CompileOps(text);
    if (!ops) return std::unexpected(std::move(ops.error()));
    const bool has_operator =
        std::any_of(ops->begin(), ops->end(), [](const Op& op) { return op.emit != nullptr; });
    if (!has_operator) {
      return AddFixed(std::move(key), Quoted(ops->empty() ? std::string() : ops->front().text));
    }
    const auto kind = ops->size() == 1 ? Step::Kind::kValue : Step::Kind::kText;
    steps.push_back({kind, std::move(key), {}, std::move(*ops)});
    return {};
  }

  Result<> AddScope(const config::Node& node, std::string key, const char* open,
                    const char* close) {
    steps.push_back({Step::Kind::kOpen, std::move(key), open, {}});
    std::vector<const config::Node*> children;
    for (const config::Node& item : node.items) children.push_back(&item);
    if (node.IsMap()) {
      std::stable_sort(children.begin(), children.end(),
                       [](const auto* a, const auto* b) { return a->key < b->key; });
    }
    for (const config::Node* child : children) {
      Result<> added = Add(*child, node.IsMap() ? Quoted(child->key) + ":" : std::string());
      if (!added) return added;
    }
    steps.push_back({Step::Kind::kClose, {}, close, {}});
    return {};
  }
};

JsonFormatter::JsonFormatter() = default;
JsonFormatter::JsonFormatter(JsonFormatter&&) noexcept = default;
JsonFormatter& JsonFormatter::operator=(JsonFormatter&&) noexcept = default;
JsonFormatter::~JsonFormatter() = default;

Result<JsonFormatter> JsonFormatter::Compile(const config::Node& object,
                                             const FormatOptions& options) {
  if (!object.IsMap()) return BadFormat("a JSON format is an object");
  Builder builder;
  if (Result<> added = builder.Add(object, {}); !added) return std::unexpected(added.error());
  JsonFormatter formatter;
  formatter.steps_ = std::move(builder.steps);
  formatter.omit_empty_ = options.omit_empty;
  return formatter;
}

void JsonFormatter::Append(std::string& out, const FormatContext& context) const {
  bool comma = false;
  for (const Step& step : steps_) {
    const size_t start = out.size();
    if (step.kind == Step::Kind::kClose) {
      out.append(step.text);
      comma = true;
      continue;
    }
    const bool had_member = comma;
    if (comma) out.push_back(',');
    out.append(step.key);
    const size_t value = out.size();
    comma = true;
    switch (step.kind) {
      case Step::Kind::kOpen: comma = false; [[fallthrough]];
      case Step::Kind::kFixed: out.append(step.text); break;
      case Step::Kind::kText:
        for (const Op& op : step.ops) {
          if (op.emit == nullptr) {
            out.append(op.text);
          } else if (Emit(op, out, context) == Emitted::kMissing && !omit_empty_) {
            out.push_back('-');
          }
        }
        QuoteTail(out, value);
        break;
      case Step::Kind::kValue: {
        const Emitted emitted = Emit(step.ops[0], out, context);
        if (emitted == Emitted::kText) QuoteTail(out, value);
        if (emitted != Emitted::kMissing) break;
        if (!omit_empty_) {
          out.append("null");
          break;
        }
        out.resize(start);
        comma = had_member;
        break;
      }
      case Step::Kind::kClose: break;
    }
  }
}

}  // namespace sluice::log
