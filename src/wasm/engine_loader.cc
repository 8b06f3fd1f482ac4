#include "sluice/wasm/engine_loader.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <string>

#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace sluice::wasm {
namespace {

bool engine_runs = false;

constexpr const char* kPlugin = "sluice_wasm_jsc.so";

std::string OwnFolder() {
  std::array<char, 4096> path;
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  if (size <= 0) return ".";
  const std::string text(path.data(), static_cast<size_t>(size));
  return text.substr(0, text.rfind('/'));
}

// JavaScriptCore reads the signal's variable, and then calls it an unknown option on stderr, as
// every variable that begins like its options. The first context is made while nobody listens.
class QuietStderr {
 public:
  QuietStderr() : kept_(::dup(2)), null_(::open("/dev/null", O_WRONLY | O_CLOEXEC)) {
    if (kept_ >= 0 && null_ >= 0) ::dup2(null_, 2);
  }
  ~QuietStderr() {
    if (kept_ >= 0 && null_ >= 0) ::dup2(kept_, 2);
    if (kept_ >= 0) ::close(kept_);
    if (null_ >= 0) ::close(null_);
  }
  QuietStderr(const QuietStderr&) = delete;
  QuietStderr& operator=(const QuietStderr&) = delete;

 private:
  int kept_;
  int null_;
};

Result<Engine*> Load() {
  // JavaScriptCore stops threads for its collector by a signal, and unblocks it where it needs it.
  const std::string signal = std::to_string(SIGRTMIN + 3);
  ::setenv("JSC_SIGNAL_FOR_GC", signal.c_str(), 1);
  const std::string own = OwnFolder();
  std::string words = "there is no engine";
  for (const std::string& folder :
       {own, own + "/..", own + "/../lib/sluice", own + "/../lib/x86_64-linux-gnu/sluice",
        own + "/../lib/aarch64-linux-gnu/sluice"}) {
    const std::string path = folder + "/" + kPlugin;
    if (::access(path.c_str(), R_OK) != 0) continue;
    void* plugin = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (plugin == nullptr) {
      words = ::dlerror();
      continue;
    }
    if (void* symbol = ::dlsym(plugin, kEngineSymbol)) {
      engine_runs = true;
      Engine* engine = reinterpret_cast<EngineFunction>(symbol)();
      const QuietStderr quiet;
      engine->Check({});
      return engine;
    }
    words = path + " is not an engine of this version";
  }
  return Fail(ErrorCode::kNotFound, Origin::kConfig,
              fmt::format("WebAssembly needs {}, which comes with a build that found "
                          "libjavascriptcoregtk-4.1 (-DSLUICE_WASM=ON): {}",
                          kPlugin, words));
}

}  // namespace

Result<Engine*> LoadEngine() {
  static const Result<Engine*> engine = Load();
  return engine;
}

}  // namespace sluice::wasm

#ifdef __SANITIZE_ADDRESS__
// The check for leaks, at the end, looks into what each thread has of its own, and dies of what
// JavaScriptCore's threads have there.
extern "C" int __lsan_is_turned_off() { return sluice::wasm::engine_runs ? 1 : 0; }
#endif
