// What came of looking at a token. The numbers and words are Envoy's: clients and metadata see
// them.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::filters::jwt_authn {

enum class Status : uint8_t {
  kOk = 0,
  kMissing = 1,
  kNotYetValid = 2,
  kExpired = 3,
  kBadFormat = 4,
  kHeaderBadBase64 = 5,
  kHeaderBadJson = 6,
  kHeaderBadAlg = 7,
  kHeaderUnknownAlg = 8,
  kHeaderBadKid = 9,
  kPayloadBadBase64 = 10,
  kPayloadBadJson = 11,
  kIssNotText = 12,
  kSubNotText = 13,
  kIatNotInteger = 14,
  kIatOutOfRange = 15,
  kNbfNotInteger = 16,
  kNbfOutOfRange = 17,
  kExpNotInteger = 18,
  kExpOutOfRange = 19,
  kJtiNotText = 20,
  kAudNotText = 21,
  kSignatureBadBase64 = 22,
  kEd25519WrongLength = 23,
  kUnknownIssuer = 24,
  kAudienceNotAllowed = 25,
  kVerificationFails = 26,
  kMultipleTokens = 27,
  kJwksBadJson = 28,
  kJwksNoKeys = 29,
  kJwksBadKeys = 30,
  kJwksNoValidKeys = 31,
  kJwksNoMatch = 32,
  kJwksFetchFailed = 40,
};

std::string_view Words(Status status);
// Words with '_' for spaces, as response code details have them.
std::string_view Details(Status status);

}  // namespace sluice::filters::jwt_authn
