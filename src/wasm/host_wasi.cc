// What SDKs import of WASI: clocks, random bytes, the environment, the standard outputs as log
// lines, and the end. There are no files: their functions answer that.
#include <chrono>
#include <cstring>
#include <string>

#include <sys/random.h>

#include "host.h"
#include "host_log.h"
#include "sluice/wasm/plugin.h"

namespace sluice::wasm {
namespace {

enum Errno : uint32_t {
  kSuccess = 0,
  kBadDescriptor = 8,
  kFault = 21,
  kInvalid = 28,
  kNotSupported = 58,
};

uint32_t Written(bool good) { return good ? kSuccess : kFault; }

// fd_write(fd, iovecs, count, written)
uint32_t FdWrite(const HostCall& call) {
  constexpr uint32_t kMaxVectors = 1024;
  const uint32_t fd = call.U32(0);
  if (fd != 1 && fd != 2) return kBadDescriptor;
  if (call.U32(2) > kMaxVectors) return kInvalid;
  std::string_view vectors;
  if (!call.vm.Read(call.U32(1), call.U32(2) * 8, vectors)) return kFault;
  size_t written = 0;
  for (uint32_t i = 0; i < call.U32(2); ++i) {
    uint32_t at = 0;
    uint32_t size = 0;
    std::memcpy(&at, vectors.data() + size_t{i} * 8, 4);
    std::memcpy(&size, vectors.data() + size_t{i} * 8 + 4, 4);
    std::string_view piece;
    if (!call.vm.Read(at, size, piece)) return kFault;
    call.vm.Print(fd - 1, piece);
    written += size;
  }
  return Written(call.vm.WriteU32(call.U32(3), static_cast<uint32_t>(written)));
}

// clock_time_get(clock, precision, time)
uint32_t ClockTimeGet(const HostCall& call) {
  const Clock& clock = call.vm.worker().loop.clock();
  int64_t now = 0;
  switch (call.U32(0)) {
    case 0: now = std::chrono::nanoseconds(clock.Wall().time_since_epoch()).count(); break;
    case 1: now = std::chrono::nanoseconds(clock.Mono().time_since_epoch()).count(); break;
    default: return kNotSupported;
  }
  return Written(call.vm.WriteU64(call.U32(2), static_cast<uint64_t>(now)));
}

uint32_t ClockResGet(const HostCall& call) { return Written(call.vm.WriteU64(call.U32(1), 1)); }

uint32_t RandomGet(const HostCall& call) {
  constexpr uint32_t kMax = 64 * 1024;
  if (call.U32(1) > kMax) return kInvalid;
  std::string bytes(call.U32(1), '\0');
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return kInvalid;
  }
  return Written(call.vm.Write(call.U32(0), bytes));
}

// environ_sizes_get(count, bytes), environ_get(pointers, bytes)
uint32_t EnvironSizesGet(const HostCall& call) {
  size_t bytes = 0;
  for (const std::string& one : call.vm.plan().environment) bytes += one.size() + 1;
  const auto count = static_cast<uint32_t>(call.vm.plan().environment.size());
  return Written(call.vm.WriteU32(call.U32(0), count) &&
                 call.vm.WriteU32(call.U32(1), static_cast<uint32_t>(bytes)));
}

uint32_t EnvironGet(const HostCall& call) {
  uint32_t pointer = call.U32(0);
  uint32_t at = call.U32(1);
  for (const std::string& one : call.vm.plan().environment) {
    if (!call.vm.WriteU32(pointer, at) || !call.vm.Write(at, {one.c_str(), one.size() + 1})) {
      return kFault;
    }
    pointer += 4;
    at += static_cast<uint32_t>(one.size()) + 1;
  }
  return kSuccess;
}

uint32_t ArgsSizesGet(const HostCall& call) {
  return Written(call.vm.WriteU32(call.U32(0), 0) && call.vm.WriteU32(call.U32(1), 0));
}

// The standard outputs are character devices that can be written.
uint32_t FdFdstatGet(const HostCall& call) {
  constexpr char kCharacterDevice = 2;
  constexpr char kMayWrite = 64;
  if (call.U32(0) > 2) return kBadDescriptor;
  std::string stat(24, '\0');
  stat[0] = kCharacterDevice;
  stat[8] = kMayWrite;
  return Written(call.vm.Write(call.U32(1), stat));
}

uint32_t ProcExit(const HostCall& call) {
  LogLine(call.vm, log::Level::kError, "proc_exit(" + std::to_string(call.U32(0)) + ")");
  call.vm.Exit();
  return 0;
}

uint32_t Fine(const HostCall& /*call*/) { return kSuccess; }
uint32_t NoSuchFile(const HostCall& /*call*/) { return kBadDescriptor; }

// poll_oneoff(subscriptions, events, count, happened): nobody waits here, and nothing has happened.
// Go's runtime sleeps by it, and takes an error for the end of the world.
uint32_t PollOneoff(const HostCall& call) { return Written(call.vm.WriteU32(call.U32(3), 0)); }

constexpr HostEntry kEntries[] = {
    {"fd_write", "iiii", &FdWrite},
    {"clock_time_get", "iIi", &ClockTimeGet},
    {"clock_res_get", "ii", &ClockResGet},
    {"random_get", "ii", &RandomGet},
    {"environ_sizes_get", "ii", &EnvironSizesGet},
    {"environ_get", "ii", &EnvironGet},
    {"args_sizes_get", "ii", &ArgsSizesGet},
    {"args_get", "ii", &Fine},
    {"fd_fdstat_get", "ii", &FdFdstatGet},
    {"fd_fdstat_set_flags", "ii", &NoSuchFile},
    {"fd_close", "i", &NoSuchFile},
    {"fd_read", "iiii", &NoSuchFile},
    {"fd_seek", "iIii", &NoSuchFile},
    {"fd_tell", "ii", &NoSuchFile},
    {"fd_sync", "i", &NoSuchFile},
    {"fd_filestat_get", "ii", &NoSuchFile},
    {"fd_prestat_get", "ii", &NoSuchFile},
    {"fd_prestat_dir_name", "iii", &NoSuchFile},
    {"fd_readdir", "iiiIi", &NoSuchFile},
    {"path_open", "iiiiiIIii", &NoSuchFile},
    {"path_filestat_get", "iiiii", &NoSuchFile},
    {"path_create_directory", "iii", &NoSuchFile},
    {"path_remove_directory", "iii", &NoSuchFile},
    {"path_unlink_file", "iii", &NoSuchFile},
    {"path_rename", "iiiiii", &NoSuchFile},
    {"path_readlink", "iiiiii", &NoSuchFile},
    {"poll_oneoff", "iiii", &PollOneoff},
    {"sched_yield", "", &Fine},
    {"proc_exit", "i", &ProcExit, false},
};

}  // namespace

std::span<const HostEntry> WasiFunctions() { return kEntries; }

}  // namespace sluice::wasm
