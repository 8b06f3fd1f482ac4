// The HTTP pools of one host on one worker: one for each routing priority, and apart from those
// one for each client where connections may not be shared (PROXY headers upstream,
// connection_pool_per_downstream_connection).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sluice/net/address.h"
#include "sluice/upstream/breakers.h"
#include "sluice/upstream/load_balancer.h"

namespace sluice::upstream {

class HttpPool;
struct StreamWish;

enum class PoolProtocol : uint8_t { kHttp1, kHttp2, kAlpn };
inline constexpr size_t kPoolProtocols = 3;

// What connections must have in common to serve the same requests.
struct PoolKey {
  Priority priority = Priority::kDefault;
  PoolProtocol protocol = PoolProtocol::kHttp1;
  uint64_t downstream_connection = 0;  // 0: any
  net::Address proxied_source;         // for the PROXY header; none: any
  net::Address proxied_destination;
  std::string server_name;   // auto_sni: the request's host; empty: as configured
  std::string proxied_tlvs;  // for the PROXY header, beside the addresses
  friend bool operator==(const PoolKey&, const PoolKey&) = default;
};

class HttpPools {
 public:
  explicit HttpPools(Host& host);
  ~HttpPools();

  // Null when the limit on connection pools is reached.
  HttpPool* Get(const StreamWish& wish, const LbContext& context);
  // No new connections; those there are end with their requests.
  void Drain();
  // The same for those there are, but new ones may be made.
  void DrainExisting();
  // Gives up an idle connection so that its place can be used elsewhere. False if there is none.
  bool CloseOneIdle(Priority priority);
  // There may be room for connections that could not be made.
  void LookForPlaces(Priority priority);
  // For HttpPool: it has no connection and no request any more.
  void OnEmpty(HttpPool& pool);
  // Whether any pool has a connection or a waiting request.
  bool active() const;

 private:
  PoolProtocol ProtocolFor(const StreamWish& wish) const;
  HttpPool* GetPrivate(const PoolKey& key);
  std::unique_ptr<HttpPool> Make(const PoolKey& key);

  Host& host_;
  // By priority and protocol.
  std::array<std::array<std::unique_ptr<HttpPool>, kPoolProtocols>, kPriorities> shared_;
  std::vector<std::unique_ptr<HttpPool>> private_;
};

}  // namespace sluice::upstream
