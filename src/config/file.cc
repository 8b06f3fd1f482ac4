#include "file.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice::config {

// Reads at most `limit` + 1 bytes, so that a pipe or a growing file cannot fill memory.
int ReadAll(const std::string& path, size_t limit, std::string& text) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  struct stat info{};
  int error = fstat(fd, &info) == 0 ? 0 : errno;
  if (error == 0 && S_ISDIR(info.st_mode)) error = EISDIR;
  if (error == 0 && S_ISREG(info.st_mode) && static_cast<size_t>(info.st_size) > limit) {
    text.resize(0);
    close(fd);
    return EFBIG;
  }
  char buffer[65536];
  while (error == 0 && text.size() <= limit) {
    const ssize_t got = read(fd, buffer, sizeof(buffer));
    if (got == 0) break;
    if (got > 0) {
      text.append(buffer, static_cast<size_t>(got));
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  close(fd);
  return error == 0 && text.size() > limit ? EFBIG : error;
}

Result<std::string> ReadFileText(const std::string& path, size_t limit) {
  std::string text;
  const int error = ReadAll(path, limit, text);
  if (error != 0) return FailErrno(Origin::kConfig, "reading " + path, error);
  return text;
}

}  // namespace sluice::config
