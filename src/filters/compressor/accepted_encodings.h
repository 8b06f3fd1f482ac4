// Which of the compressors of a chain takes a response: Accept-Encoding (RFC 9110 section 12.5.3)
// against what they offer. Pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::filters::compressor {

// Media types without parameters, in lower case. None: all.
class ContentTypes {
 public:
  explicit ContentTypes(const std::vector<std::string>& types);
  // Of a content-type field; one that is not there ("") is taken, as in Envoy.
  bool Take(std::string_view content_type) const;

 private:
  std::vector<std::string> types_;
};

struct Offer {
  std::string_view encoding;
  const ContentTypes* types = nullptr;
  bool choose_first = false;
};

enum class Reason : uint8_t { kNotValid, kIdentity, kWildcard, kNamed };

struct Choice {
  std::string_view encoding;  // of an offer; empty: identity
  Reason reason = Reason::kNotValid;
};

// `offers` in the order of the chain; of several with one encoding the first counts.
Choice ChooseEncoding(std::string_view accept_encoding, std::string_view content_type,
                      std::span<const Offer> offers);

}  // namespace sluice::filters::compressor
