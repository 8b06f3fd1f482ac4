// From the command line to the exit status.
#include <cstdio>
#include <string>
#include <variant>

#include "builtin_extensions.h"
#include "config_loader.h"
#include "sluice/base/log.h"
#include "sluice/base/version.h"
#include "sluice/config/reference.h"
#include "sluice/server/process.h"
#include "sluice/server/server.h"
#include "sluice/tls/kernel_tls.h"
#include "sluice/tls/memory.h"

namespace sluice::server {
namespace {

void Put(std::FILE* to, std::string_view text) { std::fwrite(text.data(), 1, text.size(), to); }

std::string ConfigName(const Options& options) {
  return options.config_path.empty() ? "--config-yaml" : options.config_path;
}

int PrintAndExit(const Options& options, const config::ExtensionRegistry& extensions) {
  const config::Message& root = BootstrapConfig::Schema();
  Put(stdout, options.print == Print::kConfigReference ? config::ReferenceMarkdown(root, extensions)
                                                       : config::JsonSchema(root, extensions));
  return 0;
}

// A configuration with problems: all of them, in the form that was asked for.
int Refuse(const Options& options, const config::Problems& problems) {
  if (options.mode == Mode::kValidate && options.json_problems) {
    Put(stdout, problems.Json());
  } else {
    Put(stderr, problems.Text());
    Put(stderr, "sluice: configuration '" + ConfigName(options) + "' is not valid\n");
  }
  return 1;
}

void InitLog(const Options& options) {
  for (const auto& [component, level] : options.component_log_levels) {
    log::SetLevel(component, level);
  }
  for (const std::string& flag : options.ignored) {
    SLUICE_LOG(kMain, kInfo, "{} is accepted and changes nothing", flag);
  }
}

int Validated(const Options& options, const config::Problems& problems) {
  if (options.json_problems) {
    Put(stdout, problems.Json());
  } else {
    Put(stderr, problems.Text());  // warnings
    Put(stdout, "configuration '" + ConfigName(options) + "' OK\n");
  }
  return 0;
}

int Explained(const Server& server) {
  const Result<std::string> text = server.Explain();
  if (text) {
    Put(stdout, *text);
  } else {
    Put(stderr, "sluice: --explain: " + text.error().detail + "\n");
  }
  return text ? 0 : 1;
}

void TryKernelTls() {
  const Result<> used = tls::UseKernelTls();
  if (!used) SLUICE_LOG(kMain, kWarning, "--ktls changes nothing: {}", used.error().detail);
}

int Serve(const Options& options, const config::ExtensionRegistry& extensions) {
  if (options.ktls) TryKernelTls();
  config::Problems problems;
  auto bootstrap = LoadBootstrap(options, extensions, problems);
  if (bootstrap == nullptr) return Refuse(options, problems);
  Server server(options, std::move(bootstrap));
  if (!server.Build(extensions, problems)) return Refuse(options, problems);
  if (!options.explain.empty()) return Explained(server);
  if (options.mode == Mode::kValidate) return Validated(options, problems);
  if (problems.warnings() != 0) Put(stderr, problems.Text());
  if (auto opened = server.OpenSockets(); !opened) {
    SLUICE_LOG(kMain, kCritical, "{}", opened.error().ToString());
    return 1;
  }
  return server.Run();
}

}  // namespace

int Main(int argc, const char* const* argv) {
  InstallSignalDefaults();
  static_cast<void>(tls::UseRestingMemory());  // without it idle TLS connections are larger
  auto parsed = ParseOptions(argc, argv);
  if (const auto* exit = std::get_if<EarlyExit>(&parsed)) {
    Put(stdout, exit->out);
    Put(stderr, exit->err);
    return exit->code;
  }
  const Options& options = std::get<Options>(parsed);
  if (auto ready = log::Init({options.log_level, options.log_format, options.log_path}); !ready) {
    Put(stderr, "sluice: " + ready.error().ToString() + "\n");
    return 1;
  }
  InitLog(options);
  config::ExtensionRegistry extensions;
  AddBuiltinExtensions(extensions);
  if (options.print != Print::kNothing) return PrintAndExit(options, extensions);
  RaiseFileLimit();
  return Serve(options, extensions);
}

}  // namespace sluice::server
