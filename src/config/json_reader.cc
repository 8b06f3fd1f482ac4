#include "json_reader.h"

#include <algorithm>
#include <string>

#include "scalars.h"
#include "text_check.h"

namespace sluice::config {
namespace {

// Recursion is bounded by the builder's limit on depth.
class Reader {
 public:
  Reader(std::string_view text, uint32_t source, TreeBuilder& builder)
      : text_(text), source_(source), builder_(builder) {}

  void ReadDocument() {
    SkipSpace();
    ReadValue();
    SkipSpace();
    if (at_ < text_.size()) Bad("text after the end of the document");
  }

 private:
  // Columns are counted as the text is passed: one long line costs no rescan for each mark.
  Mark Here() {
    if (counted_ < line_start_) {
      counted_ = line_start_;
      column_ = 1;
    }
    for (; counted_ < at_; ++counted_) {
      if ((static_cast<unsigned char>(text_[counted_]) & 0xc0) != 0x80) ++column_;
    }
    return Mark{source_, line_, column_};
  }

  [[noreturn]] void Bad(const std::string& what) {
    if (at_ >= text_.size()) throw Stop{Here(), "bad JSON: the text ends too early", {}};
    throw Stop{Here(), "bad JSON: " + what, {}};
  }

  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void SkipSpace() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\n') {
        ++line_;
        line_start_ = at_ + 1;
      } else if (c != ' ' && c != '\t' && c != '\r') {
        return;
      }
    }
  }

  void ReadValue() {
    switch (Peek()) {
      case '{': return ReadItems(Node::Kind::kMap, '}');
      case '[': return ReadItems(Node::Kind::kList, ']');
      case '"': {
        const Mark mark = Here();
        return builder_.Scalar(mark, ReadString(), true);
      }
      default: return ReadWord();
    }
  }

  void ReadItems(Node::Kind kind, char close) {
    builder_.Begin(kind, Here());
    ++at_;
    SkipSpace();
    if (Peek() == close) {
      ++at_;
      return builder_.End();
    }
    while (true) {
      if (kind == Node::Kind::kMap) ReadKey();
      ReadValue();
      SkipSpace();
      const char c = Peek();
      if (c != ',' && c != close) Bad(std::string("expected `,` or `") + close + "`");
      ++at_;
      if (c == close) return builder_.End();
      SkipSpace();
      if (Peek() == close) Bad("a comma before the end");
    }
  }

  void ReadKey() {
    if (Peek() != '"') Bad("expected a key in double quotes");
    const Mark mark = Here();
    builder_.Scalar(mark, ReadString(), true);
    SkipSpace();
    if (Peek() != ':') Bad("expected `:`");
    ++at_;
    SkipSpace();
  }

  void ReadWord() {
    const Mark mark = Here();
    const size_t end = std::min(text_.find_first_of(" \t\r\n,]}:\"", at_), text_.size());
    std::string word(text_.substr(at_, end - at_));
    if (word == "null") {
      builder_.Null(mark);
    } else if (IsJsonLiteral(Node::Plain(word))) {
      builder_.Scalar(mark, std::move(word), false);
    } else {
      Bad("expected a value");
    }
    at_ = end;
  }

  std::string ReadString() {
    std::string out;
    for (++at_; Peek() != '"'; ++at_) {
      const char c = Peek();
      if (at_ >= text_.size() || c == '\n') Bad("a text without its closing quote");
      if (c != '\\') {
        out += c;
      } else {
        ++at_;
        ReadEscape(out);
      }
    }
    ++at_;
    return out;
  }

  void ReadEscape(std::string& out) {
    static constexpr std::string_view kLetters = "\"\\/bfnrt";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (Peek() == 'u') return ReadUnicode(out);
    const size_t at = kLetters.find(Peek());
    if (at_ >= text_.size() || at == std::string_view::npos) Bad("an unknown escape");
    out += kMeanings[at];
  }

  // Leaves at_ on the last digit.
  uint32_t ReadHex() {
    uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      ++at_;
      const char c = Peek();
      const std::string_view digits = "0123456789abcdef";
      const size_t digit = digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c);
      if (digit == std::string_view::npos) Bad("\\u takes four hexadecimal digits");
      value = value << 4 | static_cast<uint32_t>(digit);
    }
    return value;
  }

  void ReadUnicode(std::string& out) {
    uint32_t point = ReadHex();
    if (point >= 0xd800 && point < 0xdc00) {
      if (!text_.substr(at_ + 1).starts_with("\\u")) Bad("half of a surrogate pair");
      at_ += 2;
      const uint32_t low = ReadHex();
      if (low < 0xdc00 || low > 0xdfff) Bad("half of a surrogate pair");
      point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    } else if (point >= 0xdc00 && point < 0xe000) {
      Bad("half of a surrogate pair");
    } else if (point == 0) {
      Bad("a NUL character");
    }
    AppendUtf8(point, out);
  }

  static void AppendUtf8(uint32_t point, std::string& out) {
    const auto tail = [&out](uint32_t bits) { out += static_cast<char>(0x80 | (bits & 0x3f)); };
    if (point < 0x80) {
      out += static_cast<char>(point);
    } else if (point < 0x800) {
      out += static_cast<char>(0xc0 | point >> 6);
      tail(point);
    } else if (point < 0x10000) {
      out += static_cast<char>(0xe0 | point >> 12);
      tail(point >> 6);
      tail(point);
    } else {
      out += static_cast<char>(0xf0 | point >> 18);
      tail(point >> 12);
      tail(point >> 6);
      tail(point);
    }
  }

  std::string_view text_;
  uint32_t source_;
  TreeBuilder& builder_;
  size_t at_ = 0;
  uint32_t line_ = 1;
  size_t line_start_ = 0;
  size_t counted_ = 0;  // column_ is that of this offset
  uint32_t column_ = 1;
};

}  // namespace

Node ReadJson(std::string_view text, uint32_t source, const ReadOptions& options,
              Problems& problems) {
  TreeBuilder builder(options, problems);
  Reader(text, source, builder).ReadDocument();
  return builder.Take();
}

}  // namespace sluice::config
