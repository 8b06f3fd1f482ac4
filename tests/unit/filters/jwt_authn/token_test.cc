#include "token.h"

#include <gtest/gtest.h>

#include "jwks.h"
#include "jwt_vectors.h"
#include "sluice/base/base64.h"

namespace sluice::filters::jwt_authn {
namespace {

// RFC 7515, A.1: the key, and a token that it made.
constexpr std::string_view kRfcKey =
    R"({"keys":[{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}]})";
constexpr std::string_view kRfcToken =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

template <typename T>
Status StatusOf(const std::expected<T, Status>& result) {
  return result ? Status::kOk : result.error();
}

std::shared_ptr<const Jwks> Keys(std::string_view json) {
  auto jwks = Jwks::Parse(std::string(json));
  EXPECT_TRUE(jwks.has_value()) << Words(StatusOf(jwks));
  return jwks ? *jwks : nullptr;
}

// What a token comes to, parsed and verified.
Status Judge(std::string_view keys, std::string_view text) {
  const auto token = ParseToken(text);
  return token ? Keys(keys)->Verify(*token) : token.error();
}

std::string Make(std::string_view header, std::string_view payload) {
  return EncodeBase64Url(header) + "." + EncodeBase64Url(payload) + ".AAAA";
}

Status Parsed(std::string_view header, std::string_view payload) {
  return StatusOf(ParseToken(Make(header, payload)));
}

TEST(JwtTokenTest, TheVectorOfRfc7515IsTakenApartAndVerified) {
  const auto token = ParseToken(kRfcToken);
  ASSERT_TRUE(token.has_value()) << Words(token.error());
  EXPECT_EQ(token->algorithm, "HS256");
  EXPECT_EQ(token->issuer, "joe");
  EXPECT_EQ(token->expires, 1300819380U);
  EXPECT_EQ(*token->payload.Find("http://example.com/is_root")->AsBool(), true);
  EXPECT_EQ(Judge(kRfcKey, kRfcToken), Status::kOk);
}

TEST(JwtTokenTest, EveryAlgorithmVerifiesItsSignatures) {
  for (const std::string_view text : {kRs256, kRs384, kRs512, kPs256, kPs384, kPs512, kEs256,
                                      kEs384, kEs512, kHs256, kHs384, kHs512, kEddsa}) {
    EXPECT_EQ(Judge(kJwks, text), Status::kOk) << text;
  }
  EXPECT_EQ(Judge(kJwks, kNoKid), Status::kOk);
}

TEST(JwtTokenTest, ATokenWithAnyCharacterChangedIsNotGood) {
  for (const std::string_view text : {kRs256, kPs256, kEs256, kEs512, kHs256, kEddsa, kRfcToken}) {
    const std::string_view keys = text == kRfcToken ? kRfcKey : kJwks;
    for (size_t i = 0; i < text.size(); i += 7) {
      std::string changed(text);
      changed[i] = changed[i] == 'A' ? 'B' : 'A';
      EXPECT_NE(Judge(keys, changed), Status::kOk) << i << " of " << text;
    }
    EXPECT_NE(Judge(keys, text.substr(0, text.size() - 1)), Status::kOk);
    EXPECT_NE(Judge(keys, std::string(text) + "A"), Status::kOk);
    EXPECT_NE(Judge(keys, std::string(text) + "="), Status::kOk);
    EXPECT_NE(Judge(keys, text.substr(0, text.rfind('.') + 1)), Status::kOk);
  }
}

TEST(JwtTokenTest, AlgorithmsAreNotConfused) {
  EXPECT_EQ(Judge(kJwks, kNone), Status::kHeaderUnknownAlg);
  EXPECT_EQ(Judge(kRsaModulusOnly, kHmacWithRsaPem), Status::kVerificationFails);
  EXPECT_EQ(Judge(kRsaModulusOnly, kHmacWithModulus), Status::kVerificationFails);
  EXPECT_EQ(Judge(kJwks, kHmacWithRsaPem), Status::kVerificationFails);
  EXPECT_EQ(Judge(kJwks, kOtherKey), Status::kVerificationFails);
  EXPECT_EQ(Judge(kJwks, kOtherKid), Status::kJwksNoMatch);
  EXPECT_EQ(Judge(kRsaModulusOnly, kEs256), Status::kJwksNoMatch);
}

TEST(JwtTokenTest, WhatIsNoTokenIsNamed) {
  constexpr std::string_view kAlg = R"({"alg":"RS256"})";
  for (const std::string_view text : {"", ".", "a.b", "a.b.c.d", "abc", "...."}) {
    EXPECT_EQ(StatusOf(ParseToken(text)), Status::kBadFormat) << text;
  }
  EXPECT_EQ(StatusOf(ParseToken(std::string(100'000, 'a') + ".b.c")), Status::kBadFormat);
  EXPECT_EQ(StatusOf(ParseToken("a=.e30.AAAA")), Status::kHeaderBadBase64);
  EXPECT_EQ(StatusOf(ParseToken("..")), Status::kHeaderBadJson);
  EXPECT_EQ(StatusOf(ParseToken(EncodeBase64Url(kAlg) + ".e30.?")), Status::kSignatureBadBase64);
  EXPECT_EQ(StatusOf(ParseToken(EncodeBase64Url(kAlg) + ".?.AAAA")), Status::kPayloadBadBase64);
  const struct {
    std::string_view header, payload;
    Status status;
  } cases[] = {
      {"{", "{}", Status::kHeaderBadJson},
      {"[]", "{}", Status::kHeaderBadJson},
      {"{}", "{}", Status::kHeaderBadAlg},
      {R"({"alg":1})", "{}", Status::kHeaderBadAlg},
      {R"({"alg":"none"})", "{}", Status::kHeaderUnknownAlg},
      {R"({"alg":"None"})", "{}", Status::kHeaderUnknownAlg},
      {R"({"alg":"rs256"})", "{}", Status::kHeaderUnknownAlg},
      {R"({"alg":""})", "{}", Status::kHeaderUnknownAlg},
      {R"({"alg":"RS256","alg":"none"})", "{}", Status::kHeaderBadJson},
      {R"({"alg":"RS256","kid":1})", "{}", Status::kHeaderBadKid},
      {R"({"alg":"RS256","crit":["b64"],"b64":false})", "{}", Status::kHeaderBadJson},
      {kAlg, "", Status::kPayloadBadJson},
      {kAlg, "[1]", Status::kPayloadBadJson},
      {kAlg, "{\"a\":}", Status::kPayloadBadJson},
      {kAlg, "{} {}", Status::kPayloadBadJson},
      {kAlg, R"({"iss":1})", Status::kIssNotText},
      {kAlg, R"({"sub":[]})", Status::kSubNotText},
      {kAlg, R"({"iat":"x"})", Status::kIatNotInteger},
      {kAlg, R"({"iat":-1})", Status::kIatOutOfRange},
      {kAlg, R"({"nbf":"1"})", Status::kNbfNotInteger},
      {kAlg, R"({"nbf":1e300})", Status::kNbfOutOfRange},
      {kAlg, R"({"exp":true})", Status::kExpNotInteger},
      {kAlg, R"({"exp":1.5})", Status::kExpNotInteger},
      {kAlg, R"({"exp":-5})", Status::kExpOutOfRange},
      {kAlg, R"({"jti":1})", Status::kJtiNotText},
      {kAlg, R"({"aud":1})", Status::kAudNotText},
      {kAlg, R"({"aud":["a",1]})", Status::kAudNotText},
      {kAlg, R"({"aud":["a"],"exp":1.7e9})", Status::kOk},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Parsed(c.header, c.payload), c.status) << c.header << " " << c.payload;
  }
  const std::string deep = std::string(1000, '[') + std::string(1000, ']');
  EXPECT_EQ(Parsed(kAlg, "{\"a\":" + deep + "}"), Status::kPayloadBadJson);
}

TEST(JwtTokenTest, TimesAreCheckedWithTheSkewOfClocks) {
  Token token;
  EXPECT_EQ(CheckTime(token, 1000, 0), Status::kOk);
  token.expires = 1000;
  EXPECT_EQ(CheckTime(token, 1060, 60), Status::kOk);
  EXPECT_EQ(CheckTime(token, 1061, 60), Status::kExpired);
  token.not_before = 900;
  EXPECT_EQ(CheckTime(token, 840, 60), Status::kOk);
  EXPECT_EQ(CheckTime(token, 839, 60), Status::kNotYetValid);
}

TEST(JwksTest, SetsWithoutAGoodKeyAreRefused) {
  const struct {
    std::string_view json;
    Status status;
  } cases[] = {
      {"", Status::kJwksBadJson},
      {"[]", Status::kJwksBadJson},
      {"{}", Status::kJwksNoKeys},
      {R"({"a":"b"})", Status::kJwksNoKeys},
      {R"({"keys":{}})", Status::kJwksBadKeys},
      {R"({"keys":[]})", Status::kJwksNoValidKeys},
      {R"({"keys":[1,"a",{},{"kty":"RSA"},{"kty":"XX"}]})", Status::kJwksNoValidKeys},
      {R"({"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]})", Status::kJwksNoValidKeys},
      {R"({"keys":[{"kty":"EC","crv":"P-256","x":"AQAB","y":"AQAB"}]})", Status::kJwksNoValidKeys},
      {R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"AQAB"}]})", Status::kJwksNoValidKeys},
      {R"({"keys":[{"kty":"oct","k":""}]})", Status::kJwksNoValidKeys},
      {R"({"keys":[{"kty":"oct","k":"AQAB","alg":"RS256"}]})", Status::kJwksNoValidKeys},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(StatusOf(Jwks::Parse(std::string(c.json))), c.status) << c.json;
  }
  EXPECT_EQ(Keys(kJwks)->size(), 6U);
}

TEST(JwksTest, KeysOfCertificatesVerify) {
  for (const std::string_view keys : {kX5c, kCertificates}) {
    EXPECT_EQ(Keys(keys)->size(), 1U);
    EXPECT_EQ(Judge(keys, kRs256), Status::kOk);
    EXPECT_EQ(Judge(keys, kPs512), Status::kOk);
    EXPECT_EQ(Judge(keys, kOtherKey), Status::kVerificationFails);
    EXPECT_EQ(Judge(keys, kOtherKid), Status::kJwksNoMatch);
    EXPECT_EQ(Judge(keys, kHmacWithRsaPem), Status::kVerificationFails);
  }
}

}  // namespace
}  // namespace sluice::filters::jwt_authn
