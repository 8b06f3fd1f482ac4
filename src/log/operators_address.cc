// Operators for socket addresses, each whole, without its port, or the port alone.
#include <arpa/inet.h>

#include "operators.h"
#include "sluice/net/address.h"

namespace sluice::log {
namespace {

using net::Address;

// IPv4 by hand: this is on the path of every request that logs or forwards its client's address.
void AppendV4(std::string& out, const Address& address) {
  const auto* in = reinterpret_cast<const sockaddr_in*>(address.raw());
  const uint32_t ip = ntohl(in->sin_addr.s_addr);
  for (int shift = 24; shift >= 0; shift -= 8) {
    AppendNumber(out, (ip >> shift) & 255);
    if (shift != 0) out.push_back('.');
  }
}

void AppendIp(std::string& out, const Address& address) {
  if (address.family() == Address::Family::kV4) {
    AppendV4(out, address);
  } else {
    out.append(address.Ip());
  }
}

enum Part : uint8_t { kWhole, kWithoutPort, kPort };

template <const Address* (*kGet)(const stream::StreamInfo&), Part kPart>
Emitted Socket(const Op& /*op*/, std::string& out, const FormatContext& context) {
  const Address* address = kGet(context.info);
  if (address == nullptr || address->family() == Address::Family::kNone) return Emitted::kMissing;
  if (kPart == kPort) {
    if (!address->is_ip()) return Emitted::kMissing;
    AppendNumber(out, address->port());
    return Emitted::kNumber;
  }
  if (kPart == kWithoutPort) {
    AppendIp(out, *address);
  } else if (address->family() == Address::Family::kV4) {
    AppendV4(out, *address);
    out.push_back(':');
    AppendNumber(out, address->port());
  } else {
    out.append(address->ToString());
  }
  return Emitted::kText;
}

using Info = stream::StreamInfo;

const Address* Remote(const Info& info) {
  if (info.remote != nullptr) return info.remote;
  return info.connection == nullptr ? nullptr : info.connection->remote;
}
const Address* DirectRemote(const Info& info) {
  return info.connection == nullptr ? nullptr : info.connection->direct_remote;
}
const Address* Local(const Info& info) {
  return info.connection == nullptr ? nullptr : info.connection->local;
}
const Address* DirectLocal(const Info& info) {
  return info.connection == nullptr ? nullptr : info.connection->direct_local;
}
const Address* UpstreamLocal(const Info& info) { return info.upstream_local; }
const Address* UpstreamRemote(const Info& info) { return info.upstream_remote; }

constexpr auto kNo = Arguments::kNone;

constexpr Command kCommands[] = {
    {"DOWNSTREAM_REMOTE_ADDRESS", kNo, false, Socket<Remote, kWhole>},
    {"DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT", kNo, false, Socket<Remote, kWithoutPort>},
    {"DOWNSTREAM_REMOTE_PORT", kNo, false, Socket<Remote, kPort>},
    {"DOWNSTREAM_DIRECT_REMOTE_ADDRESS", kNo, false, Socket<DirectRemote, kWhole>},
    {"DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT", kNo, false,
     Socket<DirectRemote, kWithoutPort>},
    {"DOWNSTREAM_DIRECT_REMOTE_PORT", kNo, false, Socket<DirectRemote, kPort>},
    {"DOWNSTREAM_LOCAL_ADDRESS", kNo, false, Socket<Local, kWhole>},
    {"DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT", kNo, false, Socket<Local, kWithoutPort>},
    {"DOWNSTREAM_LOCAL_PORT", kNo, false, Socket<Local, kPort>},
    {"DOWNSTREAM_DIRECT_LOCAL_ADDRESS", kNo, false, Socket<DirectLocal, kWhole>},
    {"DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT", kNo, false, Socket<DirectLocal, kWithoutPort>},
    {"DOWNSTREAM_DIRECT_LOCAL_PORT", kNo, false, Socket<DirectLocal, kPort>},
    {"UPSTREAM_LOCAL_ADDRESS", kNo, false, Socket<UpstreamLocal, kWhole>},
    {"UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT", kNo, false, Socket<UpstreamLocal, kWithoutPort>},
    {"UPSTREAM_LOCAL_PORT", kNo, false, Socket<UpstreamLocal, kPort>},
    {"UPSTREAM_REMOTE_ADDRESS", kNo, false, Socket<UpstreamRemote, kWhole>},
    {"UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT", kNo, false, Socket<UpstreamRemote, kWithoutPort>},
    {"UPSTREAM_REMOTE_PORT", kNo, false, Socket<UpstreamRemote, kPort>},
};

}  // namespace

std::span<const Command> AddressCommands() { return kCommands; }

}  // namespace sluice::log
