// Watches the files that a context was read from, and calls when they have changed and have been
// quiet for a moment: certificate and key come one after the other. Main thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sluice/event/loop.h"
#include "tls_config.h"

namespace sluice::tls {

class Reloader {
 public:
  Reloader(EventLoop& main_loop, const std::vector<std::string>& paths,
           std::function<void()> on_change);

 private:
  Timer quiet_;
  std::vector<std::unique_ptr<FileWatch>> watches_;
};

// Everything that a context reads from disk.
std::vector<std::string> FilesOf(const CommonTlsConfig& config);
std::vector<std::string> FilesOf(const DownstreamTlsConfig& config);

}  // namespace sluice::tls
