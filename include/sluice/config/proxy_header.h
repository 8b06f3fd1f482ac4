// envoy.config.core.v3.ProxyProtocolConfig: the PROXY header that is put in front of what goes
// upstream. Immutable once parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sluice/config/common.h"
#include "sluice/config/types.h"

namespace sluice::config {

enum class ProxyVersion : uint8_t { kV1, kV2 };
const EnumTable& ConfigEnum(ProxyVersion);

struct TlvConfig {
  uint32_t type = 0;
  Bytes value;
  static const Message& Schema();
};

enum class TlvMatch : uint8_t { kIncludeAll, kInclude };
const EnumTable& ConfigEnum(TlvMatch);

// Which TLVs of the client's header go on: from the listener filter, and into the header upstream.
struct PassThroughTlvs {
  TlvMatch match_type = TlvMatch::kIncludeAll;
  std::vector<uint32_t> tlv_type;
  bool Takes(uint8_t type) const;
  static const Message& Schema();
};

struct ProxyHeaderConfig {
  ProxyVersion version = ProxyVersion::kV1;
  std::optional<PassThroughTlvs> pass_through_tlvs;
  std::vector<TlvConfig> added_tlvs;
  static const Message& Schema();
};

}  // namespace sluice::config
