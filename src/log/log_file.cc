#include "log_file.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sluice/base/log.h"

namespace sluice::log {
namespace {

int StandardStream(const std::string& path) {
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  return -1;
}

int OpenPath(const std::string& path) {
  return open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
}

bool IsRegular(int fd) {
  struct stat info{};
  return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

}  // namespace

WriterStats::WriterStats(const stats::Scope& scope)
    : write_completed(scope.MakeCounter("write_completed")),
      write_failed(scope.MakeCounter("write_failed")),
      write_overflow(scope.MakeCounter("write_overflow")),
      flushed_by_timer(scope.MakeCounter("flushed_by_timer")),
      reopen_failed(scope.MakeCounter("reopen_failed")),
      write_total_buffered(scope.MakeGauge("write_total_buffered")) {}

Result<LogFile> LogFile::Open(const std::string& path) {
  const int standard = StandardStream(path);
  const int fd = standard >= 0 ? fcntl(standard, F_DUPFD_CLOEXEC, 0) : OpenPath(path);
  if (fd < 0) return FailErrno(Origin::kConfig, "cannot open the access log " + path, errno);
  return LogFile(path, fd);
}

LogFile::LogFile(std::string path, int fd)
    : path_(std::move(path)), fd_(fd), regular_(IsRegular(fd)) {}

LogFile::LogFile(LogFile&& other) noexcept
    : path_(std::move(other.path_)),
      pending_(std::move(other.pending_)),
      oldest_(other.oldest_),
      fd_(std::exchange(other.fd_, -1)),
      regular_(other.regular_) {}

LogFile::~LogFile() {
  if (fd_ >= 0) close(fd_);
}

void LogFile::Add(std::string_view line, Clock::time_point now, WriterStats& stats) {
  if (pending_.size() + line.size() > kMaxWaiting) {
    stats.write_overflow.Inc();
    return;
  }
  if (pending_.empty()) oldest_ = now;
  pending_.append(line);
}

// Regular files take what they are given. For the rest, poll says whether PIPE_BUF bytes fit, so
// that a reader who has stopped reading never holds this thread.
size_t LogFile::WriteSome(std::string_view text, std::chrono::milliseconds patience, bool& failed) {
  if (!regular_) {
    pollfd watched{.fd = fd_, .events = POLLOUT, .revents = 0};
    const int ready = poll(&watched, 1, static_cast<int>(patience.count()));
    if (ready <= 0) return 0;
    text = text.substr(0, PIPE_BUF);
  }
  while (true) {
    const ssize_t written = write(fd_, text.data(), text.size());
    if (written >= 0) return static_cast<size_t>(written);
    if (errno == EINTR) continue;
    failed = errno != EAGAIN;
    return 0;
  }
}

void LogFile::Write(WriterStats& stats, std::chrono::milliseconds patience) {
  std::string_view rest = pending_;
  bool failed = false;
  while (!rest.empty() && !failed) {
    const size_t written = WriteSome(rest, patience, failed);
    if (written == 0) break;
    stats.write_completed.Inc();
    rest.remove_prefix(written);
  }
  if (failed) {
    // A full disk or a closed pipe: keeping the lines would only move the loss to others.
    stats.write_failed.Inc();
    rest = {};
  }
  pending_.erase(0, pending_.size() - rest.size());
  if (pending_.empty() && pending_.capacity() > kMaxWaiting / 4) pending_.shrink_to_fit();
}

void LogFile::Reopen(WriterStats& stats) {
  if (StandardStream(path_) >= 0) return;
  const int fd = OpenPath(path_);
  if (fd < 0) {
    stats.reopen_failed.Inc();
    SLUICE_LOG(kMain, kWarning, "cannot reopen the access log {}, going on with the old file: {}",
               path_, FailErrno(Origin::kLocal, "open", errno).error().detail);
    return;
  }
  close(std::exchange(fd_, fd));
  regular_ = IsRegular(fd_);
}

}  // namespace sluice::log
