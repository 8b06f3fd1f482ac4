#include "dns_lookup.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <sys/socket.h>

namespace sluice::net {

DnsTicket::~DnsTicket() {
  if (lookup_ != nullptr) lookup_->ticket_ = nullptr;
}

void DnsTicket::Finish(Result<DnsAnswer> answer) {
  lookup_ = nullptr;
  answer_ = std::move(answer);
  loop_.RunLater(*this);
}

void DnsTicket::Run() {
  DnsCallback done = std::move(done_);  // it may destroy the ticket
  done(std::move(answer_));
}

DnsLookup::DnsLookup(std::string name, std::vector<int> families, DnsTicket& ticket)
    : name_(std::move(name)), families_(std::move(families)), ticket_(&ticket) {
  std::ranges::reverse(families_);
  ticket.lookup_ = this;
}

DnsLookup::~DnsLookup() {
  if (ticket_ != nullptr) ticket_->lookup_ = nullptr;
}

void DnsLookup::Ask(std::unique_ptr<DnsLookup> lookup, ares_channel channel) {
  ares_addrinfo_hints hints{};
  hints.ai_family = lookup->families_.back();
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = ARES_AI_NOSORT;  // sorting would open sockets to every address
  lookup->families_.pop_back();
  lookup->channel_ = channel;
  auto trampoline = [](void* arg, int status, int, ares_addrinfo* found) noexcept {
    std::unique_ptr<DnsLookup> self(static_cast<DnsLookup*>(arg));
    if (found != nullptr) {
      self->Take(*found);
      ares_freeaddrinfo(found);
    }
    if (self->ticket_ == nullptr) return;
    bool over = status == ARES_EDESTRUCTION || status == ARES_ECANCELLED;
    if (self->answer_.addresses.empty() && !self->families_.empty() && !over) {
      ares_channel same = self->channel_;
      return Ask(std::move(self), same);
    }
    std::exchange(self->ticket_, nullptr)->Finish(self->Outcome(status));
  };
  std::string name = lookup->name_;
  ares_getaddrinfo(channel, name.c_str(), nullptr, &hints, trampoline, lookup.release());
}

void DnsLookup::Take(const ares_addrinfo& found) {
  std::chrono::seconds ttl = std::chrono::seconds::max();
  for (const ares_addrinfo_node* node = found.nodes; node != nullptr; node = node->ai_next) {
    ttl = std::min(ttl, std::chrono::seconds(node->ai_ttl));
    Address address = Address::FromSockaddr(node->ai_addr, node->ai_addrlen);
    if (address.is_ip()) answer_.addresses.push_back(std::move(address));
  }
  for (const ares_addrinfo_cname* name = found.cnames; name != nullptr; name = name->next) {
    ttl = std::min(ttl, std::chrono::seconds(name->ttl));
  }
  if (!answer_.addresses.empty()) answer_.ttl = std::max(ttl, std::chrono::seconds(0));
  // When both families were asked at once their answers come in any order.
  std::ranges::stable_partition(answer_.addresses, [](const Address& address) {
    return address.family() == Address::Family::kV6;
  });
}

Result<DnsAnswer> DnsLookup::Outcome(int status) const {
  if (!answer_.addresses.empty() || status == ARES_SUCCESS) return answer_;
  if (status == ARES_ENOTFOUND || status == ARES_ENODATA) return answer_;
  ErrorCode code = status == ARES_ETIMEOUT ? ErrorCode::kTimeout : ErrorCode::kIo;
  auto failed = Fail(code, Origin::kUpstream,
                     fmt::format("DNS lookup of {}: {}", name_, ares_strerror(status)));
  failed.error().retry = Retry::kYes;
  return failed;
}

}  // namespace sluice::net
