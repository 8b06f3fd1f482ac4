// Reads one header block, field by field as HPACK decodes it, into a map, and checks what RFC 9113
// section 8 asks of it. What passes can be written as HTTP/1 without changing its meaning.
//
// Each session has one, because no two header blocks are open at a time. Names and values are
// copied into the map's arena. After a fault the rest of the block is ignored.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "fault.h"
#include "sluice/codec/http2/counters.h"
#include "sluice/codec/http2/options.h"
#include "sluice/http/header_map.h"

namespace sluice::http2 {

// What a request asked for, as far as the framing of messages depends on it.
enum class Method : uint8_t { kOther, kHead, kConnect, kExtendedConnect };

struct HeadFacts {
  std::optional<uint64_t> content_length;
  Method method = Method::kOther;  // requests
  uint32_t status = 0;             // responses
};

class HeadReader {
 public:
  enum class Kind : uint8_t { kRequest, kResponse, kTrailers };

  HeadReader(const CommonOptions& options, UnderscoreAction underscores, Counters& counters)
      : options_(options), counters_(counters), underscores_(underscores) {}

  void Begin(Kind kind, http::HeaderMap& map);
  void Add(std::string_view name, std::string_view value, bool never_index);
  // The block is complete; `end`: so is the message. What is found about a head goes to `facts`.
  Fault Finish(bool end, HeadFacts& facts);

  uint32_t bytes() const { return bytes_; }

 private:
  Fault AddField(std::string_view name, std::string_view value, bool never_index);
  Fault AddPseudo(http::HeaderId id, std::string_view value);
  Fault AddRegular(http::HeaderEntry entry);
  Fault Keep(const http::HeaderEntry& entry);
  Fault CheckUnderscore(std::string_view name, bool* drop);
  Fault AddCookie(const http::HeaderEntry& entry);
  void JoinCookies();

  Fault FinishRequest(bool end, HeadFacts& facts);
  Fault FinishConnect(HeadFacts& facts);
  Fault FinishAuthority();
  Fault FinishResponse(HeadFacts& facts);
  Fault FinishLength(HeadFacts& facts);

  const CommonOptions& options_;
  Counters& counters_;
  http::HeaderMap* map_ = nullptr;
  std::string_view host_;
  uint32_t bytes_ = 0;
  uint32_t count_ = 0;
  uint32_t cookies_ = 0;
  UnderscoreAction underscores_;
  Kind kind_ = Kind::kRequest;
  Fault fault_ = Fault::kNone;
  bool regular_seen_ = false;
  bool host_seen_ = false;
};

}  // namespace sluice::http2
