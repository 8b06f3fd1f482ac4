#include "sluice/match/string_matcher.h"

#include <algorithm>
#include <utility>

#include "sluice/http/chars.h"

namespace sluice::match {
namespace {

// `needle` is lower case already.
bool ContainsIgnoringCase(std::string_view text, std::string_view needle) {
  return std::search(text.begin(), text.end(), needle.begin(), needle.end(),
                     [](char a, char b) { return http::ToLowerAscii(a) == b; }) != text.end() ||
         needle.empty();
}

std::string_view Head(std::string_view text, size_t size) { return text.substr(0, size); }
std::string_view Tail(std::string_view text, size_t size) {
  return text.size() < size ? text : text.substr(text.size() - size);
}

constexpr std::string_view kKindNames[] = {"exact", "prefix", "suffix", "contains", "regex"};

}  // namespace

StringMatcher::StringMatcher(Kind kind, std::string text, bool ignore_case)
    : kind_(kind), ignore_case_(ignore_case), text_(std::move(text)) {
  if (ignore_case_) std::transform(text_.begin(), text_.end(), text_.begin(), http::ToLowerAscii);
}

StringMatcher::StringMatcher(Regex regex)
    : kind_(Kind::kRegex), text_(regex.pattern()), regex_(std::move(regex)) {}

bool StringMatcher::Matches(std::string_view value) const {
  switch (kind_) {
    case Kind::kExact: return ignore_case_ ? http::EqualsIgnoreCase(value, text_) : value == text_;
    case Kind::kPrefix:
      return ignore_case_ ? http::EqualsIgnoreCase(Head(value, text_.size()), text_)
                          : value.starts_with(text_);
    case Kind::kSuffix:
      return ignore_case_ ? http::EqualsIgnoreCase(Tail(value, text_.size()), text_)
                          : value.ends_with(text_);
    case Kind::kContains:
      return ignore_case_ ? ContainsIgnoringCase(value, text_)
                          : value.find(text_) != std::string_view::npos;
    case Kind::kRegex: return regex_->FullMatch(value);
  }
  return false;
}

std::string StringMatcher::Describe() const {
  std::string out(kKindNames[static_cast<size_t>(kind_)]);
  out.append(" `").append(text_).append("`");
  if (ignore_case_) out += " (any case)";
  return out;
}

bool AnyMatches(const StringMatchers& matchers, std::string_view value) {
  return std::any_of(matchers.begin(), matchers.end(),
                     [&](const StringMatcher& matcher) { return matcher.Matches(value); });
}

}  // namespace sluice::match
