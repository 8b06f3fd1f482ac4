// Who the client is: the peer, or somebody whom trusted proxies named in x-forwarded-for (contract
// 2.5). Pure functions of head and options; addresses live in the arena.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "options.h"
#include "sluice/http/header_map.h"
#include "sluice/net/address.h"

namespace sluice::downstream {

struct ClientAddress {
  const net::Address* address = nullptr;  // never null after FindClient
  bool internal = false;
  bool edge = false;  // external, and we are the first proxy that counts
  std::optional<uint16_t> reject_status;
};

// Finds the client and writes x-forwarded-for, -port. `peer` and `local` outlive the stream.
ClientAddress FindClient(const AddressOptions& options, const filter::ProcessState* process,
                         const net::Address& peer, const net::Address& local,
                         http::HeaderMap& head);

struct XffAddress {
  const net::Address* address = nullptr;  // null: fewer entries, or no address there
  bool only_entry = false;
};
// The entry that is `skip` from the right.
XffAddress AddressFromXff(http::HeaderMap& head, uint32_t skip);

}  // namespace sluice::downstream
