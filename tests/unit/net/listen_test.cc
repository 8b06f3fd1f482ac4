#include <algorithm>
#include <fstream>
#include <set>
#include <thread>

#include <sys/resource.h>
#include <sys/stat.h>

#include "net_fixture.h"
#include "sluice/net/acceptor.h"
#include "sluice/net/listen_socket.h"
#include "sluice/net/socket_config.h"

namespace sluice::net {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

struct Taker final : AcceptorEvents {
  void OnAccepted(AcceptedSocket socket) override {
    taken.push_back(std::move(socket));
    if (on_accepted) on_accepted();
  }
  std::vector<AcceptedSocket> taken;
  std::function<void()> on_accepted;
};

class ListenTest : public NetTest {
 protected:
  ListenTest() {
    std::string pattern = (fs::temp_directory_path() / "sluice-listen-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }
  ~ListenTest() override { fs::remove_all(dir_); }

  static Address Loopback() { return Address::V4(INADDR_LOOPBACK, 0); }
  Address Path(std::string_view name) { return *Address::FromUnixPath((dir_ / name).string()); }
  static UniqueFd Dial(const Address& to) {
    UniqueFd fd(::socket(to.raw()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(fd.get(), to.raw(), to.raw_size()) != 0) fd.Reset();
    return fd;
  }

  ListenSocketSet set_;
  fs::path dir_;
};

TEST_F(ListenTest, EachWorkerHasASocketOfItsOwnOnOnePort) {
  auto lease = set_.Open(Loopback(), {.workers = 3});
  ASSERT_TRUE(lease) << lease.error().ToString();
  EXPECT_NE((*lease)->local().port(), 0);
  std::set<int> fds{(*lease)->fd(0), (*lease)->fd(1), (*lease)->fd(2)};
  EXPECT_EQ(fds.size(), 3u);
  for (int fd : fds) EXPECT_EQ(LocalAddressOf(fd), (*lease)->local());
}

TEST_F(ListenTest, SameAddressAndOptionsGiveTheSameSocketUntilTheLastLease) {
  auto first = set_.Open(Loopback(), {});
  auto second = set_.Open(Loopback(), {});
  ASSERT_TRUE(first && second);
  EXPECT_EQ((*first)->fd(0), (*second)->fd(0));
  Address at = (*first)->local();
  first->Release();
  EXPECT_EQ(set_.size(), 1u);
  EXPECT_TRUE(Dial(at).valid());
  second->Release();
  EXPECT_EQ(set_.size(), 0u);
  EXPECT_FALSE(Dial(at).valid());
}

TEST_F(ListenTest, PortMayBeHeldBeforeConnectionsAreTaken) {
  auto lease = set_.Open(Loopback(), {.workers = 2, .listen_later = true});
  ASSERT_TRUE(lease) << lease.error().ToString();
  const Address at = (*lease)->local();
  EXPECT_FALSE(Dial(at).valid());
  {
    // As long as nobody listens, SO_REUSEADDR lets others in.
    auto other = set_.Open(at, {.reuse_port = false});
    ASSERT_TRUE(other);
    auto refused = (*lease)->Listen();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kAddressInUse);
  }
  ASSERT_TRUE((*lease)->Listen());
  ASSERT_TRUE((*lease)->Listen());  // once more changes nothing
  EXPECT_TRUE(Dial(at).valid());
  // A path listens at once: bound and deaf, it would look like what a crash leaves behind.
  auto path = set_.Open(Path("s"), {.listen_later = true});
  ASSERT_TRUE(path);
  EXPECT_TRUE(Dial(Path("s")).valid());
}

TEST_F(ListenTest, OptionsMayBeForOneVersionOfIp) {
  std::vector<config::SocketOption> configs(3);
  configs[0].int_value = 4;
  configs[0].ip_version = config::SocketIpVersion::kV4;
  configs[1].int_value = 6;
  configs[1].ip_version = config::SocketIpVersion::kV6;
  configs[1].state = config::SocketState::kBound;
  configs[2].buf_value = config::Bytes{"any"};
  const auto four = ToSocketOptions(configs, Address::Family::kV4);
  ASSERT_EQ(four.size(), 2U);
  EXPECT_EQ(four[0], SocketOption::FromInt(0, 0, 4));
  EXPECT_EQ(four[1].value, "any");
  const auto six = ToSocketOptions(configs, Address::Family::kV6);
  ASSERT_EQ(six.size(), 2U);
  EXPECT_EQ(six[0], SocketOption::FromInt(0, 0, 6, SocketOption::Phase::kBound));
  EXPECT_EQ(ToSocketOptions(configs, Address::Family::kUnix).size(), 1U);
}

TEST_F(ListenTest, AcceptsWithAddresses) {
  auto lease = set_.Open(Loopback(), {});
  Taker taker;
  Acceptor acceptor(loop_, **lease, 0, taker, stats::Counter());
  ASSERT_TRUE(acceptor.Start());
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 100; ++i) clients.push_back(Dial((*lease)->local()));
  Until([&] { return taker.taken.size() == 100; });
  for (const auto& one : taker.taken) {
    EXPECT_EQ(one.local, (*lease)->local());
    EXPECT_EQ(one.remote.Ip(), "127.0.0.1");
    EXPECT_TRUE(std::ranges::any_of(clients, [&](const UniqueFd& client) {
      return LocalAddressOf(client.get()) == one.remote;
    }));
  }
}

TEST_F(ListenTest, AcceptedSocketsInheritNoDelayAndKeepalive) {
  ListenOptions options;
  options.tuning.keepalive_time_s = 77;
  auto lease = set_.Open(Loopback(), options);
  UniqueFd client = Dial((*lease)->local());
  UniqueFd server(::accept((*lease)->fd(0), nullptr, nullptr));
  auto get = [&](int level, int name) {
    int value = -1;
    socklen_t size = sizeof(value);
    ::getsockopt(server.get(), level, name, &value, &size);
    return value;
  };
  EXPECT_EQ(get(IPPROTO_TCP, 1 /* TCP_NODELAY */), 1);
  EXPECT_EQ(get(SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(get(IPPROTO_TCP, 4 /* TCP_KEEPIDLE */), 77);
}

TEST_F(ListenTest, PauseIsRespectedInsideABatch) {
  auto lease = set_.Open(Loopback(), {});
  Taker taker;
  Acceptor acceptor(loop_, **lease, 0, taker, stats::Counter());
  taker.on_accepted = [&] {
    if (taker.taken.size() == 3) acceptor.Pause();
  };
  ASSERT_TRUE(acceptor.Start());
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(Dial((*lease)->local()));
  Settle();
  EXPECT_EQ(taker.taken.size(), 3u);
  taker.on_accepted = nullptr;
  acceptor.Resume();
  Until([&] { return taker.taken.size() == 20; });
}

TEST_F(ListenTest, OutOfDescriptorsPausesCountsAndGoesOn) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer of object types needs a pipe of its own for each check";
#endif
  ManualClock clock;
  EventLoop loop(clock);
  auto turn = [&] {
    for (int i = 0; i < 5; ++i) loop.RunOnce(Duration::zero());
  };
  stats::Cell cell = 0;
  auto lease = set_.Open(Loopback(), {});
  Taker taker;
  Acceptor acceptor(loop, **lease, 0, taker, stats::Counter(&cell));
  ASSERT_TRUE(acceptor.Start());
  UniqueFd client = Dial((*lease)->local());
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(client.get()) + 1;  // nothing free below
  std::vector<UniqueFd> fillers;
  ::setrlimit(RLIMIT_NOFILE, &tight);
  for (int fd; (fd = ::dup(client.get())) >= 0;) fillers.emplace_back(fd);
  turn();
  EXPECT_EQ(taker.taken.size(), 0u);
  EXPECT_EQ(cell.load(), 1u);  // once, not once a turn
  ::setrlimit(RLIMIT_NOFILE, &before);
  turn();
  EXPECT_EQ(taker.taken.size(), 0u);
  clock.Advance(std::chrono::seconds(1));
  turn();
  EXPECT_EQ(taker.taken.size(), 1u);
}

TEST_F(ListenTest, StoppedListenerResetsNobodyWhoWasQueued) {
  auto lease = set_.Open(Loopback(), {.workers = 2});
  Address at = (*lease)->local();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 40; ++i) clients.push_back(Dial(at));
  (*lease)->StopArrivals();
  // A newcomer gets no answer now: neither connected nor refused.
  UniqueFd late(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::connect(late.get(), at.raw(), at.raw_size()), -1);
  EXPECT_EQ(errno, EINPROGRESS);
  Taker taker;
  for (size_t worker = 0; worker < 2; ++worker) {
    Acceptor acceptor(loop_, **lease, worker, taker, stats::Counter());
    ASSERT_TRUE(acceptor.Start());
    acceptor.Drain();
  }
  lease->Release();
  EXPECT_EQ(taker.taken.size(), clients.size());
  for (auto& one : taker.taken) ASSERT_EQ(::send(one.fd.get(), "ok", 2, MSG_NOSIGNAL), 2);
  for (auto& client : clients) EXPECT_EQ(Take(client), "ok");
}

TEST_F(ListenTest, PortInUseNamesItsHolder) {
  auto lease = set_.Open(Loopback(), {.reuse_port = false});
  auto failed = set_.Open((*lease)->local(), {.reuse_port = false, .backlog = 5});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kAddressInUse);
  std::string words = failed.error().ToString();
  EXPECT_NE(words.find((*lease)->local().ToString()), std::string::npos) << words;
  EXPECT_NE(words.find("pid " + std::to_string(::getpid())), std::string::npos) << words;
}

TEST_F(ListenTest, AddressOfNobodyIsExplainedAndFreebindTakesIt) {
  Address elsewhere = *Address::FromIp("192.0.2.77", 0);
  auto failed = set_.Open(elsewhere, {});
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().detail.find("freebind"), std::string::npos);
  auto lease = set_.Open(elsewhere, {.freebind = true});
  EXPECT_TRUE(lease) << lease.error().ToString();
}

TEST_F(ListenTest, OptionsOfEveryPhaseAreSetAndErrorsNameThem) {
  using Phase = SocketOption::Phase;
  ListenOptions options;
  options.tuning.options = {SocketOption::FromInt(SOL_SOCKET, SO_RCVBUF, 50'000),
                            SocketOption::FromInt(SOL_SOCKET, SO_SNDBUF, 60'000, Phase::kBound),
                            SocketOption::FromInt(SOL_SOCKET, SO_PRIORITY, 3, Phase::kListening)};
  auto lease = set_.Open(Loopback(), options);
  ASSERT_TRUE(lease);
  int value = 0;
  socklen_t size = sizeof(value);
  ::getsockopt((*lease)->fd(0), SOL_SOCKET, SO_RCVBUF, &value, &size);
  EXPECT_EQ(value, 100'000);
  ::getsockopt((*lease)->fd(0), SOL_SOCKET, SO_PRIORITY, &value, &size);
  EXPECT_EQ(value, 3);
  options.tuning.options = {SocketOption::FromInt(12'345, 7, 1)};
  auto failed = set_.Open(Loopback(), options);
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().detail.find("level 12345, name 7"), std::string::npos);
}

TEST_F(ListenTest, V6OnlyUnlessIpv4CompatIsOn) {
  Address any6 = *Address::FromIp("::", 0);
  auto strict = set_.Open(any6, {});
  if (!strict) GTEST_SKIP() << strict.error().ToString();
  EXPECT_FALSE(Dial(Address::V4(INADDR_LOOPBACK, (*strict)->local().port())).valid());
  auto both = set_.Open(any6, {.ipv4_compat = true});
  ASSERT_TRUE(both);
  Taker taker;
  Acceptor acceptor(loop_, **both, 0, taker, stats::Counter());
  ASSERT_TRUE(acceptor.Start());
  UniqueFd client = Dial(Address::V4(INADDR_LOOPBACK, (*both)->local().port()));
  ASSERT_TRUE(client.valid());
  Until([&] { return taker.taken.size() == 1; });
  EXPECT_EQ(taker.taken[0].local.family(), Address::Family::kNone);  // wildcard: ask the kernel
  EXPECT_EQ(LocalAddressOf(taker.taken[0].fd.get()).Unmapped().Ip(), "127.0.0.1");
}

TEST_F(ListenTest, UnixSocketsAreSharedHaveTheirModeAndCleanUp) {
  auto lease = set_.Open(Path("s"), {.workers = 4, .unix_mode = 0640});
  ASSERT_TRUE(lease);
  EXPECT_TRUE((*lease)->shared());
  EXPECT_EQ((*lease)->fd(0), (*lease)->fd(3));
  struct stat info{};
  ASSERT_EQ(::stat((dir_ / "s").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
  Taker taker;
  {
    // Two workers' loops on one descriptor.
    EventLoop other;
    Acceptor one(loop_, **lease, 0, taker, stats::Counter());
    Acceptor two(other, **lease, 1, taker, stats::Counter());
    ASSERT_TRUE(one.Start());
    ASSERT_TRUE(two.Start());
    UniqueFd client = Dial(Path("s"));
    Until([&] {
      other.RunOnce(Duration::zero());
      return taker.taken.size() == 1;
    });
  }
  lease->Release();
  EXPECT_FALSE(fs::exists(dir_ / "s"));
}

TEST_F(ListenTest, StaleSocketFileIsReplacedAndALivingOneIsNot) {
  {
    UniqueFd dead(::socket(AF_UNIX, SOCK_STREAM, 0));
    Address at = Path("s");
    ASSERT_EQ(::bind(dead.get(), at.raw(), at.raw_size()), 0);
  }
  ASSERT_TRUE(fs::exists(dir_ / "s"));
  auto lease = set_.Open(Path("s"), {});
  ASSERT_TRUE(lease) << lease.error().ToString();
  auto second = set_.Open(Path("s"), {.backlog = 3});
  EXPECT_FALSE(second);
  EXPECT_TRUE(Dial(Path("s")).valid());
  std::ofstream(dir_ / "file") << "precious";
  EXPECT_FALSE(set_.Open(Path("file"), {}));
  EXPECT_TRUE(fs::exists(dir_ / "file"));
}

TEST_F(ListenTest, AbstractSockets) {
  Address at = *Address::FromUnixPath("@sluice-test-" + std::to_string(::getpid()));
  auto lease = set_.Open(at, {});
  ASSERT_TRUE(lease);
  EXPECT_TRUE(Dial(at).valid());
}

TEST_F(ListenTest, AcceptedSocketMayBeHandedToAnotherWorker) {
  auto lease = set_.Open(Loopback(), {});
  EventLoop other;
  Recorder events;
  std::unique_ptr<Connection> connection;
  struct Forward final : AcceptorEvents {
    void OnAccepted(AcceptedSocket socket) override { forward(std::move(socket)); }
    std::function<void(AcceptedSocket)> forward;
  } forward;
  forward.forward = [&](AcceptedSocket socket) {
    other.Post([&, socket = std::move(socket)]() mutable {
      connection = std::make_unique<Connection>(other, socket.fd.Release(), socket.local,
                                                socket.remote, MakeRawTransport());
      connection->SetEvents(&events);
      events.on_bytes = [&](ByteChain& in, bool) {
        connection->output().Append(std::move(in));
        connection->Flush();
      };
      events.on_closed = [&] { other.Stop(); };
      connection->StartReading();
    });
  };
  Acceptor acceptor(loop_, **lease, 0, forward, stats::Counter());
  ASSERT_TRUE(acceptor.Start());
  std::thread worker([&] {
    other.Run();
    connection.reset();
  });
  UniqueFd client = Dial((*lease)->local());
  Send(client, "ping");
  std::string got;
  Until([&] { return (got += Take(client).value_or("")) == "ping"; });
  SendReset(client);
  worker.join();
}

}  // namespace
}  // namespace sluice::net
