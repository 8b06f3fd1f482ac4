#include "sluice/match/uri_template.h"

#include <algorithm>
#include <utility>

#include "sluice/http/chars.h"

namespace sluice::match {
namespace {

constexpr size_t kMaxVariables = 5;  // Envoy's limits
constexpr size_t kMaxNameSize = 16;

std::unexpected<Error> Bad(std::string_view text, size_t offset, std::string_view why) {
  std::string detail("path template: ");
  detail.append(why).append(" at offset ").append(std::to_string(offset));
  detail.append(" of `").append(text).append("`");
  return Fail(ErrorCode::kInvalidConfig, Origin::kConfig, std::move(detail));
}

void AppendLiteral(std::string& pattern, char c) {
  constexpr std::string_view kSpecial = "\\^$.|?*+()[]{}";
  if (kSpecial.find(c) != std::string_view::npos) pattern += '\\';
  pattern += c;
}

bool IsVariableName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameSize && http::Is(http::kAlphaChar, name[0]) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return http::Is(http::kAlphaChar, c) || http::Is(http::kDigitChar, c) || c == '_';
         });
}

// Template text to the source of a regex, with one group a variable.
class Translator {
 public:
  explicit Translator(std::string_view text) : text_(text) {}

  Result<> Run() {
    if (!text_.starts_with('/')) return Bad(text_, 0, "must begin with '/'");
    while (at_ < text_.size()) {
      Result<> done = text_[at_] == '{' ? Variable() : Plain(text_.size());
      if (!done) return done;
    }
    return {};
  }

  std::string pattern;
  std::vector<std::string> variables;

 private:
  // One operator or literal character before `end`.
  Result<> Plain(size_t end) {
    if (text_[at_] == '*') return Glob(end);
    const char c = text_[at_];
    if (c != '/' && !http::Is(http::kHostChar, c) && c != ':' && c != '@') {
      return Bad(text_, at_, "unexpected character");
    }
    if (c == '/' && at_ + 1 < text_.size() && text_[at_ + 1] == '/') {
      return Bad(text_, at_, "empty path segment");
    }
    AppendLiteral(pattern, c);
    ++at_;
    return {};
  }

  Result<> Glob(size_t end) {
    if (saw_rest_) return Bad(text_, at_, "no operator may follow `**`");
    const bool rest = at_ + 1 < end && text_[at_ + 1] == '*';
    pattern += rest ? ".*" : "[^/]+";
    saw_rest_ = rest;
    at_ += rest ? 2 : 1;
    return {};
  }

  Result<> Variable() {
    const size_t begin = at_;
    const size_t close = text_.find('}', at_);
    if (close == std::string_view::npos) return Bad(text_, at_, "unclosed `{`");
    if (saw_rest_) return Bad(text_, at_, "no operator may follow `**`");
    const size_t equals = std::min(text_.find('=', at_), close);
    const std::string name(text_.substr(at_ + 1, equals - at_ - 1));
    if (!IsVariableName(name)) return Bad(text_, at_ + 1, "not a variable name");
    if (std::find(variables.begin(), variables.end(), name) != variables.end()) {
      return Bad(text_, at_ + 1, "variable given twice");
    }
    if (variables.size() == kMaxVariables) return Bad(text_, begin, "more than 5 variables");
    variables.push_back(name);
    pattern += '(';
    if (equals == close) {
      pattern += "[^/]+";
    } else {
      at_ = equals + 1;
      if (at_ == close) return Bad(text_, at_, "empty pattern of a variable");
      while (at_ < close) {
        if (Result<> done = Plain(close); !done) return done;
      }
    }
    pattern += ')';
    at_ = close + 1;
    return {};
  }

  std::string_view text_;
  size_t at_ = 0;
  bool saw_rest_ = false;
};

}  // namespace

UriTemplate::UriTemplate(std::string text, std::vector<std::string> variables, std::string pattern,
                         Regex regex)
    : text_(std::move(text)),
      variables_(std::move(variables)),
      pattern_(std::move(pattern)),
      regex_(std::move(regex)) {}

Result<UriTemplate> UriTemplate::Compile(std::string_view text) {
  Translator translator(text);
  if (Result<> done = translator.Run(); !done) return std::unexpected(std::move(done).error());
  std::string pattern = "^" + translator.pattern + "$";
  Result<Regex> regex = Regex::Compile(pattern);
  if (!regex) return std::unexpected(std::move(regex).error());
  return UriTemplate(std::string(text), std::move(translator.variables), std::move(pattern),
                     *std::move(regex));
}

bool UriTemplate::Matches(std::string_view path) const { return regex_.FullMatch(path); }

Result<UriTemplateRewrite> UriTemplateRewrite::Compile(std::string_view text,
                                                       const UriTemplate& matcher) {
  if (!text.starts_with('/')) return Bad(text, 0, "must begin with '/'");
  std::string substitution;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '}' || text[at] == '*') return Bad(text, at, "unexpected character");
    if (text[at] != '{') {
      if (text[at] == '\\') substitution += '\\';
      substitution += text[at];
      continue;
    }
    const size_t close = text.find('}', at);
    if (close == std::string_view::npos) return Bad(text, at, "unclosed `{`");
    const std::string_view name = text.substr(at + 1, close - at - 1);
    const auto found = std::find(matcher.variables_.begin(), matcher.variables_.end(), name);
    if (found == matcher.variables_.end()) {
      return Bad(text, at, "the matching template has no such variable");
    }
    substitution += '\\';
    substitution += static_cast<char>('1' + (found - matcher.variables_.begin()));
    at = close;
  }
  Result<RegexRewrite> rewrite = RegexRewrite::Compile(matcher.pattern_, substitution);
  if (!rewrite) return std::unexpected(std::move(rewrite).error());
  return UriTemplateRewrite(std::string(text), *std::move(rewrite));
}

std::string_view UriTemplateRewrite::Apply(std::string_view path, Arena& arena) const {
  return rewrite_.Apply(path, arena);
}

}  // namespace sluice::match
