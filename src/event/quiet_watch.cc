#include "sluice/event/quiet_watch.h"

#include <chrono>
#include <utility>

namespace sluice {
namespace {

constexpr std::chrono::milliseconds kQuiet{100};

}  // namespace

QuietWatch::QuietWatch(EventLoop& main_loop, const std::vector<std::string>& paths,
                       std::function<void()> on_change)
    : quiet_(main_loop, std::move(on_change)) {
  for (const std::string& path : paths) {
    watches_.push_back(
        std::make_unique<FileWatch>(main_loop, path, [this] { quiet_.Arm(kQuiet); }));
  }
}

}  // namespace sluice
