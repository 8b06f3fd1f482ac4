// Which directories have to be watched to learn that a path leads somewhere else, and what it leads
// to now. Main thread; asks the file system.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>

#include <sys/types.h>

namespace sluice {

struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = -1;  // -1: there is no such file
  int64_t changed_ns = 0;
  auto operator<=>(const FileIdentity&) const = default;
};

// What the path leads to, links followed.
FileIdentity IdentifyFile(const std::string& path);

// The directories in which a change can turn the path elsewhere: that of each symlink on the way
// and that of the file itself; the nearest existing one where the way ends early. With their
// identity, so that a directory made anew under the old name is seen to be another.
std::map<std::string, FileIdentity> TrailOf(const std::string& path);

}  // namespace sluice
