#include "path.h"

#include <algorithm>

#include "sluice/http/chars.h"
#include "sluice/http/target.h"

namespace sluice::downstream {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = http::ToLowerAscii(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The byte that "%XX" at `at` stands for; -1 when that is no escape.
int EscapedByte(std::string_view path, size_t at) {
  if (at + 2 >= path.size() || path[at] != '%') return -1;
  const int high = HexValue(path[at + 1]);
  const int low = HexValue(path[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool IsUnreserved(char c) {
  return http::Is(http::kAlphaChar, c) || http::Is(http::kDigitChar, c) || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

bool MustEscape(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte >= 0x7f ||
         std::string_view("\"#<>?`{}").find(c) != std::string_view::npos;
}

// Writes a path while taking back segments at "..".
class PathWriter {
 public:
  explicit PathWriter(char* to) : start_(to), next_(to) {}

  void Put(char c) { *next_++ = c; }
  void PutEscaped(char c) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    Put('%');
    Put(kHex[static_cast<unsigned char>(c) >> 4]);
    Put(kHex[static_cast<unsigned char>(c) & 15]);
  }
  // At the end of a segment: removes "." and "..". `last`: no slash follows.
  void EndSegment(bool last) {
    const std::string_view segment(segment_, static_cast<size_t>(next_ - segment_));
    if (segment == ".") {
      next_ = segment_;
    } else if (segment == "..") {
      next_ = segment_;
      // Back over the slash before it and the segment before that; never above the root.
      if (next_ - start_ > 1) {
        --next_;
        while (next_[-1] != '/') --next_;
      }
    } else if (!last) {
      Put('/');
    }
    segment_ = next_;
  }
  void Begin() {
    Put('/');
    segment_ = next_;
  }
  std::string_view text() const { return {start_, static_cast<size_t>(next_ - start_)}; }

 private:
  char* start_;
  char* next_;
  char* segment_ = nullptr;
};

std::string_view Join(std::string_view path, std::string_view query, Arena& arena) {
  if (query.empty()) return path;
  auto* to = static_cast<char*>(arena.Allocate(path.size() + query.size(), 1));
  std::copy(query.begin(), query.end(), std::copy(path.begin(), path.end(), to));
  return {to, path.size() + query.size()};
}

}  // namespace

std::string_view UnescapeSlashes(std::string_view path, Arena& arena) {
  if (path.find('%') == std::string_view::npos) return path;
  char* to = nullptr;
  size_t size = 0;
  for (size_t i = 0; i < path.size(); ++i) {
    const int byte = EscapedByte(path, i);
    const bool slash = byte == '/' || byte == '\\';
    if (slash && to == nullptr) {
      to = static_cast<char*>(arena.Allocate(path.size(), 1));
      std::copy_n(path.data(), i, to);
      size = i;
    }
    if (to != nullptr) to[size++] = slash ? static_cast<char>(byte) : path[i];
    if (slash) i += 2;
  }
  return to == nullptr ? path : std::string_view(to, size);
}

std::string_view CanonicalPath(std::string_view path, Arena& arena) {
  if (path.empty() || (path[0] != '/' && path[0] != '\\')) return {};
  PathWriter out(static_cast<char*>(arena.Allocate(path.size() * 3 + 1, 1)));
  out.Begin();
  for (size_t i = 1; i < path.size(); ++i) {
    const char c = path[i];
    const int byte = EscapedByte(path, i);
    if (byte == 0 || c == '\0') return {};
    if (c == '/' || c == '\\') {
      out.EndSegment(false);
    } else if (byte > 0 && IsUnreserved(static_cast<char>(byte))) {
      out.Put(static_cast<char>(byte));
      i += 2;
    } else if (MustEscape(c)) {
      out.PutEscaped(c);
    } else {
      out.Put(c);
    }
  }
  out.EndSegment(true);
  return out.text();
}

std::string_view MergeSlashes(std::string_view path, Arena& arena) {
  if (path.find("//") == std::string_view::npos) return path;
  auto* to = static_cast<char*>(arena.Allocate(path.size(), 1));
  char* end = std::unique_copy(path.begin(), path.end(), to,
                               [](char a, char b) { return a == '/' && b == '/'; });
  return {to, static_cast<size_t>(end - to)};
}

PathResult NormalizeTarget(std::string_view target, const PathOptions& options, Arena& arena) {
  const size_t split = std::min(target.find('?'), target.size());
  const std::string_view old_path = target.substr(0, split);
  const std::string_view query = target.substr(split);
  std::string_view path = old_path;
  PathVerdict verdict = PathVerdict::kOk;
  if (options.escaped_slashes > EscapedSlashes::kKeep) {
    path = UnescapeSlashes(path, arena);
    if (path.data() != old_path.data()) {
      if (options.escaped_slashes == EscapedSlashes::kReject) return {PathVerdict::kReject, target};
      if (options.escaped_slashes == EscapedSlashes::kUnescapeAndRedirect) {
        verdict = PathVerdict::kRedirect;
      }
    }
  }
  if (options.normalize) {
    path = CanonicalPath(path, arena);
    if (path.empty()) return {PathVerdict::kReject, target};
  }
  if (options.merge_slashes) path = MergeSlashes(path, arena);
  if (path == old_path) return {verdict, target};
  return {verdict, Join(path, query, arena)};
}

}  // namespace sluice::downstream
