#include "original_dst_filter.h"

#include <linux/netfilter_ipv4.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "sluice/config/schema.h"
#include "sluice/filters/extensions.h"

namespace sluice::filters::original_dst {
namespace {

// IP6T_SO_ORIGINAL_DST; its header does not go together with <netinet/in.h>.
constexpr int kIp6OriginalDst = 80;

class OriginalDstFilter final : public filter::ListenerFilter {
 public:
  // filter::ListenerFilter
  filter::ListenerStatus OnAccept(filter::ListenerFilterHost& host) override {
    net::Connection& connection = host.connection();
    sockaddr_storage found{};
    socklen_t size = sizeof found;
    const bool v6 = connection.remote().family() == net::Address::Family::kV6;
    if (::getsockopt(connection.fd(), v6 ? SOL_IPV6 : SOL_IP,
                     v6 ? kIp6OriginalDst : SO_ORIGINAL_DST, &found, &size) == 0) {
      const auto address =
          net::Address::FromSockaddr(reinterpret_cast<const sockaddr*>(&found), size);
      // The kernel also answers for connections that nothing redirected, or TPROXY did.
      if (address != connection.local()) {
        connection.SetLocal(address);
        host.accepted().local_address_restored = true;
        return filter::ListenerStatus::kContinue;
      }
    }
    // TPROXY leaves the address as it was.
    if (IsTransparent(connection.fd(), v6)) host.accepted().local_address_restored = true;
    return filter::ListenerStatus::kContinue;
  }

 private:
  static bool IsTransparent(int fd, bool v6) {
    int on = 0;
    socklen_t size = sizeof on;
    return ::getsockopt(fd, v6 ? SOL_IPV6 : SOL_IP, v6 ? IPV6_TRANSPARENT : IP_TRANSPARENT, &on,
                        &size) == 0 &&
           on != 0;
  }
};

class Worker final : public filter::ListenerFilterWorker {
 public:
  // filter::ListenerFilterWorker
  std::unique_ptr<filter::ListenerFilter> Create() override {
    return std::make_unique<OriginalDstFilter>();
  }
};

class Factory final : public filter::ListenerFilterFactory {
 public:
  static std::unique_ptr<filter::ListenerFilterFactory> Make(
      const std::shared_ptr<const OriginalDstConfig>& /*config*/, const config::Where& /*where*/,
      filter::LoadContext& /*ctx*/) {
    return std::make_unique<Factory>();
  }
  // filter::ListenerFilterFactory
  std::unique_ptr<filter::ListenerFilterWorker> MakeWorker(
      filter::WorkerContext& /*worker*/, const stats::Scope& /*listener*/) const override {
    return std::make_unique<Worker>();
  }
};

}  // namespace

const config::Message& OriginalDstConfig::Schema() {
  static const auto message = config::Message::Of<OriginalDstConfig>(
      "envoy.extensions.filters.listener.original_dst.v3.OriginalDst",
      "Finds where a redirected connection wanted to go.", {});
  return message;
}

filters::ExtensionPtr MakeExtension() {
  using Extension =
      filter::SimpleExtension<filter::ListenerFilterExtension, filter::ListenerFilterFactory,
                              OriginalDstConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kListenerFilters, "envoy.extensions.filters.listener.original_dst.v3.OriginalDst",
      &OriginalDstConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.listener.original_dst",
                                    "envoy.listener.original_dst"});
}

}  // namespace sluice::filters::original_dst
