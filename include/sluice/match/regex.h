// RE2 behind a small face: compiled once at load, thread-safe to use, never backtracking. Only
// src/match knows RE2.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "sluice/base/error.h"
#include "sluice/buffer/arena.h"

namespace sluice::match {

class Regex {
 public:
  // The error's detail has RE2's words and the offset of what it did not understand.
  static Result<Regex> Compile(std::string_view pattern);

  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  ~Regex();

  bool FullMatch(std::string_view text) const;
  bool PartialMatch(std::string_view text) const;
  // Finds the pattern in the text: groups[0] is the match, the others its groups; empty: not there.
  bool Find(std::string_view text, std::span<std::string_view> groups) const;
  int group_count() const;
  const std::string& pattern() const;
  int ProgramSize() const;

 private:
  friend class RegexRewrite;
  struct Compiled;
  explicit Regex(std::unique_ptr<const Compiled> compiled);
  std::unique_ptr<const Compiled> compiled_;
};

// A pattern and what replaces every occurrence of it; \0..\9 stand for the match and its groups.
class RegexRewrite {
 public:
  // Fails also when the substitution names a group that the pattern does not have.
  static Result<RegexRewrite> Compile(std::string_view pattern, std::string_view substitution);

  // `text` itself when nothing matched; else a copy in the arena.
  std::string_view Apply(std::string_view text, Arena& arena) const;
  const std::string& pattern() const { return regex_.pattern(); }
  const std::string& substitution() const { return substitution_; }

 private:
  RegexRewrite(Regex regex, std::string substitution)
      : regex_(std::move(regex)), substitution_(std::move(substitution)) {}
  Regex regex_;
  std::string substitution_;
};

}  // namespace sluice::match
