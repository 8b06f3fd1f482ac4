#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "sluice/event/loop.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(SignalWatchTest, CallsBackOnTheLoop) {
  EventLoop loop;
  int got = 0;
  SignalWatch watch(loop, SIGUSR1, [&](int signal) { got = signal; });
  loop.RunOnce(Duration::zero());
  ::raise(SIGUSR1);
  for (int i = 0; i < 10 && got == 0; ++i) loop.RunOnce(seconds(5));
  EXPECT_EQ(got, SIGUSR1);
}

TEST(SignalWatchTest, MayBeDestroyedInItsCallback) {
  EventLoop loop;
  std::unique_ptr<SignalWatch> watch;
  watch = std::make_unique<SignalWatch>(loop, SIGUSR2, [&](int) {
    watch.reset();
    loop.Stop();
  });
  loop.Post([] { ::raise(SIGUSR2); });
  loop.Run();
  EXPECT_EQ(watch, nullptr);
}

class FileWatchTest : public testing::Test {
 protected:
  FileWatchTest() {
    std::string pattern = (fs::temp_directory_path() / "sluice-watch-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }
  ~FileWatchTest() override { fs::remove_all(dir_); }

  void Write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

  // Turns until the callback has come (or not, within the time), then till it is quiet.
  bool Changed(Duration within = seconds(5)) {
    MonoTime end = loop_.Now() + within;
    while (changes_ == 0 && loop_.Now() < end) loop_.RunOnce(within);
    bool changed = changes_ > 0;
    MonoTime quiet = loop_.Now() + milliseconds(20);
    while (loop_.Now() < quiet) loop_.RunOnce(milliseconds(20));
    changes_ = 0;
    return changed;
  }
  std::unique_ptr<FileWatch> Watch(const fs::path& path) {
    auto watch = std::make_unique<FileWatch>(loop_, path.string(), [this] { ++changes_; });
    loop_.RunOnce(Duration::zero());
    return watch;
  }

  EventLoop loop_;
  fs::path dir_;
  int changes_ = 0;
};

TEST_F(FileWatchTest, SeesWritesRenamesAndRemoval) {
  fs::path file = dir_ / "cert.pem";
  Write(file, "one");
  auto watch = Watch(file);
  Write(file, "two!");
  EXPECT_TRUE(Changed());
  Write(dir_ / "new", "three");
  fs::rename(dir_ / "new", file);
  EXPECT_TRUE(Changed());
  fs::remove(file);
  EXPECT_TRUE(Changed());
  Write(file, "four");
  EXPECT_TRUE(Changed());
}

TEST_F(FileWatchTest, IgnoresTheNeighbours) {
  Write(dir_ / "cert.pem", "one");
  auto watch = Watch(dir_ / "cert.pem");
  Write(dir_ / "other", "x");
  EXPECT_FALSE(Changed(milliseconds(50)));
}

// As a Kubernetes volume does it: ..data is a link to a dated directory, swapped by rename.
TEST_F(FileWatchTest, SeesSwappedDirectoryLinks) {
  fs::create_directories(dir_ / "v1");
  fs::create_directories(dir_ / "v2");
  fs::create_directories(dir_ / "v3");
  for (const char* version : {"v1", "v2", "v3"}) Write(dir_ / version / "f", version);
  fs::create_symlink("v1", dir_ / "..data");
  fs::create_symlink("..data/f", dir_ / "f");
  auto watch = Watch(dir_ / "f");
  for (const char* version : {"v2", "v3"}) {
    fs::create_symlink(version, dir_ / "..tmp");
    fs::rename(dir_ / "..tmp", dir_ / "..data");
    EXPECT_TRUE(Changed()) << version;
  }
  Write(dir_ / "v3" / "f", "changed in place");
  EXPECT_TRUE(Changed());
}

TEST_F(FileWatchTest, SeesAFileComeUnderDirectoriesThatDidNotExist) {
  auto watch = Watch(dir_ / "a" / "b" / "f");
  fs::create_directories(dir_ / "a" / "b");
  EXPECT_FALSE(Changed(milliseconds(50)));
  Write(dir_ / "a" / "b" / "f", "now");
  EXPECT_TRUE(Changed());
}

TEST_F(FileWatchTest, MayBeDestroyedInItsCallback) {
  Write(dir_ / "f", "one");
  std::unique_ptr<FileWatch> watch;
  watch = std::make_unique<FileWatch>(loop_, (dir_ / "f").string(), [&] {
    watch.reset();
    ++changes_;
  });
  loop_.RunOnce(Duration::zero());
  Write(dir_ / "f", "three");
  EXPECT_TRUE(Changed());
  EXPECT_EQ(watch, nullptr);
}

}  // namespace
}  // namespace sluice
