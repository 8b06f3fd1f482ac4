#include "sluice/server/concurrency.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string>

#include <sched.h>

namespace sluice::server {
namespace {

std::string ReadSmall(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

// The cgroup path of a controller in /proc/self/cgroup: v2's line is "0::/path", v1's
// "4:cpu,cpuacct:/path".
std::string CgroupPath(std::string_view controller) {
  std::ifstream in("/proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string_view names = std::string_view(line).substr(first + 1, second - first - 1);
    const bool match = controller.empty() ? names.empty()
                                          : names == controller ||
                                                names.starts_with(std::string(controller) + ",");
    if (match) return line.substr(second + 1);
  }
  return "";
}

// The tightest quota from the process's own group up to the root.
template <typename ReadGroup>
std::optional<uint32_t> TightestQuota(const std::string& root, std::string path, ReadGroup&& read) {
  std::optional<uint32_t> tightest;
  while (true) {
    if (std::optional<uint32_t> here = read(root + path)) {
      tightest = std::min(tightest.value_or(*here), *here);
    }
    if (path.empty() || path == "/") return tightest;
    path.resize(path.find_last_of('/'));
  }
}

std::optional<uint32_t> CgroupCpus() {
  auto v2 = TightestQuota("/sys/fs/cgroup", CgroupPath(""), [](const std::string& group) {
    return CpusOfCpuMax(ReadSmall(group + "/cpu.max"));
  });
  if (v2) return v2;
  return TightestQuota("/sys/fs/cgroup/cpu", CgroupPath("cpu"), [](const std::string& group) {
    return CpusOfQuota(ReadSmall(group + "/cpu.cfs_quota_us"),
                       ReadSmall(group + "/cpu.cfs_period_us"));
  });
}

uint32_t AffinityCpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<uint32_t>(std::max(1, CPU_COUNT(&set)));
}

}  // namespace

std::optional<uint32_t> CpusOfQuota(std::string_view quota_us, std::string_view period_us) {
  quota_us = Trim(quota_us);
  period_us = Trim(period_us);
  int64_t quota = 0;
  int64_t period = 0;
  std::from_chars(quota_us.data(), quota_us.data() + quota_us.size(), quota);
  std::from_chars(period_us.data(), period_us.data() + period_us.size(), period);
  if (quota <= 0 || period <= 0) return std::nullopt;
  return static_cast<uint32_t>((quota + period - 1) / period);
}

std::optional<uint32_t> CpusOfCpuMax(std::string_view text) {
  text = Trim(text);
  const size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  return CpusOfQuota(text.substr(0, space), text.substr(space + 1));  // "max" reads as no quota
}

uint32_t DefaultConcurrency() {
  const uint32_t affinity = AffinityCpus();
  return std::max(1U, std::min(affinity, CgroupCpus().value_or(affinity)));
}

}  // namespace sluice::server
