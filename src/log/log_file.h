// One file (or pipe, or terminal) that lines go to. Opened by main at load, then used by the
// writer's thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/base/error.h"
#include "sluice/stats/stats.h"

namespace sluice::log {

struct WriterStats {
  explicit WriterStats(const stats::Scope& scope);

  stats::Counter write_completed;
  stats::Counter write_failed;
  stats::Counter write_overflow;  // lines dropped because the file took nothing for too long
  stats::Counter flushed_by_timer;
  stats::Counter reopen_failed;
  stats::Gauge write_total_buffered;
};

class LogFile {
 public:
  using Clock = std::chrono::steady_clock;

  // "/dev/stdout" and "/dev/stderr" are the process's own streams, whoever may open them by name.
  static Result<LogFile> Open(const std::string& path);
  LogFile(LogFile&& other) noexcept;
  LogFile& operator=(LogFile&&) = delete;
  ~LogFile();

  const std::string& path() const { return path_; }
  // Regular files are written in large pieces; what somebody may be looking at, soon.
  bool regular() const { return regular_; }

  void Add(std::string_view line, Clock::time_point now, WriterStats& stats);
  size_t waiting() const { return pending_.size(); }
  Clock::time_point oldest() const { return oldest_; }  // when the first waiting line came
  // Writes what waits. A pipe that is full keeps the rest; `patience` is how long to wait for it.
  void Write(WriterStats& stats, std::chrono::milliseconds patience);
  // After rotation. Keeps the old file when the path cannot be opened.
  void Reopen(WriterStats& stats);

 private:
  static constexpr size_t kMaxWaiting = size_t{4} << 20;

  LogFile(std::string path, int fd);
  size_t WriteSome(std::string_view text, std::chrono::milliseconds patience, bool& failed);

  std::string path_;
  std::string pending_;
  Clock::time_point oldest_{};
  int fd_;
  bool regular_;
};

}  // namespace sluice::log
