#include "sluice/server/process.h"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <span>
#include <string>

#include <execinfo.h>
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

namespace sluice::server {
namespace {

void WriteText(const char* text) {
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text, std::strlen(text));
}

// Async-signal-safe but for backtrace's first call, which main makes early.
void OnFatalSignal(int signal) {
  WriteText("sluice: fatal signal ");
  const char* name = sigabbrev_np(signal);
  WriteText(name == nullptr ? "?" : name);
  WriteText("; addresses for addr2line -Cfe:\n");
  void* frames[64];
  const int count = ::backtrace(frames, 64);
  ::backtrace_symbols_fd(frames, count, STDERR_FILENO);
  ::raise(signal);  // SA_RESETHAND: now the default action, core and all
}

// The handler needs a stack of its own, or a stack overflow dies silently.
void UseAlternateStack() {
  static char memory[64 * 1024];
  stack_t stack{};
  stack.ss_sp = memory;
  stack.ss_size = sizeof memory;
  ::sigaltstack(&stack, nullptr);
}

// A debugger's breakpoints are in its code.
bool IsTraced() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("TracerPid:")) return line != "TracerPid:\t0";
  }
  return false;
}

void Unmap(const dl_phdr_info& program, const ElfW(Phdr) & part) {
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const uintptr_t from = (program.dlpi_addr + part.p_vaddr) & ~(page - 1);
  const uintptr_t to = program.dlpi_addr + part.p_vaddr + part.p_memsz;
  ::madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
}

}  // namespace

uint64_t RaiseFileLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  return limit.rlim_cur;
}

MemoryUse ReadMemoryUse() {
  MemoryUse use;
  const struct mallinfo2 info = ::mallinfo2();
  use.allocated = info.uordblks + info.hblkhd;
  use.heap = info.arena + info.hblkhd;
  std::ifstream statm("/proc/self/statm");
  uint64_t total = 0;
  uint64_t pages = 0;
  if (statm >> total >> pages)
    use.resident = pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  return use;
}

void GiveBackLoadMemory() {
  ::malloc_trim(0);
  if (IsTraced()) return;
  ::dl_iterate_phdr(
      [](dl_phdr_info* program, size_t, void*) {
        for (const auto& part : std::span(program->dlpi_phdr, program->dlpi_phnum)) {
          if (part.p_type == PT_LOAD && (part.p_flags & PF_W) == 0) Unmap(*program, part);
        }
        return 1;  // the first is the program itself; libraries are other processes' as well
      },
      nullptr);
}

void InstallSignalDefaults() {
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, nullptr);

  void* warm_up[1];
  ::backtrace(warm_up, 1);  // loads libgcc now: not safe to do in the handler
  UseAlternateStack();
  struct sigaction fatal{};
  fatal.sa_handler = &OnFatalSignal;
  fatal.sa_flags = SA_RESETHAND | SA_ONSTACK | SA_NODEFER;
  for (int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT})
    ::sigaction(signal, &fatal, nullptr);
}

}  // namespace sluice::server
