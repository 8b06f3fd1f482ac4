// Path templates of envoy.path.match.uri_template: "/videos/{name}/*.m4s", "/**.mpd". Compiled to
// one regex at load; immutable.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/buffer/arena.h"
#include "sluice/match/regex.h"

namespace sluice::match {

class UriTemplate {
 public:
  static Result<UriTemplate> Compile(std::string_view text);

  bool Matches(std::string_view path) const;  // path without query
  const std::string& text() const { return text_; }
  const std::vector<std::string>& variables() const { return variables_; }

 private:
  friend class UriTemplateRewrite;
  UriTemplate(std::string text, std::vector<std::string> variables, std::string pattern,
              Regex regex);
  std::string text_;
  std::vector<std::string> variables_;  // in the order of their groups
  std::string pattern_;
  Regex regex_;
};

// A path made of a template's variables: "/{two}/{one}".
class UriTemplateRewrite {
 public:
  static Result<UriTemplateRewrite> Compile(std::string_view text, const UriTemplate& matcher);

  // The new path; `path` itself when it does not match.
  std::string_view Apply(std::string_view path, Arena& arena) const;
  const std::string& text() const { return text_; }

 private:
  UriTemplateRewrite(std::string text, RegexRewrite rewrite)
      : text_(std::move(text)), rewrite_(std::move(rewrite)) {}
  std::string text_;
  RegexRewrite rewrite_;
};

}  // namespace sluice::match
