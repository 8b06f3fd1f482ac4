#include "sluice/config/problems.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/core.h>

#include "json_writer.h"

namespace sluice::config {
namespace {

// Enough for any file that a person will repair; a bound for one made by an enemy.
constexpr size_t kMaxProblems = 1000;
constexpr size_t kMaxExcerpt = 160;

std::vector<size_t> LineStarts(std::string_view text) {
  std::vector<size_t> starts{0};
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') starts.push_back(i + 1);
  }
  return starts;
}

// Byte offset of the column-th character (from 1) of a UTF-8 line.
size_t OffsetOfColumn(std::string_view line, uint32_t column) {
  size_t offset = 0;
  for (uint32_t at = 1; at < column && offset < line.size(); ++at) {
    ++offset;
    while (offset < line.size() && (static_cast<unsigned char>(line[offset]) & 0xc0) == 0x80) {
      ++offset;
    }
  }
  return offset;
}

std::string Printable(std::string_view text) {
  std::string out;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += c == '\t' ? '\t' : byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  return out;
}

// The line and a caret under the column; long lines are cut around it.
std::string Excerpt(std::string_view line, const Mark& mark) {
  size_t caret = std::min(OffsetOfColumn(line, mark.column), line.size());
  bool cut = false;
  if (line.size() > kMaxExcerpt && caret > kMaxExcerpt / 2) {
    size_t from = caret - kMaxExcerpt / 2;
    while (from > 0 && (static_cast<unsigned char>(line[from]) & 0xc0) == 0x80) --from;
    line.remove_prefix(from);
    caret -= from;
    cut = true;
  }
  size_t end = std::min(line.size(), kMaxExcerpt);
  while (end < line.size() && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) --end;
  const std::string text = Printable(line.substr(0, end));
  std::string pad;
  for (size_t i = 0; i < caret && i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) pad += text[i] == '\t' ? '\t' : ' ';
  }
  const std::string number = fmt::format("{:>6}", mark.line);
  const char* dots = cut ? "..." : "";
  return fmt::format("{} | {}{}\n       | {}{}^\n", number, dots, text, cut ? "   " : "", pad);
}

size_t EditDistance(std::string_view a, std::string_view b, size_t limit) {
  std::vector<size_t> previous(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    size_t best = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({change, previous[j] + 1, row[j - 1] + 1});
      best = std::min(best, row[j]);
    }
    if (best > limit) return limit + 1;
    std::swap(previous, row);
  }
  return previous[b.size()];
}

std::string Folded(std::string_view word) {
  std::string folded;
  char before = '\0';
  for (char c : word) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && before >= 'a' && before <= 'z') folded += '_';
    before = c;
    if (c == '-' || c == ' ') c = '_';
    folded += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return folded;
}

}  // namespace

Problems::Problems() { sources_.push_back({"<no source>", "", {}}); }

uint32_t Problems::AddSource(std::string name, std::string text) {
  sources_.push_back({std::move(name), std::move(text), {}});
  return static_cast<uint32_t>(sources_.size() - 1);
}

void Problems::SetSourceText(uint32_t source, std::string text) {
  sources_[source].line_starts.clear();
  sources_[source].text = std::move(text);
}

void Problems::Add(Problem problem) {
  (problem.severity == Severity::kError ? errors_ : warnings_) += 1;
  if (problems_.size() >= kMaxProblems) {
    ++dropped_;
    return;
  }
  problems_.push_back(std::move(problem));
}

void Problems::Add(Where where, std::string message, std::string hint) {
  Add(Problem{Severity::kError, std::move(where), std::move(message), {}, std::move(hint), false});
}

void Problems::Warn(Where where, std::string message, std::string hint) {
  Add(Problem{
      Severity::kWarning, std::move(where), std::move(message), {}, std::move(hint), false});
}

std::vector<Problem> Problems::Sorted() const {
  std::vector<Problem> sorted = problems_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Problem& a, const Problem& b) {
    const Mark& x = a.where.mark;
    const Mark& y = b.where.mark;
    return std::tie(x.source, x.line, x.column) < std::tie(y.source, y.line, y.column);
  });
  return sorted;
}

std::string Problems::Place(const Mark& mark) const {
  const std::string& name = sources_[mark.source < sources_.size() ? mark.source : 0].name;
  return mark.known() ? fmt::format("{}:{}:{}", name, mark.line, mark.column) : name;
}

std::string_view Problems::Line(const Mark& mark) const {
  if (!mark.known() || mark.source >= sources_.size()) return {};
  const Source& source = sources_[mark.source];
  if (source.line_starts.empty()) source.line_starts = LineStarts(source.text);
  if (mark.line > source.line_starts.size()) return {};
  const std::string_view rest =
      std::string_view(source.text).substr(source.line_starts[mark.line - 1]);
  std::string_view line = rest.substr(0, rest.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string Problems::Text(const Problem& problem) const {
  std::string text = Place(problem.where.mark) + ": ";
  if (problem.severity == Severity::kWarning) text += "warning: ";
  if (!problem.where.path.empty()) text += problem.where.path + ": ";
  text += problem.message;
  if (!problem.expected.empty()) text += ", expected " + problem.expected;
  if (!problem.hint.empty()) text += "; " + problem.hint;
  text += '\n';
  if (problem.where.mark.known() && !problem.secret) {
    text += Excerpt(Line(problem.where.mark), problem.where.mark);
  }
  return text;
}

std::string Problems::Text() const {
  std::string text = headline_.empty() ? "" : headline_ + "\n";
  for (const Problem& problem : Sorted()) text += Text(problem);
  if (dropped_ > 0) text += fmt::format("... and {} more problems\n", dropped_);
  return text;
}

std::string Problems::Json() const {
  std::string out = fmt::format("{{\"ok\":{},\"headline\":", ok());
  AppendJsonString(headline_, out);
  out += ",\"problems\":[";
  const auto member = [&out](const char* name, std::string_view value) {
    out.append(",\"").append(name).append("\":");
    AppendJsonString(value, out);
  };
  bool first = true;
  for (const Problem& problem : Sorted()) {
    const Mark& mark = problem.where.mark;
    out += first ? "\n{" : ",\n{";
    first = false;
    out += fmt::format("\"severity\":\"{}\",\"line\":{},\"column\":{}",
                       problem.severity == Severity::kError ? "error" : "warning", mark.line,
                       mark.column);
    member("file", sources_[mark.source < sources_.size() ? mark.source : 0].name);
    member("path", problem.where.path);
    member("message", problem.message);
    if (!problem.expected.empty()) member("expected", problem.expected);
    if (!problem.hint.empty()) member("hint", problem.hint);
    out += '}';
  }
  out += fmt::format("],\"dropped\":{}}}\n", dropped_);
  return out;
}

std::string_view Nearest(std::string_view word, const std::vector<std::string_view>& candidates,
                         size_t most) {
  if (word.size() > 100) return {};
  const std::string folded = Folded(word);
  size_t best = (most > 0 ? most : std::max<size_t>(2, folded.size() / 3)) + 1;
  std::string_view found;
  for (std::string_view candidate : candidates) {
    const size_t distance = EditDistance(folded, Folded(candidate), best);
    if (distance < best) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

std::string DidYouMean(std::string_view word, const std::vector<std::string_view>& candidates,
                       size_t most) {
  const std::string_view nearest = Nearest(word, candidates, most);
  return nearest.empty() ? "" : fmt::format("did you mean `{}`?", nearest);
}

}  // namespace sluice::config
