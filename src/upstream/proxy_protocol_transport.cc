#include "proxy_protocol_transport.h"

#include <cerrno>
#include <utility>

#include <sys/socket.h>

#include "sluice/config/categories.h"
#include "sluice/config/schema.h"
#include "sluice/upstream/proxy_header.h"

namespace sluice::upstream {

using config::Field;
using config::Message;
using config::Unimplemented;

const Message& ProxyProtocolConfig::Schema() {
  using C = ProxyProtocolConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport",
          "A PROXY header before everything else.",
          {Field("config", &C::config, "The header."),
           Field("transport_socket", &C::transport_socket, "What speaks after it.")
               .Category(config::kUpstreamTransportSockets)
               .Required(),
           Unimplemented("allow_unspecified_address", "UNKNOWN is said where there is none"),
           Unimplemented("tlv_as_pool_key", "connections are never shared by several clients")})
          .RecordWhere(&C::where);
  return message;
}

namespace {

class ProxyProtocolSocket final : public net::TransportSocket {
 public:
  ProxyProtocolSocket(std::unique_ptr<net::TransportSocket> inside, std::string header)
      : inside_(std::move(inside)), header_(std::move(header)) {}

  // net::TransportSocket
  void Preload(ByteChain&& bytes) override { inside_->Preload(std::move(bytes)); }
  void Start(int fd) override { fd_ = fd; }
  bool handshake_done() const override { return started_ && inside_->handshake_done(); }
  net::IoResult ContinueHandshake() override;
  net::IoResult Read(ByteChain& into, size_t budget) override {
    return inside_->Read(into, budget);
  }
  net::IoResult Write(ByteChain& from) override { return inside_->Write(from); }
  net::IoResult ShutdownWrite() override { return inside_->ShutdownWrite(); }
  void OnQuiet() override { inside_->OnQuiet(); }
  bool is_raw() const override { return started_ && inside_->is_raw(); }
  bool writes_raw() const override { return started_ && inside_->writes_raw(); }
  std::string_view alpn() const override { return inside_->alpn(); }
  const stream::TlsInfo* tls_info() const override { return inside_->tls_info(); }
  const Error& error() const override { return started_ ? inside_->error() : error_; }

 private:
  std::unique_ptr<net::TransportSocket> inside_;
  std::string header_;
  size_t sent_ = 0;
  int fd_ = -1;
  bool started_ = false;
  Error error_;
};

net::IoResult ProxyProtocolSocket::ContinueHandshake() {
  if (started_) return inside_->ContinueHandshake();
  while (sent_ < header_.size()) {
    const ssize_t put = ::send(fd_, header_.data() + sent_, header_.size() - sent_, MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      return {net::IoState::kDrained, 0};
    }
    if (put < 0) {
      error_ = FailErrno(Origin::kUpstream, "sending the PROXY header", errno).error();
      return {net::IoState::kFailed, 0};
    }
    sent_ += static_cast<size_t>(put);
  }
  started_ = true;
  inside_->Start(fd_);
  return {net::IoState::kMore, 0};
}

class ProxyProtocolFactory final : public net::TransportFactory {
 public:
  ProxyProtocolFactory(config::ProxyHeaderConfig config,
                       std::shared_ptr<const net::TransportFactory> inside)
      : config_(std::move(config)), inside_(std::move(inside)) {}

  // net::TransportFactory
  std::unique_ptr<net::TransportSocket> Create(
      const net::TransportOptions& options) const override {
    return std::make_unique<ProxyProtocolSocket>(
        inside_->Create(options),
        MakeProxyHeader(config_, options.proxied_source, options.proxied_destination,
                        options.proxied_tlvs));
  }
  std::string_view name() const override { return "upstream_proxy_protocol"; }
  bool is_tls() const override { return inside_->is_tls(); }
  bool tells_downstream() const override { return true; }
  void AddCertificates(std::vector<net::CertificateSet>& out) const override {
    inside_->AddCertificates(out);
  }

 private:
  config::ProxyHeaderConfig config_;
  std::shared_ptr<const net::TransportFactory> inside_;
};

}  // namespace

ProxyProtocolExtension::ProxyProtocolExtension()
    : TransportExtension(
          config::kUpstreamTransportSockets,
          "envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport",
          &ProxyProtocolConfig::Schema) {}

std::shared_ptr<const net::TransportFactory> ProxyProtocolExtension::Make(
    const config::TypedConfig& config, net::TransportLoadContext& ctx) const {
  const auto& own = *config.As<ProxyProtocolConfig>();
  const config::TypedConfig& inside = own.transport_socket.typed_config;
  if (!inside) return nullptr;
  auto factory = inside.Factory<net::TransportExtension>().Make(inside, ctx);
  if (factory == nullptr) return nullptr;
  return std::make_shared<ProxyProtocolFactory>(own.config, std::move(factory));
}

}  // namespace sluice::upstream
