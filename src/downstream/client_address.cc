#include "client_address.h"

#include <string>

#include "sluice/http/chars.h"
#include "sluice/http/number.h"

namespace sluice::downstream {
namespace {

using http::HeaderId;

// An address without a port, as Envoy takes them.
const net::Address* ParseIp(std::string_view text, Arena& arena) {
  auto parsed = net::Address::FromIp(text, 0);
  return parsed ? arena.New<net::Address>(*parsed) : nullptr;
}

// The list as one value: several fields of the name are one list (RFC 9110 section 5.3).
std::string_view WholeXff(http::HeaderMap& head) {
  if (head.CountOf(HeaderId::kXForwardedFor) > 1) {
    head.SetView(HeaderId::kXForwardedFor, *head.GetJoined("x-forwarded-for"));
  }
  return head.Get(HeaderId::kXForwardedFor).value_or("");
}

void AppendXff(http::HeaderMap& head, const filter::ProcessState* process,
               const net::Address& peer) {
  if (!peer.is_ip()) return;
  WholeXff(head);
  // A peer on this machine stands for us: what follows shall see a routable address.
  if (peer.IsLoopback() && process != nullptr && !process->local.address.empty()) {
    return head.AppendToList(HeaderId::kXForwardedFor, process->local.address);
  }
  head.AppendToList(HeaderId::kXForwardedFor, peer.Ip());
}

bool IsInternal(const AddressOptions& options, const net::Address& address) {
  if (!address.is_ip()) return options.unix_is_internal;
  return options.internal.Contains(address.IpBytes());
}

// The list's entries, from the right.
class XffEntries {
 public:
  explicit XffEntries(http::HeaderMap& head) : rest_(WholeXff(head)), more_(!rest_.empty()) {}

  bool more() const { return more_; }  // another entry is there
  std::string_view Next() {
    const size_t comma = rest_.rfind(',');
    more_ = comma != std::string_view::npos;
    const std::string_view entry = http::TrimOws(more_ ? rest_.substr(comma + 1) : rest_);
    rest_ = more_ ? rest_.substr(0, comma) : std::string_view();
    return entry;
  }

 private:
  std::string_view rest_;
  bool more_;
};

// Walks from the right past addresses of trusted proxies, in one pass: whoever stands behind one
// may send thousands of them.
XffAddress AddressBeforeTrusted(http::HeaderMap& head, const match::CidrSet& trusted,
                                const net::Address& peer) {
  if (!trusted.Contains(peer.IpBytes())) return {};
  XffEntries entries(head);
  std::optional<net::Address> last;
  while (entries.more()) {
    const auto here = net::Address::FromIp(entries.Next(), 0);
    if (!here) break;
    last = *here;
    if (!trusted.Contains(last->IpBytes())) break;
  }
  if (!last) return {};
  const bool only_entry = WholeXff(head).find(',') == std::string_view::npos;
  return {head.arena().New<net::Address>(*last), only_entry};
}

struct Detected {
  const net::Address* address = nullptr;
  bool trusted = false;
  bool append = false;
  std::optional<uint16_t> reject_status;
};

Detected Detect(const IpDetection& how, const net::Address& peer, http::HeaderMap& head) {
  if (how.kind == IpDetection::Kind::kXff) {
    const XffAddress found = how.by_cidr ? AddressBeforeTrusted(head, how.trusted_cidrs, peer)
                                         : AddressFromXff(head, how.trusted_hops);
    return {found.address, found.only_entry, found.address != nullptr && !how.skip_xff_append, {}};
  }
  const auto value = head.Get(std::string_view(how.header));
  if (!value) return {nullptr, false, false, how.reject_status};
  const net::Address* address = ParseIp(http::TrimOws(*value), head.arena());
  if (address == nullptr) return {nullptr, false, false, how.reject_status};
  return {address, how.trusted, false, {}};
}

const net::Address* FindByRemote(const AddressOptions& options, const filter::ProcessState* process,
                                 const net::Address& peer, const net::Address& local,
                                 http::HeaderMap& head) {
  const net::Address* client = nullptr;
  if (options.xff_num_trusted_hops > 0) {
    client = AddressFromXff(head, options.xff_num_trusted_hops - 1).address;
  }
  if (!options.skip_xff_append) AppendXff(head, process, peer);
  if (options.append_x_forwarded_port &&
      (options.xff_num_trusted_hops == 0 || !head.Has(HeaderId::kXForwardedPort))) {
    head.SetView(HeaderId::kXForwardedPort, http::FormatDecimal(head.arena(), local.port()));
  }
  return client != nullptr ? client : &peer;
}

}  // namespace

XffAddress AddressFromXff(http::HeaderMap& head, uint32_t skip) {
  XffEntries entries(head);
  for (uint32_t i = 0; i < skip && entries.more(); ++i) entries.Next();
  if (!entries.more()) return {};
  const std::string_view entry = entries.Next();
  return {ParseIp(entry, head.arena()), skip == 0 && !entries.more()};
}

ClientAddress FindClient(const AddressOptions& options, const filter::ProcessState* process,
                         const net::Address& peer, const net::Address& local,
                         http::HeaderMap& head) {
  ClientAddress result;
  bool trusted = false;  // the address may make the request internal
  if (options.use_remote_address) {
    trusted = !head.Has(HeaderId::kXForwardedFor);
    result.address = FindByRemote(options, process, peer, local, head);
  } else {
    for (const IpDetection& how : options.detection) {
      const Detected found = Detect(how, peer, head);
      if (found.reject_status) {
        result.reject_status = found.reject_status;
        break;
      }
      if (found.address == nullptr) continue;
      result.address = found.address;
      trusted = found.trusted;
      if (found.append) AppendXff(head, process, peer);
      break;
    }
    if (result.address == nullptr) result.address = &peer;
  }
  result.internal = trusted && IsInternal(options, *result.address);
  result.edge = !result.internal && options.use_remote_address;
  return result;
}

}  // namespace sluice::downstream
