#include "expand_env.h"

#include <cstdlib>

#include "text_check.h"

namespace sluice::config {
namespace {

bool IsNameCharacter(char c, bool first) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_') return true;
  return !first && c >= '0' && c <= '9';
}

struct Reference {
  std::string name;
  std::optional<std::string> fallback;
  size_t length = 0;  // of the whole ${...}
};

// At "${"; nothing when it is not a reference to a variable ("${ }", "${a b}").
std::optional<Reference> ReadReference(std::string_view text) {
  size_t at = 2;
  while (at < text.size() && IsNameCharacter(text[at], at == 2)) ++at;
  if (at == 2 || at >= text.size()) return std::nullopt;
  Reference reference;
  reference.name = text.substr(2, at - 2);
  if (text[at] == '}') {
    reference.length = at + 1;
    return reference;
  }
  if (!text.substr(at).starts_with(":-")) return std::nullopt;
  const size_t end = text.find('}', at);
  if (end == std::string_view::npos || text.substr(at, end - at).find('\n') != std::string::npos) {
    return std::nullopt;
  }
  reference.fallback = text.substr(at + 2, end - at - 2);
  reference.length = end + 1;
  return reference;
}

bool IsCommentLine(std::string_view text, size_t line_start) {
  const size_t first = text.find_first_not_of(" \t", line_start);
  return first != std::string_view::npos && text[first] == '#';
}

}  // namespace

bool ExpandEnv(std::string& text, uint32_t source, const Environment& environment,
               Problems& problems) {
  const std::string_view in = text;
  std::string out;
  bool good = true;
  size_t line_start = 0;
  for (size_t i = 0; i < in.size();) {
    const std::string_view rest = in.substr(i);
    if (i == line_start && IsCommentLine(in, i)) {
      const size_t end = std::min(in.find('\n', i), in.size());
      out.append(in.substr(i, end - i));
      i = end;
    } else if (rest.starts_with("$${")) {
      out += "${";
      i += 3;
    } else if (const auto reference = rest.starts_with("${") ? ReadReference(rest) : std::nullopt) {
      std::optional<std::string> value = environment(reference->name);
      if (reference->fallback && (!value || value->empty())) value = reference->fallback;
      if (!value) {
        problems.Add({MarkOfOffset(in, i, source), {}},
                     "environment variable " + reference->name + " is not set",
                     "set it, or write ${" + reference->name + ":-default}");
        good = false;
      }
      out += value.value_or("");
      i += reference->length;
    } else {
      if (in[i] == '\n') line_start = i + 1;
      out += in[i++];
    }
  }
  if (good) text = std::move(out);
  return good;
}

std::optional<std::string> ProcessEnvironment(const std::string& name) {
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): before threads
  return value ? std::optional<std::string>(value) : std::nullopt;
}

}  // namespace sluice::config
