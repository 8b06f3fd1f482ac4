// Watches files that belong together, and calls when any of them has changed and all have been
// quiet for a moment: what is replaced piece by piece is looked at once. Main loop only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sluice/event/loop.h"

namespace sluice {

class QuietWatch {
 public:
  QuietWatch(EventLoop& main_loop, const std::vector<std::string>& paths,
             std::function<void()> on_change);

 private:
  Timer quiet_;
  std::vector<std::unique_ptr<FileWatch>> watches_;
};

}  // namespace sluice
