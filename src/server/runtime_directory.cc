#include "runtime_directory.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>

#include "sluice/config/problems.h"
#include "sluice/config/reader.h"

namespace sluice::server {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxDepth = 16;
constexpr size_t kMaxFileBytes = size_t{1} << 20;
constexpr size_t kMaxKeys = 100'000;

Result<> TooMuch(const std::string& what) {
  return Fail(ErrorCode::kInvalidConfig, Origin::kConfig, what);
}

// Without comment lines and the white space at the end.
std::string Trimmed(const std::string& text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (text[at] != '#') out.append(text, at, end - at + 1);
    at = end + 1;
  }
  const size_t last = out.find_last_not_of(" \t\r\n");
  out.resize(last == std::string::npos ? 0 : last + 1);
  return out;
}

config::Node ToValue(const std::string& text) {
  if (text.find(':') != std::string::npos) {
    config::Problems ignored;  // what is no map is text
    auto map = config::ReadText("runtime", text, config::Format::kYaml, {}, ignored);
    if (map && map->IsMap()) return *std::move(map);
  }
  return config::Node::Text(text);
}

Result<> ReadFileInto(const fs::path& path, const std::string& key, config::Node& out) {
  std::ifstream in(path, std::ios::binary);
  std::string text;
  text.resize(kMaxFileBytes + 1);
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (!in.eof() && in.fail())) return TooMuch("cannot read " + path.string());
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.size() > kMaxFileBytes) return TooMuch(path.string() + " is larger than 1 MiB");
  if (out.items.size() >= kMaxKeys) return TooMuch("more than 100000 keys");
  config::Node value = ToValue(Trimmed(text));
  value.key = key;
  out.items.push_back(std::move(value));
  return {};
}

Result<> Walk(const fs::path& directory, const std::string& prefix, int depth, config::Node& out) {
  if (depth > kMaxDepth) return TooMuch(directory.string() + " is deeper than 16 directories");
  std::error_code error;
  fs::directory_iterator entries(directory, error);
  if (error) return TooMuch("cannot read " + directory.string() + ": " + error.message());
  for (; entries != fs::directory_iterator(); entries.increment(error)) {
    const fs::directory_entry& entry = *entries;
    const std::string name = entry.path().filename().string();
    if (name.starts_with("..")) continue;  // what mounted config maps keep beside the values
    const std::string key = prefix.empty() ? name : prefix + "." + name;
    Result<> read;
    if (entry.is_directory(error)) {
      read = Walk(entry.path(), key, depth + 1, out);
    } else if (entry.is_regular_file(error)) {
      read = ReadFileInto(entry.path(), key, out);
    }
    if (!read) return read;
    if (error) break;
  }
  if (error) return TooMuch("cannot read " + directory.string() + ": " + error.message());
  return {};
}

}  // namespace

Result<config::Node> ReadRuntimeDirectory(const std::string& path) {
  config::Node out = config::Node::Map();
  if (auto read = Walk(path, "", 1, out); !read) return std::unexpected(read.error());
  return out;
}

}  // namespace sluice::server
