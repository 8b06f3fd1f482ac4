// Every function of WASI that the host has, called as SDKs and libraries do and as nobody should:
// tells the errors in x-result. And what else no other test module calls.
#include "proxy.h"

using namespace proxy;

#define WASI(name)                                                   \
  extern "C" __attribute__((import_module("wasi_snapshot_preview1"), \
                            import_name(#name))) uint32_t wasi_##name

WASI(fd_write)(uint32_t fd, const void* vectors, uint32_t count, uint32_t* written);
WASI(clock_time_get)(uint32_t clock, uint64_t precision, uint64_t* time);
WASI(clock_res_get)(uint32_t clock, uint64_t* resolution);
WASI(random_get)(void* to, uint32_t size);
WASI(environ_sizes_get)(uint32_t* count, uint32_t* bytes);
WASI(environ_get)(uint32_t* pointers, char* bytes);
WASI(args_sizes_get)(uint32_t* count, uint32_t* bytes);
WASI(args_get)(uint32_t* pointers, char* bytes);
WASI(fd_fdstat_get)(uint32_t fd, void* stat);
WASI(fd_fdstat_set_flags)(uint32_t fd, uint32_t flags);
WASI(fd_close)(uint32_t fd);
WASI(fd_read)(uint32_t fd, const void* vectors, uint32_t count, uint32_t* read);
WASI(fd_seek)(uint32_t fd, uint64_t offset, uint32_t whence, uint64_t* at);
WASI(fd_tell)(uint32_t fd, uint64_t* at);
WASI(fd_sync)(uint32_t fd);
WASI(fd_filestat_get)(uint32_t fd, void* stat);
WASI(fd_prestat_get)(uint32_t fd, void* stat);
WASI(fd_prestat_dir_name)(uint32_t fd, char* path, uint32_t size);
WASI(fd_readdir)(uint32_t fd, void* to, uint32_t size, uint64_t cookie, uint32_t* used);
WASI(path_open)(uint32_t fd, uint32_t flags, const char* path, uint32_t size, uint32_t open,
                uint64_t rights, uint64_t inherited, uint32_t fd_flags, uint32_t* opened);
WASI(path_filestat_get)(uint32_t fd, uint32_t flags, const char* path, uint32_t size, void* stat);
WASI(path_create_directory)(uint32_t fd, const char* path, uint32_t size);
WASI(path_remove_directory)(uint32_t fd, const char* path, uint32_t size);
WASI(path_unlink_file)(uint32_t fd, const char* path, uint32_t size);
WASI(path_rename)(uint32_t fd, const char* path, uint32_t size, uint32_t to, const char* new_path,
                  uint32_t new_size);
WASI(path_readlink)(uint32_t fd, const char* path, uint32_t size, char* to, uint32_t room,
                    uint32_t* used);
WASI(poll_oneoff)(const void* subscriptions, void* events, uint32_t count, uint32_t* happened);
WASI(sched_yield)();
extern "C"
    __attribute__((import_module("env"), import_name("emscripten_notify_memory_growth"))) void
    emscripten_notify_memory_growth(uint32_t);

namespace {

std::vector<uint32_t> undone;

struct List {
  std::string text;
  List& operator<<(uint32_t value) {
    text += (text.empty() ? "" : " ") + std::to_string(value);
    return *this;
  }
};

template <typename T>
T* Nowhere() {
  return reinterpret_cast<T*>(0xfffffff0);
}

std::string Good() {
  List out;
  struct {
    const char* at;
    uint32_t size;
  } vectors[] = {{"two ", 4}, {"pieces\n", 7}};
  uint32_t a = 0;
  uint32_t b = 0;
  uint64_t time = 0;
  char bytes[64];
  uint32_t pointers[4];
  out << wasi_fd_write(1, vectors, 2, &a) << a;
  out << wasi_clock_time_get(0, 1, &time) << (time > 1'600'000'000'000'000'000ULL);
  out << wasi_clock_time_get(1, 1, &time) << wasi_clock_res_get(1, &time);
  out << wasi_random_get(bytes, sizeof bytes);
  out << wasi_environ_sizes_get(&a, &b) << a << b << wasi_environ_get(pointers, bytes);
  out << (std::string_view(bytes) == "GIVEN=value");
  out << wasi_args_sizes_get(&a, &b) << a << b << wasi_args_get(pointers, bytes);
  out << wasi_fd_fdstat_get(1, bytes) << static_cast<uint32_t>(bytes[0]);
  out << wasi_poll_oneoff(bytes, bytes, 1, &a) << a << wasi_sched_yield();
  emscripten_notify_memory_growth(0);
  return out.text;
}

// There are no files.
std::string Files() {
  List out;
  uint32_t a = 0;
  uint64_t at = 0;
  char bytes[64];
  out << wasi_fd_fdstat_set_flags(1, 0) << wasi_fd_close(1) << wasi_fd_read(0, bytes, 1, &a);
  out << wasi_fd_seek(1, 0, 0, &at) << wasi_fd_tell(1, &at) << wasi_fd_sync(1);
  out << wasi_fd_filestat_get(1, bytes) << wasi_fd_prestat_get(3, bytes);
  out << wasi_fd_prestat_dir_name(3, bytes, 4) << wasi_fd_readdir(3, bytes, 4, 0, &a);
  out << wasi_path_open(3, 0, "/etc/passwd", 11, 0, 0, 0, 0, &a);
  out << wasi_path_filestat_get(3, 0, "a", 1, bytes) << wasi_path_create_directory(3, "a", 1);
  out << wasi_path_remove_directory(3, "a", 1) << wasi_path_unlink_file(3, "a", 1);
  out << wasi_path_rename(3, "a", 1, 3, "b", 1) << wasi_path_readlink(3, "a", 1, bytes, 64, &a);
  return out.text;
}

std::string Lies() {
  List out;
  struct {
    char* at;
    uint32_t size;
  } vectors[] = {{Nowhere<char>(), UINT32_MAX}};
  uint32_t a = 0;
  uint64_t time = 0;
  char bytes[64];
  out << wasi_fd_write(1, vectors, 1, &a) << wasi_fd_write(1, Nowhere<void>(), 1, &a);
  out << wasi_fd_write(1, vectors, UINT32_MAX, &a) << wasi_fd_write(7, vectors, 1, &a);
  out << wasi_fd_write(1, vectors, 0, Nowhere<uint32_t>());
  out << wasi_clock_time_get(0, 1, Nowhere<uint64_t>()) << wasi_clock_time_get(9, 1, &time);
  out << wasi_random_get(bytes, UINT32_MAX) << wasi_random_get(Nowhere<char>(), 64);
  out << wasi_environ_sizes_get(Nowhere<uint32_t>(), &a);
  out << wasi_environ_get(Nowhere<uint32_t>(), bytes);
  out << wasi_fd_fdstat_get(1, Nowhere<char>())
      << wasi_poll_oneoff(bytes, bytes, 1, Nowhere<uint32_t>());
  return out.text;
}

// The plugin's configuration, "given", and its log level: whatever it is, it is one.
std::string Others() {
  List out;
  size_t size = 0;
  uint32_t flags = 7;
  uint32_t level = 77;
  out << proxy_get_buffer_status(kConfig, &size, &flags) << size << flags;
  out << proxy_get_buffer_status(99, &size, &flags);
  out << proxy_get_log_level(&level) << (level <= 5);
  out << proxy_get_log_level(Nowhere<uint32_t>());
  return out.text;
}

}  // namespace

EXPORTED(proxy_abi_version_0_2_1) void Abi() {}
EXPORTED(proxy_on_context_create) void OnContextCreate(uint32_t, uint32_t) {}
EXPORTED(proxy_on_configure) uint32_t OnConfigure(uint32_t, uint32_t) {
  proxy_set_tick_period_milliseconds(10);
  return 1;
}
EXPORTED(proxy_on_request_headers) uint32_t OnRequestHeaders(uint32_t, uint32_t, uint32_t) {
  const std::string verb = Header(kRequest, "x-do");
  Set(kRequest, "x-result",
      verb == "good"    ? Good()
      : verb == "files" ? Files()
      : verb == "lies"  ? Lies()
                        : Others());
  return 0;
}
EXPORTED(proxy_on_request_body) uint32_t OnRequestBody(uint32_t, uint32_t size, uint32_t end) {
  if (end == 0) return 1;
  size_t told = 0;
  uint32_t flags = 0;
  proxy_get_buffer_status(kRequestBody, &told, &flags);
  Log("a body of " + std::to_string(told) + ", flags " + std::to_string(flags) +
      (told == size ? "" : ", not what was said"));
  return 0;
}
// A stream that is not done keeps its context until the module says so.
EXPORTED(proxy_on_done) uint32_t OnDone(uint32_t id) {
  undone.push_back(id);
  return 0;
}
EXPORTED(proxy_on_tick) void OnTick(uint32_t) {
  for (const uint32_t id : std::exchange(undone, {})) {
    if (proxy_set_effective_context(id) != 0) Log("it is gone");
    proxy_done();
  }
}
EXPORTED(proxy_on_delete) void OnDelete(uint32_t id) {
  Log(proxy_set_effective_context(id) == 0 ? "deleted when it was done" : "deleted twice");
}
