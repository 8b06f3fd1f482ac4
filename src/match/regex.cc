#include "sluice/match/regex.h"

#include <algorithm>
#include <array>
#include <utility>

#include <re2/re2.h>

namespace sluice::match {
namespace {

// How much memory RE2 may use for one pattern: program and lazily built automaton.
constexpr int64_t kMaxMemoryBytes = int64_t{8} << 20;
constexpr int kMaxGroups = 10;  // \0 to \9

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

RE2::Options Quiet() {
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(kMaxMemoryBytes);
  return options;
}

}  // namespace

struct Regex::Compiled {
  explicit Compiled(std::string_view text) : pattern(text), re(Piece(pattern), Quiet()) {}
  std::string pattern;
  RE2 re;
};

Regex::Regex(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

Result<Regex> Regex::Compile(std::string_view pattern) {
  auto compiled = std::make_unique<const Compiled>(pattern);
  if (compiled->re.ok()) return Regex(std::move(compiled));
  std::string detail = "invalid regular expression: " + compiled->re.error();
  const std::string& argument = compiled->re.error_arg();
  const size_t at = argument.empty() ? std::string::npos : pattern.find(argument);
  if (at != std::string::npos) detail += " at offset " + std::to_string(at);
  return Fail(ErrorCode::kInvalidConfig, Origin::kConfig, std::move(detail));
}

bool Regex::FullMatch(std::string_view text) const {
  return RE2::FullMatch(Piece(text), compiled_->re);
}

bool Regex::PartialMatch(std::string_view text) const {
  return RE2::PartialMatch(Piece(text), compiled_->re);
}

bool Regex::Find(std::string_view text, std::span<std::string_view> groups) const {
  std::array<re2::StringPiece, kMaxGroups> found;
  const size_t count = std::min(groups.size(), static_cast<size_t>(group_count()) + 1);
  const int wanted = static_cast<int>(std::min(count, found.size()));
  if (!compiled_->re.Match(Piece(text), 0, text.size(), RE2::UNANCHORED, found.data(), wanted)) {
    return false;
  }
  for (int i = 0; i < wanted; ++i) {
    const re2::StringPiece& group = found[static_cast<size_t>(i)];
    groups[static_cast<size_t>(i)] = {group.data(), group.size()};
  }
  return true;
}

int Regex::group_count() const { return compiled_->re.NumberOfCapturingGroups(); }
const std::string& Regex::pattern() const { return compiled_->pattern; }
int Regex::ProgramSize() const { return compiled_->re.ProgramSize(); }

Result<RegexRewrite> RegexRewrite::Compile(std::string_view pattern,
                                           std::string_view substitution) {
  Result<Regex> regex = Regex::Compile(pattern);
  if (!regex) return std::unexpected(std::move(regex).error());
  std::string text(substitution);
  std::string why;
  if (!regex->compiled_->re.CheckRewriteString(text, &why)) {
    return Fail(ErrorCode::kInvalidConfig, Origin::kConfig, "invalid substitution: " + why);
  }
  return RegexRewrite(*std::move(regex), std::move(text));
}

// Two passes over the matches: the size first, so that the arena is asked once.
std::string_view RegexRewrite::Apply(std::string_view text, Arena& arena) const {
  std::array<re2::StringPiece, kMaxGroups> groups;
  const RE2& re = regex_.compiled_->re;
  const int group_count = 1 + RE2::MaxSubmatch(Piece(substitution_));
  const auto each_piece = [&](auto&& piece) {
    size_t at = 0;
    size_t copied = 0;
    bool found = false;
    size_t last_end = std::string_view::npos;
    while (at <= text.size() &&
           re.Match(Piece(text), at, text.size(), RE2::UNANCHORED, groups.data(), group_count)) {
      const auto begin = static_cast<size_t>(groups[0].data() - text.data());
      const size_t end = begin + groups[0].size();
      if (begin == end && begin == last_end) {  // an empty match right behind the last one
        ++at;
        continue;
      }
      found = true;
      piece(text.substr(copied, begin - copied));
      for (size_t i = 0; i < substitution_.size(); ++i) {
        if (substitution_[i] != '\\') {
          piece(std::string_view(substitution_).substr(i, 1));
          continue;
        }
        const char c = substitution_[++i];  // CheckRewriteString: a digit or a backslash
        if (c == '\\') {
          piece(std::string_view("\\"));
        } else {
          const re2::StringPiece& group = groups[static_cast<size_t>(c - '0')];
          piece(std::string_view(group.data(), group.size()));
        }
      }
      copied = last_end = end;
      at = begin == end ? end + 1 : end;
    }
    piece(text.substr(copied));
    return found;
  };

  size_t size = 0;
  if (!each_piece([&](std::string_view piece) { size += piece.size(); })) return text;
  char* const out = static_cast<char*>(arena.Allocate(size, 1));
  char* to = out;
  each_piece([&](std::string_view piece) { to = std::copy(piece.begin(), piece.end(), to); });
  return {out, size};
}

}  // namespace sluice::match
