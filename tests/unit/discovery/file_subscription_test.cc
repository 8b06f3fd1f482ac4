#include "sluice/discovery/file_subscription.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "sluice/stats/store.h"

namespace sluice::discovery {
namespace {

class FileSubscriptionTest : public testing::Test {
 protected:
  FileSubscriptionTest()
      : folder_(std::filesystem::temp_directory_path() /
                ("sluice-subscription." + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
    source_.path_config_source.path = (folder_ / "r.yaml").string();
  }
  ~FileSubscriptionTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& text) const {
    const std::string fresh = (folder_ / "fresh").string();
    std::ofstream(fresh) << text;
    std::rename(fresh.c_str(), source_.path_config_source.path.c_str());
  }
  static std::string Text(const std::string& version, const std::string& path) {
    return "version_info: '" + version +
           "'\nresources: [{\"@type\": t/envoy.config.core.v3.WatchedDirectory, path: '" + path +
           "'}]\n";
  }
  std::unique_ptr<FileSubscription> Make() {
    return std::make_unique<FileSubscription>(
        host_, source_,
        FileSubscription::Wish{Kind::kSecrets, config::WatchedDirectory::Schema(), "x"},
        [this](const config::Resources& resources, config::Problems& problems) {
          const auto list = resources.As<config::WatchedDirectory>();
          if (!list.empty() && list[0]->path == "bad") {
            problems.Add({}, "bad");
            return false;
          }
          seen_ = list.empty() ? "" : list[0]->path;
          return true;
        });
  }
  void RunUntil(std::string_view counter, uint64_t value) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (store_.CounterValue(counter) < value && std::chrono::steady_clock::now() < end) {
      loop_.RunOnce(std::chrono::milliseconds(20));
    }
    EXPECT_EQ(store_.CounterValue(counter), value) << counter;
  }

  std::filesystem::path folder_;
  config::ConfigSource source_;
  stats::Store store_{1};
  EventLoop loop_;
  Host host_{loop_, store_};
  std::string seen_;
  config::Problems problems_;
};

TEST_F(FileSubscriptionTest, TakesTheFileAtLoadAndEachTimeItIsReplaced) {
  Write(Text("1", "a"));
  auto subscription = Make();
  EXPECT_TRUE(subscription->Load(problems_)) << problems_.Text();
  subscription->Start();
  EXPECT_EQ(seen_, "a");
  EXPECT_EQ(subscription->version(), "1");
  Write(Text("2", "b"));
  RunUntil("x.update_success", 2);
  EXPECT_EQ(seen_, "b");
  EXPECT_EQ(subscription->version(), "2");
  EXPECT_EQ(store_.CounterValue("x.config_reload"), 2U);
}

TEST_F(FileSubscriptionTest, WhatIsRefusedChangesNothing) {
  Write(Text("1", "a"));
  auto subscription = Make();
  EXPECT_TRUE(subscription->Load(problems_));
  subscription->Start();
  Write(Text("2", "bad"));
  RunUntil("x.update_rejected", 1);
  Write("");
  RunUntil("x.update_failure", 1);
  Write("resources: [");
  RunUntil("x.update_failure", 2);
  std::filesystem::remove(source_.path_config_source.path);
  RunUntil("x.update_failure", 3);
  EXPECT_EQ(seen_, "a");
  EXPECT_EQ(subscription->version(), "1");
  Write(Text("3", "c"));
  RunUntil("x.update_success", 2);
  EXPECT_EQ(seen_, "c");
}

TEST_F(FileSubscriptionTest, TheSameContentIsNoReload) {
  Write(Text("1", "a"));
  auto subscription = Make();
  EXPECT_TRUE(subscription->Load(problems_));
  subscription->Start();
  seen_ = "untouched";
  Write(Text("1", "a"));
  RunUntil("x.update_success", 2);
  EXPECT_EQ(seen_, "untouched");
  EXPECT_EQ(store_.CounterValue("x.config_reload"), 1U);
}

TEST_F(FileSubscriptionTest, ChangesBeforeStartAreTakenThen) {
  Write(Text("1", "a"));
  auto subscription = Make();
  EXPECT_TRUE(subscription->Load(problems_));
  Write(Text("2", "b"));
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(400);
  while (std::chrono::steady_clock::now() < end) loop_.RunOnce(std::chrono::milliseconds(20));
  EXPECT_EQ(seen_, "a");
  subscription->Start();
  RunUntil("x.update_success", 2);
  EXPECT_EQ(seen_, "b");
}

TEST_F(FileSubscriptionTest, AFileThatIsNotThereIsAProblemAtLoad) {
  auto subscription = Make();
  EXPECT_FALSE(subscription->Load(problems_));
  EXPECT_EQ(problems_.errors(), 1U);
  EXPECT_EQ(store_.CounterValue("x.update_failure"), 1U);
}

TEST_F(FileSubscriptionTest, AFileBeyondTheBoundIsRefused) {
  Write("version_info: '" + std::string(size_t{17} << 20, 'x') + "'");
  auto subscription = Make();
  EXPECT_FALSE(subscription->Load(problems_));
  EXPECT_NE(problems_.Text().find("MiB"), std::string::npos);
}

}  // namespace
}  // namespace sluice::discovery
