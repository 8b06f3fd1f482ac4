#include <string>

#include "sluice/tls/memory.h"
#include "tls_fixture.h"

namespace sluice::tls {
namespace {

using stream::TlsField;
using test::TestCertificate;

class TlsSocketTest : public TlsTest {
 protected:
  const TestCertificate ca_{{.common_name = "ca", .ca = true}};
  const TestCertificate leaf_{{.common_name = "a.test", .alt_names = "DNS:a.test"}, &ca_};
};

std::string Bytes(size_t size) {
  std::string bytes(size, '\0');
  uint32_t state = 1;
  for (char& c : bytes) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return bytes;
}

TEST_F(TlsSocketTest, BytesGoBothWays) {
  Connect(Server(ServerYaml(leaf_)), Client("{}"));
  client_->Send("hello");
  Until([this] { return server_->received == "hello"; });
  server_->Send("world");
  Until([this] { return client_->received == "world"; });
  EXPECT_EQ(client_->Tls(TlsField::kVersion), "TLSv1.3");
  EXPECT_EQ(client_->Tls(TlsField::kPeerSubject), "CN=a.test");
  EXPECT_EQ(Counter("listener.front.ssl.handshake"), 1);
  EXPECT_EQ(Counter("listener.front.ssl.versions.TLSv1.3"), 1);
  EXPECT_EQ(Counter("listener.front.ssl.ciphers.TLS_AES_128_GCM_SHA256"), 1);
  EXPECT_EQ(Counter("listener.front.ssl.curves.X25519"), 1);
  EXPECT_EQ(Counter("cluster.app.ssl.sigalgs.ecdsa_secp256r1_sha256"), 1);
  EXPECT_EQ(Counter("listener.front.ssl.no_certificate"), 1);
}

TEST_F(TlsSocketTest, BulkArrivesWholeThoughWritesAreCutShort) {
  Connect(Server(ServerYaml(leaf_)), Client("{}"));
  const std::string bulk = Bytes(5'000'000);
  server_->connection->SetBufferLimit(64 * 1024);
  client_->connection->PauseReading();
  server_->Send(bulk);  // fills the socket's buffers: the rest has to wait
  Settle();
  EXPECT_FALSE(server_->connection->output().empty());
  client_->connection->ResumeReading();
  Until([&] { return client_->received.size() == bulk.size(); });
  EXPECT_EQ(client_->received, bulk);
}

// More sessions than keep their record buffers, each stopped in the middle of a record.
TEST_F(TlsSocketTest, RecordReadInPartOutlivesManyOthers) {
  const auto server = Server(ServerYaml(leaf_));
  const auto client = Client("{}");
  std::vector<std::pair<std::unique_ptr<Peer>, std::unique_ptr<Peer>>> all;
  const std::string record = Bytes(16'000);
  for (int i = 0; i < 100; ++i) {
    Connect(server, client);
    client_->connection->SetBufferLimit(1000);
    client_->hold = true;
    server_->Send(record);
    Until([this] { return client_->connection->input().size() >= 1000; });
    all.emplace_back(std::move(client_), std::move(server_));
  }
  for (auto& [reader, writer] : all) {
    reader->hold = false;
    reader->connection->ResumeReading();
    Until([&] { return reader->received.size() == record.size(); });
    EXPECT_EQ(reader->received, record);
  }
}

// OpenSSL takes another allocator only before its first use.
const bool resting_memory = UseRestingMemory();

TEST_F(TlsSocketTest, SessionsThatWereQuietGoOn) {
  ASSERT_TRUE(resting_memory);
  for (const char* version : {"TLSv1_2", "TLSv1_3"}) {
    const std::string params = std::string("tls_params: {tls_minimum_protocol_version: ") +
                               version + ", tls_maximum_protocol_version: " + version + "}";
    Connect(Server(ServerYaml(leaf_, params)), Client("{}"));
    const auto rest = [this] {
      client_->connection->transport().OnQuiet();
      server_->connection->transport().OnQuiet();
    };
    for (int i = 0; i < 20; ++i) {
      rest();
      const std::string bytes = Bytes(size_t{1000} * static_cast<size_t>(i) + 1);
      client_->received.clear();
      server_->received.clear();
      client_->Send(bytes);
      Until([&] { return server_->received == bytes; });
      rest();
      server_->Send(bytes);
      Until([&] { return client_->received == bytes; });
    }
    rest();
    EXPECT_EQ(server_->Tls(TlsField::kVersion),
              version == std::string_view("TLSv1_2") ? "TLSv1.2" : "TLSv1.3");
    rest();
    client_->connection->EndOutput();
    Until([this] { return server_->ended; });
    rest();
    client_.reset();
    server_.reset();
  }
}

TEST_F(TlsSocketTest, SmallPiecesBecomeOneRecord) {
  Connect(Server(ServerYaml(leaf_)), Client("{}"));
  ByteChain& out = server_->connection->output();
  std::string all;
  for (int i = 0; i < 40; ++i) {
    const std::string piece = Bytes(static_cast<size_t>(700 + i * 37));
    out.Append(SlabPool::Copy(piece));
    all += piece;
  }
  server_->connection->Flush();
  Until([&] { return client_->received.size() == all.size(); });
  EXPECT_EQ(client_->received, all);
}

TEST_F(TlsSocketTest, CloseNotifyEndsEachDirectionByItself) {
  Connect(Server(ServerYaml(leaf_)), Client("{}"));
  client_->Send("last words");
  client_->connection->EndOutput();
  Until([this] { return server_->ended; });
  EXPECT_EQ(server_->received, "last words");
  EXPECT_FALSE(server_->closed);
  server_->Send("still here");
  server_->connection->EndOutput();
  Until([this] { return client_->closed && server_->closed; });
  EXPECT_EQ(client_->received, "still here");
  EXPECT_TRUE(client_->ended);
  EXPECT_EQ(client_->kind, net::CloseKind::kOrderly);
}

TEST_F(TlsSocketTest, EndWithoutCloseNotifyIsAnError) {
  Connect(Server(ServerYaml(leaf_)), Client("{}"));
  server_->Send("half of it");
  Until([this] { return client_->received == "half of it"; });
  ::shutdown(server_->connection->fd(), SHUT_WR);
  Until([this] { return client_->closed; });
  EXPECT_FALSE(client_->ended);
  EXPECT_EQ(client_->kind, net::CloseKind::kFailed);
  EXPECT_EQ(client_->error.code, ErrorCode::kConnectionClosed);
  EXPECT_THAT(client_->error.detail, testing::HasSubstr("close_notify"));
}

TEST_F(TlsSocketTest, AlpnIsChosenInOurOrder) {
  Connect(Server(ServerYaml(leaf_, "alpn_protocols: [\"h2,http/1.1\"]")),
          Client("common_tls_context: {alpn_protocols: [http/1.1, h2]}"));
  EXPECT_EQ(client_->connection->transport().alpn(), "h2");
  EXPECT_EQ(server_->connection->transport().alpn(), "h2");
}

TEST_F(TlsSocketTest, WithoutACommonAlpnTheHandshakeGoesOn) {
  Connect(Server(ServerYaml(leaf_, "alpn_protocols: [h2]")), Client("{}"), {.alpn = "other"});
  EXPECT_TRUE(client_->connected);
  EXPECT_EQ(client_->connection->transport().alpn(), "");
}

TEST_F(TlsSocketTest, BytesReadBeforeGoIntoTheHandshake) {
  const auto server = Server(ServerYaml(leaf_));
  // The client's first flight is read raw, as listener filters do.
  const auto client = Client("{}");
  Connect(server, client);
  Peer raw;
  auto pair = std::pair<int, int>();
  int fds[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
  pair = {fds[0], fds[1]};
  raw.connection = std::make_unique<net::Connection>(loop_, pair.first, net::Address(),
                                                     net::Address(), net::MakeRawTransport());
  raw.connection->SetEvents(&raw);
  Peer peer;
  peer.connection = std::make_unique<net::Connection>(loop_, pair.second, net::Address(),
                                                      net::Address(), client->Create({}));
  peer.connection->SetEvents(&peer);
  peer.connection->StartReading();
  Settle();
  char hello[4096];
  const ssize_t n = ::recv(pair.first, hello, sizeof(hello), 0);
  ASSERT_GT(n, 0);
  raw.connection->input().Append(std::string_view(hello, static_cast<size_t>(n)));
  raw.connection->ReplaceTransport(server->Create({}));
  raw.connection->StartReading();
  Until([&] { return raw.connected && peer.connected; });
  peer.Send("through");
  Until([&] { return raw.received == "through"; });
}

TEST_F(TlsSocketTest, SessionsAreResumedOnceTheyAreKnown) {
  const auto server = Server(ServerYaml(leaf_));
  const auto client = Client("sni: a.test");
  for (int i = 0; i < 3; ++i) {
    Connect(server, client);
    server_->Send("x");
    Until([this] { return client_->received == "x"; });  // the tickets have come before it
    client_->connection->Close();
  }
  EXPECT_EQ(Counter("cluster.app.ssl.session_reused"), 2);
  EXPECT_EQ(Counter("listener.front.ssl.session_reused"), 2);
}

TEST_F(TlsSocketTest, NoSessionsAreResumedWhereThatIsOff) {
  const std::string server_yaml = ServerYaml(leaf_, {},
                                             "disable_stateless_session_resumption: true\n"
                                             "disable_stateful_session_resumption: true");
  const auto server = Server(server_yaml);
  const auto client = Client("{}");
  const auto forgetful = Client("max_session_keys: 0");
  const auto tickets = Server(ServerYaml(leaf_));
  for (int i = 0; i < 4; ++i) {
    Connect(i < 2 ? server : tickets, i < 2 ? client : forgetful);
    server_->Send("x");
    Until([this] { return client_->received == "x"; });
    client_->connection->Close();
  }
  EXPECT_EQ(Counter("cluster.app.ssl.session_reused"), 0);
}

TEST_F(TlsSocketTest, WithoutTicketsTheServerRemembers) {
  const auto server = Server(ServerYaml(leaf_, {}, "disable_stateless_session_resumption: true"));
  const auto client =
      Client("common_tls_context: {tls_params: {tls_maximum_protocol_version: TLSv1_2}}");
  for (int i = 0; i < 3; ++i) {
    Connect(server, client);
    server_->Send("x");
    Until([this] { return client_->received == "x"; });
    client_->connection->Close();
    Until([this] { return server_->ended || server_->closed; });
  }
  EXPECT_EQ(Counter("listener.front.ssl.session_reused"), 2);
}

TEST_F(TlsSocketTest, WhatIsNotTlsIsAnErrorInWords) {
  const auto server = Server(ServerYaml(leaf_));
  Connect(server, Client("common_tls_context: {tls_params: {cipher_suites: [AES128-SHA], "
                         "tls_maximum_protocol_version: TLSv1_2}}"));
  Until([this] { return server_->closed && client_->closed; });
  EXPECT_EQ(server_->kind, net::CloseKind::kFailed);
  EXPECT_EQ(server_->error.code, ErrorCode::kTransportSocket);
  EXPECT_THAT(server_->error.detail, testing::HasSubstr("no shared cipher"));
  EXPECT_THAT(client_->error.detail, testing::HasSubstr("TLS_error:|"));
  EXPECT_EQ(client_->error.retry, Retry::kYes);
  EXPECT_EQ(Counter("listener.front.ssl.connection_error"), 1);
  EXPECT_EQ(Counter("cluster.app.ssl.connection_error"), 1);
}

}  // namespace
}  // namespace sluice::tls
