#include "sluice/base/log.h"

#include <cstdio>
#include <memory>
#include <mutex>
#include <utility>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

namespace sluice::log {
namespace {

constexpr size_t kComponents = static_cast<size_t>(Component::kCount);
constexpr std::string_view kNames[] = {"main",  "config", "admin",   "connection", "filter",
                                       "http",  "http2",  "pool",    "router",     "upstream",
                                       "dns",   "hc",     "outlier", "client",     "runtime",
                                       "stats", "tls",    "wasm",    "rbac",       "lua"};
static_assert(std::size(kNames) == kComponents);
constexpr std::string_view kLevelNames[] = {"trace", "debug",    "info", "warning",
                                            "error", "critical", "off"};
constexpr const char* kDefaultPattern = "[%Y-%m-%d %T.%e][%t][%l][%n] [%g:%#] %v";

// Writes to stderr or to a file that can be reopened under it.
class ReopenableSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  ~ReopenableSink() override {
    if (file_ != nullptr && file_ != stderr) std::fclose(file_);
  }

  Result<> Open(std::string path) {
    std::lock_guard lock(mutex_);
    path_ = std::move(path);
    return OpenLocked();
  }

  Result<> Reopen() {
    std::lock_guard lock(mutex_);
    return path_.empty() ? Result<>() : OpenLocked();
  }

 protected:
  // spdlog::sinks::base_sink
  void sink_it_(const spdlog::details::log_msg& msg) override {
    spdlog::memory_buf_t line;
    formatter_->format(msg, line);
    std::fwrite(line.data(), 1, line.size(), file_);
    std::fflush(file_);
  }
  void flush_() override { std::fflush(file_); }

 private:
  Result<> OpenLocked() {
    std::FILE* file = std::fopen(path_.c_str(), "ae");
    if (file == nullptr) return FailErrno(Origin::kConfig, "log file " + path_, errno);
    if (file_ != nullptr && file_ != stderr) std::fclose(file_);
    file_ = file;
    return {};
  }

  std::string path_;
  std::FILE* file_ = stderr;
};

struct Loggers {
  // allow(shared-ptr): spdlog's own interface
  std::shared_ptr<ReopenableSink> sink = std::make_shared<ReopenableSink>();
  std::array<std::unique_ptr<spdlog::logger>, kComponents> by_component;

  Loggers() {
    sink->set_pattern(kDefaultPattern);
    for (size_t i = 0; i < kComponents; ++i) {
      by_component[i] = std::make_unique<spdlog::logger>(std::string(kNames[i]), sink);
      by_component[i]->set_level(spdlog::level::trace);
    }
  }
};

Loggers& AllLoggers() {
  // allow(naked-new): never destroyed, because late threads may still log
  static Loggers* loggers = new Loggers;
  return *loggers;
}

}  // namespace

namespace detail {

std::array<LevelCell, kComponents> g_levels;

void Write(Component component, Level level, std::string_view text, const char* file, int line) {
  auto& logger = *AllLoggers().by_component[static_cast<size_t>(component)];
  logger.log(spdlog::source_loc{file, line, ""}, static_cast<spdlog::level::level_enum>(level),
             spdlog::string_view_t(text.data(), text.size()));
}

}  // namespace detail

std::string_view ComponentName(Component component) {
  return kNames[static_cast<size_t>(component)];
}

std::optional<Component> FindComponent(std::string_view name) {
  for (size_t i = 0; i < kComponents; ++i) {
    if (kNames[i] == name) return static_cast<Component>(i);
  }
  return std::nullopt;
}

std::string_view LevelName(Level level) { return kLevelNames[static_cast<size_t>(level)]; }

std::optional<Level> ParseLevel(std::string_view name) {
  if (name == "warn") return Level::kWarning;
  for (size_t i = 0; i < std::size(kLevelNames); ++i) {
    if (kLevelNames[i] == name) return static_cast<Level>(i);
  }
  return std::nullopt;
}

Level GetLevel(Component component) {
  return detail::g_levels[static_cast<size_t>(component)].level.load(std::memory_order_relaxed);
}

void SetLevel(Component component, Level level) {
  detail::g_levels[static_cast<size_t>(component)].level.store(level, std::memory_order_relaxed);
}

void SetAllLevels(Level level) {
  for (auto& one : detail::g_levels) one.level.store(level, std::memory_order_relaxed);
}

Result<> Init(const Options& options) {
  auto& loggers = AllLoggers();
  SetAllLevels(options.level);
  if (!options.format.empty()) loggers.sink->set_pattern(options.format);
  if (!options.path.empty()) return loggers.sink->Open(options.path);
  return {};
}

Result<> Reopen() { return AllLoggers().sink->Reopen(); }

void Flush() { AllLoggers().sink->flush(); }

}  // namespace sluice::log
