#include "log_writer.h"

#include <algorithm>
#include <span>
#include <utility>

#include <pthread.h>
#include <signal.h>

namespace sluice::log {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLastLook{50};  // before a sleep without end
// How long lines wait while the writer is behind a reader.
constexpr milliseconds kGather{20};
constexpr milliseconds kLastPatience{500};

}  // namespace

LogWriter::LogWriter(const AccessLogManager::Options& options, stats::Store& stats,
                     WriterSignal& signal, const std::vector<std::unique_ptr<LogQueue>>& queues)
    : options_(options),
      signal_(signal),
      queues_(queues),
      stats_(stats.MainScope("filesystem")),
      thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), "log_writer");
}

LogWriter::~LogWriter() {
  {
    const std::lock_guard lock(mutex_);
    orders_.stop = true;
  }
  signal_.Urge();
  thread_.join();
}

Result<uint32_t> LogWriter::Open(const std::string& path) {
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < files_.size(); ++i) {
    if (files_[i].path() == path) return static_cast<uint32_t>(i);
  }
  Result<LogFile> file = LogFile::Open(path);
  if (!file) return std::unexpected(std::move(file.error()));
  files_.push_back(std::move(*file));
  return static_cast<uint32_t>(files_.size() - 1);
}

void LogWriter::Reopen() {
  {
    const std::lock_guard lock(mutex_);
    orders_.reopen = true;
  }
  signal_.Urge();
}

void LogWriter::Flush() {
  std::unique_lock lock(mutex_);
  const uint64_t wanted = ++orders_.flush;
  lock.unlock();
  signal_.Urge();
  lock.lock();
  done_.wait(lock, [&] { return flushed_ >= wanted; });
}

LogWriter::Orders LogWriter::TakeOrders() {
  const std::lock_guard lock(mutex_);
  Orders orders = orders_;
  orders_.reopen = false;
  return orders;
}

bool LogWriter::Collect(Clock::time_point now) {
  bool any = false;
  // Elements of a deque stay where they are while main adds others; the lock is for the deque's own
  // bookkeeping.
  const std::lock_guard lock(mutex_);
  for (const auto& queue : queues_) {
    queue->Drain([&](uint32_t file, std::string_view line) {
      any = true;
      if (file < files_.size()) files_[file].Add(line, now, stats_);
    });
  }
  return any;
}

LogWriter::Clock::duration LogWriter::DelayOf(const LogFile& file) const {
  return options_.flush_interval.value_or(file.regular() ? AccessLogManager::kFileDelay
                                                         : AccessLogManager::kStreamDelay);
}

void LogWriter::WriteDue(Clock::time_point now, bool all, milliseconds patience) {
  std::vector<LogFile*> due;
  {
    const std::lock_guard lock(mutex_);
    for (LogFile& file : files_) {
      if (file.waiting() == 0) continue;
      const bool large = file.waiting() >= options_.flush_bytes;
      const bool late = now - file.oldest() >= DelayOf(file);
      if (all || large || late) due.push_back(&file);
      if (late && !large && !all) stats_.flushed_by_timer.Inc();
    }
  }
  for (LogFile* file : due) file->Write(stats_, patience);
  const std::lock_guard lock(mutex_);
  uint64_t waiting = 0;
  for (const LogFile& file : files_) waiting += file.waiting();
  stats_.write_total_buffered.Set(waiting);
}

int LogWriter::NextTimeout(Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  Clock::duration next = Clock::duration::max();
  for (const LogFile& file : files_) {
    if (file.waiting() == 0) continue;
    next = std::min(next, std::max<Clock::duration>(file.oldest() + DelayOf(file) - now, kGather));
  }
  if (next == Clock::duration::max()) return -1;
  return static_cast<int>(std::chrono::ceil<milliseconds>(next).count());
}

void LogWriter::Run() {
  sigset_t all_signals;
  sigfillset(&all_signals);
  pthread_sigmask(SIG_BLOCK, &all_signals, nullptr);
  bool quiet = false;  // the last look found nothing
  while (true) {
    int timeout = NextTimeout(Clock::now());
    // A worker looks at the signal without a fence, so it may miss that the writer has rearmed it;
    // therefore a look that nobody asked for comes before a sleep without end.
    if (timeout < 0 && !quiet) timeout = static_cast<int>(kLastLook.count());
    const bool notified = signal_.Wait(timeout);
    Orders orders = TakeOrders();
    if (!signal_.TakeUrgent() && !orders.stop) signal_.Wait(static_cast<int>(kGather.count()));
    signal_.Rearm();
    const Clock::time_point now = Clock::now();
    const Orders late = TakeOrders();
    orders.reopen |= late.reopen;
    orders.flush = late.flush;
    orders.stop = late.stop;
    const bool collected = Collect(now);
    const bool all = orders.stop || orders.reopen || orders.flush > flushed_;
    WriteDue(now, all, orders.stop ? kLastPatience : milliseconds(0));
    if (orders.reopen) {
      const std::lock_guard lock(mutex_);
      for (LogFile& file : files_) file.Reopen(stats_);
    }
    quiet = !notified && !collected && NextTimeout(now) < 0;
    {
      const std::lock_guard lock(mutex_);
      flushed_ = std::max(flushed_, orders.flush);
    }
    done_.notify_all();
    if (orders.stop) return;
  }
}

}  // namespace sluice::log
