#include "proxy_protocol_transport.h"

#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <sys/socket.h>

#include "sluice/config/categories.h"
#include "sluice/config/context.h"
#include "sluice/config/schema.h"

namespace sluice::upstream {

using config::Field;
using config::Message;
using config::Unimplemented;

namespace {
constexpr size_t kMaxTlvBytes = 65535 - 36;  // the header's length has two bytes
}

const config::EnumTable& ConfigEnum(ProxyVersion) {
  static const config::EnumTable table("envoy.config.core.v3.ProxyProtocolConfig.Version",
                                       {{"V1", 0}, {"V2", 1}});
  return table;
}

const Message& TlvConfig::Schema() {
  using C = TlvConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.TlvEntry", "A type-length-value of the header.",
      {Field("type", &C::type, "Its type.").Max(255), Field("value", &C::value, "Its value."),
       Unimplemented("format_string", "give the value as it is")});
  return message;
}

const Message& ProxyHeaderConfig::Schema() {
  using C = ProxyHeaderConfig;
  static const auto message =
      Message::Of<C>("envoy.config.core.v3.ProxyProtocolConfig", "The PROXY header.",
                     {Field("version", &C::version, "V1 is text, V2 binary."),
                      Field("added_tlvs", &C::added_tlvs, "More for the header (V2)."),
                      Unimplemented("pass_through_tlvs", "TLVs of the client are not kept")});
  return message;
}

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
          .RecordWhere(&C::where)
          .Check(+[](const C& value, const config::Node& node, config::Context& ctx) {
            if (value.config.version == ProxyVersion::kV1 && !value.config.added_tlvs.empty()) {
              ctx.Fail(node, "added_tlvs need version: V2");
            }
            size_t bytes = 0;
            for (const TlvConfig& tlv : value.config.added_tlvs)
              bytes += tlv.value.value.size() + 3;
            if (bytes > kMaxTlvBytes) ctx.Fail(node, "added_tlvs do not fit into a header");
          });
  return message;
}

namespace {

bool GoTogether(const net::Address* source, const net::Address* destination) {
  return source != nullptr && destination != nullptr && source->is_ip() &&
         source->family() == destination->family();
}

std::string TextHeader(const net::Address* source, const net::Address* destination) {
  if (!GoTogether(source, destination)) return "PROXY UNKNOWN\r\n";
  return fmt::format("PROXY {} {} {} {} {}\r\n",
                     source->family() == net::Address::Family::kV4 ? "TCP4" : "TCP6", source->Ip(),
                     destination->Ip(), source->port(), destination->port());
}

void AppendNumber(std::string& out, size_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value & 0xff);
}

std::string BinaryHeader(const ProxyHeaderConfig& config, const net::Address* source,
                         const net::Address* destination) {
  using namespace std::string_literals;
  constexpr char kLocal = 0x20;
  constexpr char kProxy = 0x21;
  constexpr char kTcp4 = 0x11;
  constexpr char kTcp6 = 0x21;
  const bool known = GoTogether(source, destination);
  std::string body;
  if (known) {
    body += source->IpBytes();
    body += destination->IpBytes();
    AppendNumber(body, source->port());
    AppendNumber(body, destination->port());
  }
  for (const TlvConfig& tlv : config.added_tlvs) {
    body += static_cast<char>(tlv.type);
    AppendNumber(body, tlv.value.value.size());
    body += tlv.value.value;
  }
  std::string header = "\r\n\r\n\0\r\nQUIT\n"s;
  header += known ? kProxy : kLocal;
  header += !known ? '\0' : source->family() == net::Address::Family::kV4 ? kTcp4 : kTcp6;
  AppendNumber(header, body.size());
  return header + body;
}

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
  bool is_raw() const override { return started_ && inside_->is_raw(); }
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
  ProxyProtocolFactory(ProxyHeaderConfig config,
                       std::shared_ptr<const net::TransportFactory> inside)
      : config_(std::move(config)), inside_(std::move(inside)) {}

  // net::TransportFactory
  std::unique_ptr<net::TransportSocket> Create(
      const net::TransportOptions& options) const override {
    return std::make_unique<ProxyProtocolSocket>(
        inside_->Create(options),
        MakeProxyHeader(config_, options.proxied_source, options.proxied_destination));
  }
  std::string_view name() const override { return "upstream_proxy_protocol"; }
  bool is_tls() const override { return inside_->is_tls(); }
  bool tells_downstream() const override { return true; }
  void AddCertificates(std::vector<net::CertificateSet>& out) const override {
    inside_->AddCertificates(out);
  }

 private:
  ProxyHeaderConfig config_;
  std::shared_ptr<const net::TransportFactory> inside_;
};

}  // namespace

std::string MakeProxyHeader(const ProxyHeaderConfig& config, const net::Address* source,
                            const net::Address* destination) {
  return config.version == ProxyVersion::kV1 ? TextHeader(source, destination)
                                             : BinaryHeader(config, source, destination);
}

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
