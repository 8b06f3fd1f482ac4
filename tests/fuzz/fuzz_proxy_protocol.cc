// The PROXY protocol's header: whatever comes, it reads nothing outside, agrees with itself however
// the bytes are cut, and what follows a header does not change it.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proxy_header.h"
#include "sluice/base/check.h"

namespace {

using namespace sluice::filters::proxy_protocol;

// The pieces of a header are inside its own bytes.
void CheckInside(const ParseResult& result, std::string_view bytes) {
  SLUICE_CHECK(result.size != 0 && result.size <= bytes.size());
  SLUICE_CHECK(result.header.version == result.version);
  const char* const end = bytes.data() + result.size;
  for (const Tlv& tlv : result.header.tlvs) {
    SLUICE_CHECK(tlv.value.data() >= bytes.data() && tlv.value.data() + tlv.value.size() <= end);
  }
  if (result.header.local) return;
  SLUICE_CHECK(result.header.source.family() == result.header.destination.family());
}

bool Same(const ParseResult& a, const ParseResult& b) {
  return a.state == b.state && a.size == b.size && a.header.local == b.header.local &&
         a.header.source == b.header.source && a.header.destination == b.header.destination &&
         a.header.tlvs.size() == b.header.tlvs.size();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Copies of just that size: a read behind their end is a crash under the sanitizers.
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const ParseResult whole = ParseProxyHeader(bytes);
  if (whole.state == ParseState::kOk) {
    CheckInside(whole, bytes);
    const std::string alone = bytes.substr(0, whole.size);
    SLUICE_CHECK(Same(ParseProxyHeader(alone), whole));
    const std::string less = alone.substr(0, alone.size() - 1);
    SLUICE_CHECK(ParseProxyHeader(less).state == ParseState::kNeedMore);
    const size_t told = HeaderBytes(std::string_view(bytes).substr(0, kV2HeadBytes));
    SLUICE_CHECK(told == (whole.version == 2 ? whole.size : 0));
  }
  const std::string half = bytes.substr(0, size / 2);
  const ParseResult part = ParseProxyHeader(half);
  if (part.state != ParseState::kNeedMore) SLUICE_CHECK(Same(part, whole));
  return 0;
}
