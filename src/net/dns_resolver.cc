#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include <ares.h>
#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>

#include "dns_lookup.h"
#include "dns_socket.h"
#include "sluice/base/check.h"
#include "sluice/net/dns.h"

namespace sluice::net {
namespace {

std::unexpected<Error> AresError(std::string_view what, int status) {
  return Fail(ErrorCode::kIo, Origin::kConfig,
              fmt::format("DNS resolver: {}: {}", what, ares_strerror(status)));
}

// Whether an interface other than loopback has an address of the family.
bool HasRoute(int family) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return true;
  bool found = false;
  for (const ifaddrs* one = list; one != nullptr && !found; one = one->ifa_next) {
    found = one->ifa_addr != nullptr && one->ifa_addr->sa_family == family &&
            (one->ifa_flags & IFF_LOOPBACK) == 0;
  }
  ::freeifaddrs(list);
  return found;
}

// What to ask for in turn; AF_UNSPEC asks for both at once.
std::vector<int> FamiliesOf(DnsFamily family, bool filter_unroutable) {
  std::vector<int> families;
  switch (family) {
    case DnsFamily::kAuto: families = {AF_INET6, AF_INET}; break;
    case DnsFamily::kV4Preferred: families = {AF_INET, AF_INET6}; break;
    case DnsFamily::kV4Only: families = {AF_INET}; break;
    case DnsFamily::kV6Only: families = {AF_INET6}; break;
    case DnsFamily::kAll: families = {AF_UNSPEC}; break;
  }
  if (!filter_unroutable) return families;
  if (family == DnsFamily::kAll) families = {AF_INET6, AF_INET};
  std::erase_if(families, [](int one) { return !HasRoute(one); });
  if (family == DnsFamily::kAll && families.size() == 2) families = {AF_UNSPEC};
  return families;
}

class AresResolver final : public DnsResolver, private DnsSocketOwner {
 public:
  AresResolver(EventLoop& loop, const DnsOptions& options)
      : loop_(loop),
        options_(options),
        timer_(loop, [this] { OnDnsSocket(ARES_SOCKET_BAD, ARES_SOCKET_BAD); }) {}
  ~AresResolver() override {
    if (channel_ != nullptr) ares_destroy(channel_);
  }

  Result<> Open();

  // DnsResolver
  std::unique_ptr<DnsQuery> Resolve(std::string_view name, DnsFamily family,
                                    DnsCallback done) override;

 private:
  // DnsSocketOwner
  void OnDnsSocket(ares_socket_t readable, ares_socket_t writable) override {
    ares_process_fd(channel_, readable, writable);
    ArmTimer();
  }

  Result<> SetServers();
  void OnSocketState(ares_socket_t fd, bool read, bool write);
  void ArmTimer();

  EventLoop& loop_;
  const DnsOptions options_;
  ares_channel channel_ = nullptr;
  Timer timer_;
  std::map<ares_socket_t, std::unique_ptr<DnsSocket>> sockets_;
};

Result<> AresResolver::Open() {
  static const int library = ares_library_init(ARES_LIB_INIT_ALL);
  if (library != ARES_SUCCESS) return AresError("start", library);
  char lookups[] = "fb";  // files, then DNS
  ares_options set{};
  set.lookups = lookups;
  set.timeout =
      static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(options_.timeout).count());
  set.tries = static_cast<int>(options_.tries);
  if (options_.use_tcp) set.flags |= ARES_FLAG_USEVC;
  set.sock_state_cb_data = this;
  set.sock_state_cb = [](void* self, ares_socket_t fd, int read, int write) noexcept {
    static_cast<AresResolver*>(self)->OnSocketState(fd, read != 0, write != 0);
  };
  int mask = ARES_OPT_LOOKUPS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_FLAGS |
             ARES_OPT_SOCK_STATE_CB;
  // An empty list, because ares_getaddrinfo does not look at ARES_FLAG_NOSEARCH.
  if (options_.no_search) mask |= ARES_OPT_DOMAINS;
#ifdef ARES_OPT_QUERY_CACHE
  set.qcache_max_ttl = 0;  // who asks again wants to know
  mask |= ARES_OPT_QUERY_CACHE;
#endif
  int status = ares_init_options(&channel_, &set, mask);
  if (status != ARES_SUCCESS) return AresError("start", status);
  return SetServers();
}

Result<> AresResolver::SetServers() {
  if (options_.servers.empty()) return {};
  std::string list;
  for (const Address& server : options_.servers) {
    if (!server.is_ip()) {
      return Fail(ErrorCode::kInvalidConfig, Origin::kConfig,
                  fmt::format("DNS resolver: '{}' is not an IP address", server.ToString()));
    }
    if (!list.empty()) list += ',';
    list += server.ToString();
  }
  const int status = ares_set_servers_ports_csv(channel_, list.c_str());
  if (status != ARES_SUCCESS) return AresError("servers", status);
  return {};
}

std::unique_ptr<DnsQuery> AresResolver::Resolve(std::string_view name, DnsFamily family,
                                                DnsCallback done) {
  SLUICE_DCHECK(loop_.OnThisThread());
  auto ticket = std::make_unique<DnsTicket>(loop_, std::move(done));
  if (auto literal = Address::FromIp(name, 0)) {
    ticket->Finish(DnsAnswer{{*literal}, {}});
    return ticket;
  }
  std::vector<int> families = FamiliesOf(family, options_.filter_unroutable);
  if (families.empty()) {
    ticket->Finish(DnsAnswer{});
    return ticket;
  }
  DnsLookup::Ask(std::make_unique<DnsLookup>(std::string(name), std::move(families), *ticket),
                 channel_);
  ArmTimer();
  return ticket;
}

void AresResolver::OnSocketState(ares_socket_t fd, bool read, bool write) {
  auto it = sockets_.find(fd);
  if (!read && !write) {
    if (it == sockets_.end()) return;
    it->second->Close();  // now: c-ares is about to close the descriptor
    loop_.DeferDelete(std::move(it->second));
    sockets_.erase(it);
    return;
  }
  if (it == sockets_.end()) {
    it = sockets_
             .emplace(fd,
                      std::make_unique<DnsSocket>(loop_, fd, static_cast<DnsSocketOwner&>(*this)))
             .first;
  }
  it->second->Want(write);
}

void AresResolver::ArmTimer() {
  timeval wait{};
  if (ares_timeout(channel_, nullptr, &wait) == nullptr) return timer_.Disarm();
  timer_.Arm(std::chrono::seconds(wait.tv_sec) + std::chrono::microseconds(wait.tv_usec));
}

}  // namespace

Result<std::unique_ptr<DnsResolver>> MakeDnsResolver(EventLoop& loop, const DnsOptions& options) {
  auto resolver = std::make_unique<AresResolver>(loop, options);
  if (auto opened = resolver->Open(); !opened) return std::unexpected(std::move(opened.error()));
  return resolver;
}

}  // namespace sluice::net
