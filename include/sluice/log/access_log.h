// Access logs at run time: the compiled logs of one listener, connection manager or tcp_proxy, and
// the manager with its writer thread.
//
// A worker formats a line and puts it in its own queue; one thread writes all files, so that no
// disk or reader ever stalls a worker. A line waits for company until 64 KB are there, but never
// longer than the flush interval: unless asked for otherwise a second for files, so that `tail -f`
// is of use, and 50 ms for what is no regular file (stdout, pipes). Files stay open as long as the
// process.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/config/problems.h"
#include "sluice/log/access_log_config.h"
#include "sluice/log/entry_sink.h"
#include "sluice/log/format_context.h"
#include "sluice/log/log_queue.h"
#include "sluice/stats/store.h"

namespace sluice::log {

class LogWriter;
struct CompiledLog;

// Immutable, shared by all workers.
class AccessLogSet {
 public:
  AccessLogSet();
  AccessLogSet(const AccessLogSet&) = delete;
  AccessLogSet& operator=(const AccessLogSet&) = delete;
  ~AccessLogSet();

  bool empty() const { return logs_.empty(); }
  // Writes an entry to each log whose filter lets it pass.
  void Write(const FormatContext& context, LogQueue& queue) const;

 private:
  friend class AccessLogManager;
  std::vector<CompiledLog> logs_;
};

// Owned by the server; outlives workers and everything they log with.
class AccessLogManager {
 public:
  static constexpr Duration kFileDelay = std::chrono::seconds(1);
  static constexpr Duration kStreamDelay = std::chrono::milliseconds(50);
  struct Options {
    std::optional<Duration> flush_interval;  // unset: kFileDelay and kStreamDelay
    size_t flush_bytes = size_t{64} << 10;
    size_t queue_bytes = size_t{1} << 20;  // for each worker; memory is touched as it is used
  };

  AccessLogManager(const Options& options, stats::Store& stats);
  ~AccessLogManager();  // writes what is left
  AccessLogManager(const AccessLogManager&) = delete;
  AccessLogManager& operator=(const AccessLogManager&) = delete;

  // Who makes the loggers that are none of ours, while a configuration is loaded; or nobody.
  void UseSinks(SinkMaker maker) { make_sink_ = std::move(maker); }
  // Main, at load: opens the files, and reports what cannot be opened or is no format.
  std::shared_ptr<const AccessLogSet> Make(const std::vector<AccessLogConfig>& configs,
                                           config::Problems& problems);
  // For the slot's own thread.
  LogQueue& queue(uint32_t slot) { return *queues_[slot]; }

  void Reopen();  // any thread; returns at once
  void Flush();   // waits until everything logged before has been written, or tried

 private:
  WriterSignal signal_;
  std::vector<std::unique_ptr<LogQueue>> queues_;
  std::unique_ptr<LogWriter> writer_;
  SinkMaker make_sink_;
};

}  // namespace sluice::log
