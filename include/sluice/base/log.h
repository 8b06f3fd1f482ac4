// The daemon's own log: one logger per component, levels changed at run time, text made only when
// the level is on. Any thread may log; the sink is not for the data path's ordinary course, only
// for what an operator must see.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <fmt/core.h>

#include "sluice/base/error.h"

namespace sluice::log {

enum class Level : uint8_t { kTrace, kDebug, kInfo, kWarning, kError, kCritical, kOff };

// The names are Envoy's, as `--component-log-level` and /logging spell them.
enum class Component : uint8_t {
  kMain,
  kConfig,
  kAdmin,
  kConnection,
  kFilter,
  kHttp,
  kHttp2,
  kPool,
  kRouter,
  kUpstream,
  kDns,
  kHc,
  kOutlier,
  kClient,
  kRuntime,
  kStats,
  kTls,
  kWasm,
  kRbac,
  kLua,
  kCount,
};

std::string_view ComponentName(Component component);
std::optional<Component> FindComponent(std::string_view name);
std::string_view LevelName(Level level);                 // "warning", as Envoy prints it
std::optional<Level> ParseLevel(std::string_view name);  // also "warn"

Level GetLevel(Component component);
void SetLevel(Component component, Level level);
void SetAllLevels(Level level);

struct Options {
  Level level = Level::kInfo;
  std::string format;  // empty: Envoy's default pattern
  std::string path;    // empty: stderr
};
// Called once by main before threads start; before it, messages go to stderr.
Result<> Init(const Options& options);
// Reopens the log file after rotation; keeps the old one when that fails.
Result<> Reopen();
void Flush();

namespace detail {
struct LevelCell {
  std::atomic<Level> level{Level::kInfo};
};
extern std::array<LevelCell, static_cast<size_t>(Component::kCount)> g_levels;
void Write(Component component, Level level, std::string_view text, const char* file, int line);
}  // namespace detail

inline bool Enabled(Component component, Level level) {
  return level >=
         detail::g_levels[static_cast<size_t>(component)].level.load(std::memory_order_relaxed);
}

}  // namespace sluice::log

// SLUICE_LOG(kConnection, kInfo, "[C{}] accepted from {}", id, peer)
#define SLUICE_LOG(component, level, ...)                                                         \
  do {                                                                                            \
    if (::sluice::log::Enabled(::sluice::log::Component::component, ::sluice::log::Level::level)) \
      ::sluice::log::detail::Write(::sluice::log::Component::component,                           \
                                   ::sluice::log::Level::level, ::fmt::format(__VA_ARGS__),       \
                                   __FILE__, __LINE__);                                           \
  } while (false)
