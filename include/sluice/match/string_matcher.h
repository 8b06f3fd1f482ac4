// A StringMatcher compiled: exact, prefix, suffix, contains or regex, with or without case.
// Immutable, any thread; nothing is allocated while matching.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/match/regex.h"

namespace sluice::match {

class StringMatcher {
 public:
  enum class Kind : uint8_t { kExact, kPrefix, kSuffix, kContains, kRegex };

  static StringMatcher Exact(std::string text, bool ignore_case = false) {
    return {Kind::kExact, std::move(text), ignore_case};
  }
  StringMatcher(Kind kind, std::string text, bool ignore_case);  // not for kRegex
  explicit StringMatcher(Regex regex);

  bool Matches(std::string_view value) const;
  Kind kind() const { return kind_; }
  const std::string& text() const { return text_; }
  bool ignore_case() const { return ignore_case_; }
  std::string Describe() const;  // `prefix "abc"`, for explain

 private:
  Kind kind_;
  bool ignore_case_ = false;
  std::string text_;  // lower case when case is ignored
  std::optional<Regex> regex_;
};

using StringMatchers = std::vector<StringMatcher>;
bool AnyMatches(const StringMatchers& matchers, std::string_view value);

}  // namespace sluice::match
