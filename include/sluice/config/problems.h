// Everything that is wrong with a configuration, collected in one run, with the text to show it in.
// Owned by whoever loads a config; one thread. Sources are added first, then problems that point
// into them; rendering sorts by place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/config/mark.h"

namespace sluice::config {

enum class Severity : uint8_t { kError, kWarning };

struct Problem {
  Severity severity = Severity::kError;
  Where where;
  std::string message;   // "unknown field"
  std::string expected;  // "a number from 1 to 65535"; may be empty
  std::string hint;      // "did you mean `connect_timeout`?"; may be empty
  bool secret = false;   // the source line must not be shown
};

class Problems {
 public:
  Problems();

  // `name` is the path or "--config-yaml"; returns the index that marks carry.
  uint32_t AddSource(std::string name, std::string text);
  void SetSourceText(uint32_t source, std::string text);

  void Add(Problem problem);
  void Add(Where where, std::string message, std::string hint = {});
  void Warn(Where where, std::string message, std::string hint = {});

  // Words for the top of the report, said once: "this is an Envoy v2 config ...".
  void SetHeadline(std::string text) { headline_ = std::move(text); }
  void CountUnknownField() { ++unknown_fields_; }

  bool ok() const { return errors_ == 0; }
  size_t errors() const { return errors_; }
  size_t warnings() const { return warnings_; }
  size_t unknown_fields() const { return unknown_fields_; }  // server.static_unknown_fields

  std::vector<Problem> Sorted() const;
  const std::vector<Problem>& all() const { return problems_; }
  const std::string& headline() const { return headline_; }

  // "file:line:column", or the source's name alone when the place is unknown.
  std::string Place(const Mark& mark) const;
  // `file:line:column: path: message` with the source line and a caret below, one block a problem.
  std::string Text() const;
  std::string Text(const Problem& problem) const;
  std::string Json() const;

 private:
  struct Source {
    std::string name;
    std::string text;
    mutable std::vector<size_t> line_starts;  // found when the first line is shown
  };

  std::string_view Line(const Mark& mark) const;

  std::vector<Source> sources_;
  std::vector<Problem> problems_;
  std::string headline_;
  size_t errors_ = 0;
  size_t warnings_ = 0;
  size_t unknown_fields_ = 0;
  size_t dropped_ = 0;
};

// The candidate nearest to `word` by edit distance, or empty when none is near enough: within
// `most` edits, by default a third of the word.
std::string_view Nearest(std::string_view word, const std::vector<std::string_view>& candidates,
                         size_t most = 0);
// "did you mean `x`?" or empty.
std::string DidYouMean(std::string_view word, const std::vector<std::string_view>& candidates,
                       size_t most = 0);

}  // namespace sluice::config
