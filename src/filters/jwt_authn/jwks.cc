#include "jwks.h"

#include <optional>
#include <string_view>
#include <utility>

#include "sluice/base/base64.h"

namespace sluice::filters::jwt_authn {
namespace {

constexpr size_t kMaxJwksBytes = size_t{1024} * 1024;
// Each may have to be tried for each token.
constexpr size_t kMaxKeys = 256;

std::string_view TextOf(const Value& from, std::string_view name) {
  const Value* value = from.Find(name);
  const std::string* text = value == nullptr ? nullptr : value->AsString();
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

// A number or secret; issuers write padding now and then.
std::optional<std::string> BytesOf(const Value& from, std::string_view name) {
  std::string_view text = TextOf(from, name);
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.empty()) return std::nullopt;
  return DecodeBase64Url(text);
}

std::optional<tls::VerifyKey> Good(Result<tls::VerifyKey>&& key) {
  if (!key) return std::nullopt;
  return std::move(*key);
}

std::optional<tls::VerifyKey> RsaKey(const Value& jwk) {
  const auto n = BytesOf(jwk, "n");
  const auto e = BytesOf(jwk, "e");
  if (n && e) return Good(tls::VerifyKey::Rsa(*n, *e));
  const Value* chain = jwk.Find("x5c");
  const ValueList* list = chain == nullptr ? nullptr : chain->AsList();
  if (list == nullptr || list->empty() || list->front().AsString() == nullptr) return std::nullopt;
  const auto der = DecodeBase64(*list->front().AsString());
  if (!der) return std::nullopt;
  return Good(tls::VerifyKey::Certificate({*der, tls::KeyFormat::kDer}));
}

std::optional<tls::VerifyKey> MakeKey(const Value& jwk) {
  const std::string_view type = TextOf(jwk, "kty");
  if (type == "RSA") return RsaKey(jwk);
  if (type == "EC") {
    const auto x = BytesOf(jwk, "x");
    const auto y = BytesOf(jwk, "y");
    if (!x || !y) return std::nullopt;
    return Good(tls::VerifyKey::Ec(TextOf(jwk, "crv"), *x, *y));
  }
  if (type == "OKP") {
    const auto x = BytesOf(jwk, "x");
    if (!x || TextOf(jwk, "crv") != "Ed25519") return std::nullopt;
    return Good(tls::VerifyKey::Ed25519(*x));
  }
  if (type == "oct") {
    const auto secret = BytesOf(jwk, "k");
    if (secret) return Good(tls::VerifyKey::Secret(*secret));
  }
  return std::nullopt;
}

}  // namespace

std::expected<std::shared_ptr<const Jwks>, Status> Jwks::Parse(std::string json) {
  const Value root = ParseJson(std::move(json), kMaxJwksBytes);
  const ValueStruct* fields = root.AsStruct();
  if (fields == nullptr) return std::unexpected(Status::kJwksBadJson);
  auto jwks = std::make_shared<Jwks>();
  if (const Value* keys = root.Find("keys")) {
    const ValueList* list = keys->AsList();
    if (list == nullptr) return std::unexpected(Status::kJwksBadKeys);
    for (const Value& jwk : *list) jwks->AddKey(jwk);
  } else {
    jwks->AddCertificates(*fields);
    if (jwks->keys_.empty()) return std::unexpected(Status::kJwksNoKeys);
  }
  if (jwks->keys_.empty()) return std::unexpected(Status::kJwksNoValidKeys);
  return jwks;
}

void Jwks::AddKey(const Value& jwk) {
  if (keys_.size() >= kMaxKeys) return;
  auto key = MakeKey(jwk);
  const std::string_view algorithm = TextOf(jwk, "alg");
  // A key that is said to be for something that such a key cannot do is for nothing.
  if (!key || (!algorithm.empty() && !key->Takes(algorithm))) return;
  keys_.push_back({std::string(TextOf(jwk, "kid")), std::string(algorithm), std::move(*key)});
}

void Jwks::AddCertificates(const ValueStruct& by_id) {
  for (const auto& [id, value] : by_id) {
    const std::string* pem = value.AsString();
    if (pem == nullptr || keys_.size() >= kMaxKeys) continue;
    auto key = Good(tls::VerifyKey::Certificate({*pem, tls::KeyFormat::kPem}));
    if (key) keys_.push_back({id, "", std::move(*key)});
  }
}

Status Jwks::Verify(const Token& token) const {
  Status status = Status::kJwksNoMatch;
  for (const Key& key : keys_) {
    if (!key.id.empty() && !token.key_id.empty() && key.id != token.key_id) continue;
    if (!key.algorithm.empty() && key.algorithm != token.algorithm) continue;
    status = Status::kVerificationFails;
    if (key.key.Verify(token.algorithm, token.signature, token.signed_text())) return Status::kOk;
  }
  return status;
}

}  // namespace sluice::filters::jwt_authn
