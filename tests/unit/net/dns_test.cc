#include "sluice/net/dns.h"

#include <cstdlib>
#include <thread>

#include "net_fixture.h"
#include "support/dns_server.h"

namespace sluice::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class DnsTest : public NetTest {
 protected:
  void SetUp() override {
    server_.records["both.test"] = {{"10.0.0.1", 30}, {"10.0.0.2", 60}, {"2001:db8::1", 20}};
    server_.records["four.test"] = {{"10.0.0.4", 300}};
    server_.records["six.test"] = {{"2001:db8::6", 7}};
    server_.records["svc.cluster.local"] = {{"10.9.9.9", 5}};
  }
  std::unique_ptr<DnsResolver> Make(DnsOptions options = {}) {
    if (options.servers.empty()) options.servers = {server_.address()};
    options.no_search = options.no_search || !search_;
    auto made = MakeDnsResolver(loop_, options);
    EXPECT_TRUE(made) << made.error().ToString();
    return std::move(*made);
  }
  Result<DnsAnswer> Ask(DnsResolver& resolver, std::string_view name, DnsFamily family) {
    std::optional<Result<DnsAnswer>> got;
    auto query = resolver.Resolve(name, family, [&](Result<DnsAnswer> answer) {
      EXPECT_FALSE(got);
      got = std::move(answer);
    });
    EXPECT_FALSE(got);  // never from inside the call
    Until([&] { return got.has_value(); });
    return *got;
  }
  static std::string Words(const Result<DnsAnswer>& answer) {
    if (!answer) return "error: " + answer.error().ToString();
    std::string words;
    for (const Address& address : answer->addresses) words += address.Ip() + " ";
    return words + std::to_string(std::chrono::duration_cast<seconds>(answer->ttl).count());
  }

  DnsServer server_{loop_};
  bool search_ = false;
};

TEST_F(DnsTest, FamiliesAndTtls) {
  auto resolver = Make();
  struct Case {
    const char* name;
    DnsFamily family;
    const char* want;
  };
  const Case cases[] = {
      {"both.test", DnsFamily::kAuto, "2001:db8::1 20"},
      {"both.test", DnsFamily::kV4Only, "10.0.0.1 10.0.0.2 30"},
      {"both.test", DnsFamily::kV6Only, "2001:db8::1 20"},
      {"both.test", DnsFamily::kV4Preferred, "10.0.0.1 10.0.0.2 30"},
      {"both.test", DnsFamily::kAll, "2001:db8::1 10.0.0.1 10.0.0.2 20"},
      {"four.test", DnsFamily::kAuto, "10.0.0.4 300"},
      {"four.test", DnsFamily::kV6Only, "0"},
      {"four.test", DnsFamily::kAll, "10.0.0.4 300"},
      {"six.test", DnsFamily::kV4Preferred, "2001:db8::6 7"},
      {"nobody.test", DnsFamily::kAuto, "0"},
      {"10.1.2.3", DnsFamily::kAuto, "10.1.2.3 0"},
      {"::1", DnsFamily::kV4Only, "::1 0"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(Words(Ask(*resolver, one.name, one.family)), one.want)
        << one.name << " " << static_cast<int>(one.family);
  }
}

TEST_F(DnsTest, AliasesCountInTheTtl) {
  server_.aliases["www.test"] = {"four.test", 3};
  auto resolver = Make();
  EXPECT_EQ(Words(Ask(*resolver, "www.test", DnsFamily::kV4Only)), "10.0.0.4 3");
}

TEST_F(DnsTest, HostsFileAnswersWithoutTheServer) {
  auto resolver = Make();
  auto answer = Ask(*resolver, "localhost", DnsFamily::kV4Only);
  ASSERT_TRUE(answer);
  ASSERT_FALSE(answer->addresses.empty());
  EXPECT_EQ(answer->addresses[0].Ip(), "127.0.0.1");
  EXPECT_TRUE(server_.asked.empty());
}

TEST_F(DnsTest, SearchDomainsAreTriedUnlessSwitchedOff) {
  ::setenv("LOCALDOMAIN", "cluster.local", 1);
  search_ = true;
  auto searching = Make();
  auto plain = Make({.no_search = true});
  ::unsetenv("LOCALDOMAIN");
  EXPECT_EQ(Words(Ask(*searching, "svc", DnsFamily::kV4Only)), "10.9.9.9 5");
  EXPECT_EQ(Words(Ask(*plain, "svc", DnsFamily::kV4Only)), "0");
}

TEST_F(DnsTest, SilentServerTimesOutAfterItsTries) {
  server_.mood = DnsServer::Mood::kSilent;
  auto resolver = Make({.timeout = milliseconds(20), .tries = 2});
  auto answer = Ask(*resolver, "four.test", DnsFamily::kV4Only);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kTimeout);
  EXPECT_NE(answer.error().detail.find("four.test"), std::string::npos);
  EXPECT_EQ(server_.asked.size(), 2u);
  server_.mood = DnsServer::Mood::kAnswer;
  EXPECT_EQ(Words(Ask(*resolver, "four.test", DnsFamily::kV4Only)), "10.0.0.4 300");
}

TEST_F(DnsTest, FailingServerIsAnErrorNotAnEmptyAnswer) {
  server_.mood = DnsServer::Mood::kServfail;
  auto resolver = Make({.timeout = milliseconds(50), .tries = 1});
  EXPECT_FALSE(Ask(*resolver, "four.test", DnsFamily::kV4Only));
}

TEST_F(DnsTest, SecondServerStepsIn) {
  DnsServer dead(loop_);
  dead.mood = DnsServer::Mood::kSilent;
  auto resolver =
      Make({.servers = {dead.address(), server_.address()}, .timeout = milliseconds(20)});
  EXPECT_EQ(Words(Ask(*resolver, "four.test", DnsFamily::kV4Only)), "10.0.0.4 300");
}

TEST_F(DnsTest, DroppedTicketIsNotCalled) {
  auto resolver = Make();
  int called = 0;
  auto count = [&](Result<DnsAnswer>) { ++called; };
  auto kept = resolver->Resolve("four.test", DnsFamily::kAuto, count);
  auto dropped = resolver->Resolve("both.test", DnsFamily::kAuto, count);
  auto literal = resolver->Resolve("1.2.3.4", DnsFamily::kAuto, count);
  dropped.reset();
  literal.reset();
  Until([&] { return called == 1; });
  Settle();
  EXPECT_EQ(called, 1);
}

TEST_F(DnsTest, TicketMayBeDroppedAndANewOneTakenInTheCallback) {
  auto resolver = Make();
  std::unique_ptr<DnsQuery> query;
  std::string words;
  query = resolver->Resolve("four.test", DnsFamily::kV4Only, [&](Result<DnsAnswer>) {
    query = resolver->Resolve("six.test", DnsFamily::kV6Only,
                              [&](Result<DnsAnswer> answer) { words = Words(answer); });
  });
  Until([&] { return !words.empty(); });
  EXPECT_EQ(words, "2001:db8::6 7");
}

TEST_F(DnsTest, ResolverThatGoesEndsItsQueries) {
  size_t descriptors = OpenDescriptors();
  server_.mood = DnsServer::Mood::kSilent;
  auto resolver = Make();
  std::optional<bool> failed;
  auto query = resolver->Resolve("four.test", DnsFamily::kAuto,
                                 [&](Result<DnsAnswer> answer) { failed = !answer; });
  Settle();
  EXPECT_GT(OpenDescriptors(), descriptors);
  resolver.reset();
  Until([&] { return failed.has_value(); });
  EXPECT_TRUE(*failed);
  EXPECT_EQ(OpenDescriptors(), descriptors);
}

TEST_F(DnsTest, AsksOverTcp) {
  UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  Address any = Address::V4(INADDR_LOOPBACK, 0);
  ASSERT_EQ(::bind(listener.get(), any.raw(), any.raw_size()), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  std::thread serving([&] {
    UniqueFd fd(::accept(listener.get(), nullptr, nullptr));
    std::string got;
    char part[512];
    while (got.size() < 2 || got.size() < 2 + static_cast<size_t>(got[1])) {
      ssize_t n = ::recv(fd.get(), part, sizeof(part), 0);
      if (n <= 0) return;
      got.append(part, static_cast<size_t>(n));
    }
    std::string reply = server_.Reply(std::string_view(got).substr(2));
    reply.insert(0, {static_cast<char>(reply.size() >> 8), static_cast<char>(reply.size())});
    for (char c : reply) Send(fd, {&c, 1});  // in pieces
  });
  auto resolver = Make({.servers = {LocalAddressOf(listener.get())}, .use_tcp = true});
  EXPECT_EQ(Words(Ask(*resolver, "four.test", DnsFamily::kV4Only)), "10.0.0.4 300");
  serving.join();
}

TEST_F(DnsTest, ServerThatIsNoAddressIsRefused) {
  EXPECT_FALSE(MakeDnsResolver(loop_, {.servers = {*Address::FromUnixPath("/x")}}));
}

}  // namespace
}  // namespace sluice::net
