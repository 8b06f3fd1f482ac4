// Writes a head straight into the output chain: room is taken once, bytes are copied once. Nothing
// that could end a line leaves here: fields with control characters are left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "sluice/buffer/byte_chain.h"
#include "sluice/codec/http1/options.h"
#include "sluice/http/codec.h"
#include "sluice/http/header_map.h"

namespace sluice::http1 {

// What the codec itself says about the message, in place of what the map says.
struct FramingFields {
  enum class Body : uint8_t { kAsMap, kLength, kChunked, kNothing };
  enum class Connection : uint8_t { kSilent, kClose, kKeepAlive };

  Body body = Body::kNothing;  // kAsMap: the map's content-length as it stands (HEAD, 304)
  uint64_t length = 0;
  Connection connection = Connection::kSilent;
  bool upgrade = false;  // keep the Upgrade field and name it in Connection
};

class HeadWriter {
 public:
  HeadWriter(ByteChain& out, HeaderKeyFormat format) : out_(out), format_(format) {}

  // False, with nothing written, when the start line cannot be written safely.
  bool WriteRequest(const http::HeaderMap& head, bool fully_qualified,
                    const FramingFields& framing);
  void WriteResponse(const http::HeaderMap& head, uint32_t status, http::Version version,
                     const FramingFields& framing);
  void WriteTrailers(const http::HeaderMap& trailers);

  size_t written() const { return written_; }

 private:
  void Reserve(size_t bytes);
  void Commit();
  void Put(std::string_view text);
  template <size_t kSize>
  void PutText(const char (&text)[kSize]) {
    std::memcpy(at_, text, kSize - 1);
    at_ += kSize - 1;
  }
  void PutName(std::string_view name, const char* spelling);
  void PutField(std::string_view name, const char* spelling, std::string_view value);
  void PutFields(const http::HeaderMap& head, const FramingFields& framing);
  void PutEntry(const http::HeaderEntry& entry, const FramingFields& framing);
  void PutFraming(const FramingFields& framing);

  ByteChain& out_;
  HeaderKeyFormat format_;
  bool length_written_ = false;
  char* begin_ = nullptr;
  char* at_ = nullptr;
  size_t written_ = 0;
};

}  // namespace sluice::http1
