// The thread that writes all log files. Owned by AccessLogManager. Files are added by main under
// the lock and used by the thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "log_file.h"
#include "sluice/log/access_log.h"

namespace sluice::log {

class LogWriter {
 public:
  LogWriter(const AccessLogManager::Options& options, stats::Store& stats, WriterSignal& signal,
            const std::vector<std::unique_ptr<LogQueue>>& queues);
  ~LogWriter();

  // The number by which queues name the file; the same for the same path.
  Result<uint32_t> Open(const std::string& path);
  void Reopen();
  void Flush();

 private:
  using Clock = LogFile::Clock;
  struct Orders {
    bool stop = false;
    bool reopen = false;
    uint64_t flush = 0;
  };

  void Run();
  Orders TakeOrders();
  bool Collect(Clock::time_point now);  // true when there was any line
  Clock::duration DelayOf(const LogFile& file) const;
  void WriteDue(Clock::time_point now, bool all, std::chrono::milliseconds patience);
  int NextTimeout(Clock::time_point now) const;

  const AccessLogManager::Options options_;
  WriterSignal& signal_;
  const std::vector<std::unique_ptr<LogQueue>>& queues_;
  WriterStats stats_;

  mutable std::mutex mutex_;  // orders_, flushed_, and the list of files (not the files)
  std::condition_variable done_;
  Orders orders_;
  uint64_t flushed_ = 0;
  std::deque<LogFile> files_;
  std::thread thread_;
};

}  // namespace sluice::log
