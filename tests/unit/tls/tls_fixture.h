// Two connections over loopback, each with a TLS transport made from YAML as the server would.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "factories.h"
#include "sluice/event/loop.h"
#include "sluice/net/acceptor.h"
#include "sluice/net/connection.h"
#include "sluice/net/unique_fd.h"
#include "sluice/stats/store.h"
#include "sluice/stream/tls_info.h"
#include "support/certificates.h"
#include "support/parse_config.h"

namespace sluice::tls {

struct Peer : net::ConnectionEvents {
  // net::ConnectionEvents
  void OnConnected() override { connected = true; }
  void OnBytes(ByteChain& in, bool end) override {
    ended |= end;
    if (hold) return connection->PauseReading();
    received += in.ToString();
    in.Drain(in.size());
  }
  void OnClosed(const net::CloseInfo& info) override {
    closed = true;
    kind = info.kind;
    if (info.error != nullptr) error = *info.error;
  }

  void Send(std::string_view bytes) {
    connection->output().Append(bytes);
    connection->Flush();
  }
  std::string Tls(stream::TlsField field) const {
    std::string out;
    if (const auto* info = connection->transport().tls_info()) info->Append(field, out);
    return out;
  }

  std::unique_ptr<net::Connection> connection;
  std::string received;
  Error error;
  net::CloseKind kind = net::CloseKind::kOrderly;
  bool connected = false;
  bool ended = false;
  bool closed = false;
  bool hold = false;  // leave what comes where it is
};

class TlsTest : public testing::Test {
 protected:
  using FactoryPtr = std::shared_ptr<const net::TransportFactory>;

  // A factory from the YAML of a context; null with the problems in problems_ when it is refused.
  template <typename Config, typename Extension>
  FactoryPtr Make(const std::string& yaml, const std::string& prefix) {
    config::Problems problems;
    auto config = std::make_shared<Config>();
    FactoryPtr made;
    if (test::ParseInto(*config, problems, yaml)) {
      static const Extension extension;
      net::TransportLoadContext load{problems, loop_, store_, prefix};
      made = extension.Make(config::TypedConfig(&extension, config, {}), load);
    }
    problems_ = problems.Text();
    made_.push_back(made);  // it must outlive its sockets
    return made;
  }
  FactoryPtr Server(const std::string& yaml) {
    return Make<DownstreamTlsConfig, DownstreamTlsExtension>(yaml, "listener.front");
  }
  FactoryPtr Client(const std::string& yaml) {
    return Make<UpstreamTlsConfig, UpstreamTlsExtension>(yaml, "cluster.app");
  }
  static std::string CertificateYaml(const test::TestCertificate& certificate) {
    return "{certificate_chain: {inline_string: " + test::Quoted(certificate.Pem()) +
           "}, private_key: {inline_string: " + test::Quoted(certificate.KeyPem()) + "}}";
  }
  static std::string ServerYaml(const test::TestCertificate& certificate,
                                const std::string& common = {}, const std::string& more = {}) {
    return "common_tls_context: {tls_certificates: [" + CertificateYaml(certificate) + "]" +
           (common.empty() ? "" : ", " + common) + "}\n" + more;
  }
  static std::string CaYaml(const test::TestCertificate& ca, const std::string& more = {}) {
    return "validation_context: {trusted_ca: {inline_string: " + test::Quoted(ca.Pem()) + "}" +
           (more.empty() ? "" : ", " + more) + "}";
  }

  // Connects a client to a server and lets both go on until one of them has ended or both are open.
  void Connect(const FactoryPtr& server, const FactoryPtr& client,
               net::TransportOptions options = {}) {
    ASSERT_NE(server, nullptr) << problems_;
    ASSERT_NE(client, nullptr) << problems_;
    net::UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const net::Address any = net::Address::V4(INADDR_LOOPBACK, 0);
    ASSERT_EQ(::bind(listener.get(), any.raw(), any.raw_size()), 0);
    ASSERT_EQ(::listen(listener.get(), 1), 0);
    peer_ = net::Address::V4(INADDR_LOOPBACK, 443);
    options.peer = &peer_;
    client_ = std::make_unique<Peer>();
    server_ = std::make_unique<Peer>();
    client_->connection = std::make_unique<net::Connection>(loop_, client->Create(options));
    client_->connection->SetEvents(client_.get());
    client_->connection->Connect(net::LocalAddressOf(listener.get()), nullptr, {});
    net::UniqueFd accepted(
        ::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    ASSERT_TRUE(accepted.valid());
    server_->connection = std::make_unique<net::Connection>(
        loop_, accepted.Release(), net::Address(), net::Address(), server->Create({}));
    server_->connection->SetEvents(server_.get());
    server_->connection->StartReading();
    Until([this] {
      return client_->closed || server_->closed || (client_->connected && server_->connected);
    });
  }
  void Until(const std::function<bool()>& done) {
    const MonoTime end = Clock::Real().Mono() + std::chrono::seconds(10);
    while (!done()) {
      ASSERT_LT(Clock::Real().Mono(), end) << "nothing happened in time";
      loop_.RunOnce(std::chrono::milliseconds(1));
    }
  }
  void Settle() {
    for (int i = 0; i < 20; ++i) loop_.RunOnce(Duration::zero());
  }
  uint64_t Counter(const std::string& name) const { return store_.CounterValue(name); }

  EventLoop loop_;
  stats::Store store_{1};
  net::Address peer_;
  std::string problems_;
  std::vector<FactoryPtr> made_;
  std::unique_ptr<Peer> client_;
  std::unique_ptr<Peer> server_;
};

}  // namespace sluice::tls
