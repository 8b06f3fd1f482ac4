#include "flow_scan.h"

#include <vector>

namespace sluice::config {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class Scanner {
 public:
  Scanner(std::string_view text, size_t enough) : text_(text), enough_(enough) {}

  FlowScan Scan() {
    for (at_ = 0; at_ < text_.size() && tokens_ <= enough_; ++at_) Step(text_[at_]);
    Note();
    if (!open_.empty()) result_.unclosed_at = open_.back();
    return result_;
  }

 private:
  void Step(char c) {
    switch (c) {
      case '#':
        if (AfterBlank()) SkipTo('\n');
        break;
      case '"':
      case '\'':
        if (!result_.unclosed_quote && TokenStart()) SkipQuoted(c);
        break;
      case '[':
      case '{':
        if (!open_.empty() || TokenStart()) Open();
        break;
      case ']':
      case '}': Close(); break;
      case ',':
      case ':':
        if (!open_.empty()) ++tokens_;
        break;
      default: break;
    }
  }

  bool AfterBlank() const { return at_ == 0 || IsBlank(text_[at_ - 1]); }

  // Where a value can begin: after a line's indentation, `- `, `: `, `? `, or inside a collection.
  bool TokenStart() const {
    size_t back = at_;
    while (back > 0 && (text_[back - 1] == ' ' || text_[back - 1] == '\t')) --back;
    if (back == 0) return true;
    const char before = text_[back - 1];
    if (before == '\n' || before == '\r') return true;
    if (!open_.empty()) return before == ',' || before == '[' || before == '{' || before == ':';
    return back < at_ && (before == ':' || before == '-' || before == '?');
  }

  void SkipTo(char end) {
    while (at_ + 1 < text_.size() && text_[at_ + 1] != end) ++at_;
  }

  void SkipQuoted(char quote) {
    const size_t start = at_;
    for (++at_; at_ < text_.size(); ++at_) {
      if (quote == '"' && text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == quote) {
        return;
      }
    }
    at_ = start;  // never closed: an error, or an apostrophe at the start of a block scalar's line
    result_.unclosed_quote = start;
  }

  void Open() {
    if (open_.empty()) {
      tokens_ = 0;
      start_ = at_;
    }
    open_.push_back(at_);
    ++tokens_;
  }

  void Close() {
    if (open_.empty()) return;
    open_.pop_back();
    ++tokens_;
    if (open_.empty()) Note();
  }

  void Note() {
    if (tokens_ > result_.most_tokens) {
      result_.most_tokens = tokens_;
      result_.most_tokens_at = start_;
    }
  }

  std::string_view text_;
  size_t enough_;
  size_t at_ = 0;
  std::vector<size_t> open_;
  size_t tokens_ = 0;
  size_t start_ = 0;
  FlowScan result_;
};

}  // namespace

FlowScan ScanFlow(std::string_view text, size_t enough) { return Scanner(text, enough).Scan(); }

}  // namespace sluice::config
