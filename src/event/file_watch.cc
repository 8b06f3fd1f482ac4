#include <map>
#include <utility>

#include <uv.h>

#include "loop_state.h"
#include "path_trail.h"

namespace sluice {

// inotify tells of names in a directory, so the directories are watched and the file is looked at
// whenever anything happens in one of them.
struct FileWatch::Handle {
  struct Directory {
    uv_fs_event_t uv;
    Handle* owner;
    FileIdentity identity;
  };

  Handle(UvLoop& uv_loop, std::string watched, std::function<void()> callback)
      : loop(uv_loop), path(std::move(watched)), on_change(std::move(callback)) {
    Follow();
    seen = IdentifyFile(path);
  }
  ~Handle() {
    for (auto& [name, directory] : directories) loop.Close(std::move(directory), &Directory::uv);
  }

  void Follow();
  void Look();

  UvLoop& loop;
  std::string path;
  std::function<void()> on_change;
  FileIdentity seen;
  std::map<std::string, std::unique_ptr<Directory>> directories;
};

void FileWatch::Handle::Follow() {
  auto trail = TrailOf(path);
  for (auto it = directories.begin(); it != directories.end();) {
    auto wanted = trail.find(it->first);
    if (wanted != trail.end() && wanted->second == it->second->identity) {
      ++it;
      continue;
    }
    loop.Close(std::move(it->second), &Directory::uv);
    it = directories.erase(it);
  }
  for (const auto& [name, identity] : trail) {
    if (directories.contains(name)) continue;
    auto directory = std::make_unique<Directory>();
    directory->owner = this;
    directory->identity = identity;
    directory->uv.data = directory.get();
    SLUICE_CHECK(uv_fs_event_init(loop.get(), &directory->uv) == 0);
    auto trampoline = [](uv_fs_event_t* uv, const char*, int, int) noexcept {
      static_cast<Directory*>(uv->data)->owner->Look();
    };
    // Fails when the directory has just gone, or at the limit of inotify watches; the next change
    // on the trail tries again.
    uv_fs_event_start(&directory->uv, trampoline, name.c_str(), 0);
    directories.emplace(name, std::move(directory));
  }
  loop.Touch();
}

void FileWatch::Handle::Look() {
  Follow();
  FileIdentity now = IdentifyFile(path);
  if (now == seen) return;
  seen = now;
  auto callback = on_change;  // it may destroy the watch
  callback();
}

FileWatch::FileWatch(EventLoop& loop, std::string path, std::function<void()> on_change)
    : handle_(std::make_unique<Handle>(loop.state_->uv, std::move(path), std::move(on_change))
                  .release()) {}

FileWatch::~FileWatch() { std::unique_ptr<Handle> freed(handle_); }

}  // namespace sluice
