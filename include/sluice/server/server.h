// The daemon: a checked configuration brought to life, served, drained. One per process; main
// thread.
#pragma once

#include <memory>
#include <string>

#include "sluice/base/error.h"
#include "sluice/config/extension.h"
#include "sluice/config/problems.h"
#include "sluice/server/bootstrap_config.h"
#include "sluice/server/options.h"

namespace sluice::server {

class Server {
 public:
  Server(const Options& options, std::shared_ptr<const BootstrapConfig> bootstrap);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Compiles everything that the configuration names; opens files, but no socket. False when there
  // were problems.
  bool Build(const config::ExtensionRegistry& extensions, config::Problems& problems);
  // After Build: what would become of `options.explain`, in words.
  Result<std::string> Explain() const;
  // Opens the sockets; the error names the listener.
  Result<> OpenSockets();
  // Serves until told to stop; the process's exit status.
  int Run();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// main() without the process: everything from the command line to the exit status.
int Main(int argc, const char* const* argv);

}  // namespace sluice::server
