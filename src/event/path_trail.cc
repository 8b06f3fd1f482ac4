#include "path_trail.h"

#include <array>
#include <climits>
#include <filesystem>
#include <list>

#include <sys/stat.h>
#include <unistd.h>

namespace sluice {
namespace {

namespace fs = std::filesystem;
constexpr int kMaxLinks = 40;  // the kernel's own bound

std::list<fs::path> Components(const fs::path& path) {
  std::list<fs::path> parts;
  for (const auto& part : path) {
    if (!part.empty() && part != "/" && part != ".") parts.push_back(part);
  }
  return parts;
}

}  // namespace

FileIdentity IdentifyFile(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return {};
  return {info.st_dev, info.st_ino, info.st_size,
          info.st_mtim.tv_sec * int64_t{1'000'000'000} + info.st_mtim.tv_nsec};
}

std::map<std::string, FileIdentity> TrailOf(const std::string& path) {
  std::map<std::string, FileIdentity> trail;
  auto add = [&trail](const fs::path& dir) {
    FileIdentity identity = IdentifyFile(dir.string());
    identity.size = identity.changed_ns = 0;  // what is in it does not make it another directory
    trail.emplace(dir.string(), identity);
  };
  std::error_code ignored;
  fs::path at = "/";
  std::list<fs::path> todo = Components(fs::absolute(path, ignored));
  int links = 0;
  while (!todo.empty()) {
    fs::path next = at / todo.front();
    todo.pop_front();
    fs::file_status status = fs::symlink_status(next, ignored);
    if (!fs::exists(status)) {
      add(at);
      return trail;
    }
    if (fs::is_symlink(status) && links++ < kMaxLinks) {
      add(at);
      fs::path target = fs::read_symlink(next, ignored);
      if (target.is_absolute()) at = "/";
      todo.splice(todo.begin(), Components(target));
      continue;
    }
    if (todo.empty()) add(at);
    at = next.lexically_normal();
  }
  return trail;
}

}  // namespace sluice
