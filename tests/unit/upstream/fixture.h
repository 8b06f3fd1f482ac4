// A worker's clusters over real loopback sockets, with a clock that the test steps and names that
// the test resolves.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sluice/base/clock.h"
#include "sluice/event/loop.h"
#include "sluice/match/runtime.h"
#include "sluice/stats/store.h"
#include "sluice/upstream/cluster_config.h"
#include "sluice/upstream/cluster_manager.h"
#include "sluice/upstream/extensions.h"
#include "support/parse_config.h"

namespace sluice::upstream {

// One end of a connection that a TestServer has accepted. Blocking reads with a deadline.
class TestPeer {
 public:
  explicit TestPeer(int fd) : fd_(fd) {}
  TestPeer(TestPeer&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  TestPeer(const TestPeer&) = delete;
  TestPeer& operator=(const TestPeer&) = delete;
  TestPeer& operator=(TestPeer&&) = delete;
  ~TestPeer() { Close(); }

  std::string ReadAvailable() {
    char bytes[65536];
    const ssize_t got = ::recv(fd_, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (got == 0) ended_ = true;
    if (got < 0 && errno == ECONNRESET) ended_ = true;
    return got > 0 ? std::string(bytes, static_cast<size_t>(got)) : std::string();
  }
  void Write(std::string_view bytes) {
    ASSERT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  bool ended() const { return ended_; }
  void Shutdown() { ::shutdown(fd_, SHUT_WR); }
  void Close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void Reset() {
    const linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    Close();
  }

 private:
  int fd_;
  bool ended_ = false;
};

class TestServer {
 public:
  explicit TestServer(int backlog = 64) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(::listen(fd_, backlog), 0);
    socklen_t size = sizeof(address);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;
  ~TestServer() { Stop(); }

  uint16_t port() const { return port_; }
  // Null while nobody has connected.
  std::unique_ptr<TestPeer> Accept() {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    return fd >= 0 ? std::make_unique<TestPeer>(fd) : nullptr;
  }
  void Stop() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
  uint16_t port_ = 0;
};

// Answers when the test says so.
class FakeDns final : public net::DnsResolver {
 public:
  struct Waiting {
    std::string name;
    net::DnsFamily family;
    net::DnsCallback done;
    bool cancelled = false;
  };

  // net::DnsResolver
  std::unique_ptr<net::DnsQuery> Resolve(std::string_view name, net::DnsFamily family,
                                         net::DnsCallback done) override {
    ++asked;
    waiting = std::make_shared<Waiting>(Waiting{std::string(name), family, std::move(done)});
    all[std::string(name)] = waiting;
    return std::make_unique<Query>(waiting);
  }

  void Answer(const std::string& name, std::vector<std::string> ips, Duration ttl = {}) {
    net::DnsAnswer answer;
    for (const std::string& ip : ips) answer.addresses.push_back(*net::Address::FromIp(ip, 0));
    answer.ttl = ttl;
    Give(name, std::move(answer));
  }
  void FailName(const std::string& name) {
    Give(name, Fail(ErrorCode::kTimeout, Origin::kLocal, "no server answered"));
  }
  bool Asks(const std::string& name) { return all.contains(name); }

  int asked = 0;
  std::shared_ptr<Waiting> waiting;
  std::map<std::string, std::shared_ptr<Waiting>> all;

 private:
  struct Query final : net::DnsQuery {
    explicit Query(std::shared_ptr<Waiting> w) : waiting(std::move(w)) {}
    ~Query() override { waiting->cancelled = true; }
    std::shared_ptr<Waiting> waiting;
  };
  void Give(const std::string& name, Result<net::DnsAnswer> answer) {
    const std::shared_ptr<Waiting> one = all.at(name);
    all.erase(name);
    ASSERT_FALSE(one->cancelled);
    one->done(std::move(answer));
  }
};

class UpstreamTest : public testing::Test {
 protected:
  UpstreamTest() { AddExtensions(registry_); }
  ~UpstreamTest() override { Unload(); }

  void Unload() {
    if (manager_ != nullptr) manager_->StopUpdates();
    Turn();  // what has been posted to the set before
    set_.reset();
    Turn();
  }

  void Load(const std::vector<std::string>& yamls) {
    std::vector<std::shared_ptr<const ClusterConfig>> configs;
    for (const std::string& yaml : yamls) {
      auto config = std::make_shared<ClusterConfig>();
      ASSERT_TRUE(test::ParseInto(*config, problems_, yaml, {.extensions = &registry_}))
          << problems_.Text();
      configs.push_back(std::move(config));
    }
    manager_ = std::make_unique<ClusterManager>(
        ClusterManager::Settings{loop_, store_, dns_, {}, zone_, runtime_}, std::move(configs),
        problems_);
    set_ = manager_->MakeSet(loop_, 1);
    manager_->Start([this] { warm_ = true; });
    Turn();
  }
  // A STATIC cluster "c" of these ports; `more` is YAML at the cluster's level.
  static std::string Static(const std::vector<uint16_t>& ports, const std::string& more = "") {
    std::string yaml = "name: c\nconnect_timeout: 1s\n" + more +
                       "\nload_assignment:\n  cluster_name: c\n  endpoints:\n  - lb_endpoints:\n";
    for (const uint16_t port : ports) {
      yaml += "    - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: " +
              std::to_string(port) + "}}}\n";
    }
    return yaml;
  }

  Cluster& cluster() { return *set_->Find("c"); }
  uint64_t Count(const std::string& name) { return store_.CounterValue("cluster.c." + name); }
  uint64_t Level(const std::string& name) { return store_.GaugeValue("cluster.c." + name); }

  void Turn() { loop_.RunOnce(Duration{}); }
  void Advance(Duration by) {
    clock_.Advance(by);
    Turn();
    Turn();
  }
  // Turns until it holds; real time passes, the clock's does not.
  bool Until(const std::function<bool()>& holds) {
    for (int i = 0; i < 4000; ++i) {
      if (holds()) return true;
      loop_.RunOnce(std::chrono::milliseconds(1));
    }
    return holds();
  }
  std::unique_ptr<TestPeer> Accept(TestServer& server) {
    std::unique_ptr<TestPeer> peer;
    EXPECT_TRUE(Until([&] {
      peer = server.Accept();
      return peer != nullptr;
    }));
    return peer;
  }

  ManualClock clock_;
  EventLoop loop_{clock_};
  stats::Store store_{3};
  config::ExtensionRegistry registry_;
  config::Problems problems_;
  FakeDns dns_;
  std::unique_ptr<ClusterManager> manager_;
  std::unique_ptr<ClusterSet> set_;
  bool warm_ = false;
  LocalZone zone_;
  const match::RuntimeSnapshot* runtime_ = nullptr;
};

}  // namespace sluice::upstream
