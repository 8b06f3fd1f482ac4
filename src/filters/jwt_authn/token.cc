#include "token.h"

#include <cmath>
#include <utility>

#include "sluice/base/base64.h"
#include "sluice/config/common.h"
#include "sluice/config/reader.h"
#include "sluice/tls/verify_key.h"

namespace sluice::filters::jwt_authn {
namespace {

constexpr size_t kMaxTokenBytes = size_t{64} * 1024;
constexpr size_t kMaxDepth = 32;
constexpr size_t kMaxNodes = 20'000;
constexpr size_t kEd25519SignatureBytes = 64;

// A member that is a text, or is not there.
Status TakeText(const Value& from, std::string_view name, Status bad, std::string& out) {
  const Value* value = from.Find(name);
  if (value == nullptr) return Status::kOk;
  const std::string* text = value->AsString();
  if (text == nullptr) return bad;
  out = *text;
  return Status::kOk;
}

Status TakeTime(const Value& from, std::string_view name, Status not_integer, Status out_of_range,
                std::optional<uint64_t>& out) {
  const Value* value = from.Find(name);
  if (value == nullptr) return Status::kOk;
  const double* number = value->AsNumber();
  if (number == nullptr || std::isnan(*number)) return not_integer;
  constexpr double kLimit = 9007199254740992.0;  // 2^53: doubles have all integers up to here
  if (*number < 0 || *number > kLimit) return out_of_range;
  if (*number != std::floor(*number)) return not_integer;
  out = static_cast<uint64_t>(*number);
  return Status::kOk;
}

Status TakeAudiences(const Value& from, std::vector<std::string>& out) {
  const Value* value = from.Find("aud");
  if (value == nullptr) return Status::kOk;
  if (const std::string* one = value->AsString()) {
    out.push_back(*one);
    return Status::kOk;
  }
  const ValueList* list = value->AsList();
  if (list == nullptr) return Status::kAudNotText;
  for (const Value& item : *list) {
    const std::string* text = item.AsString();
    if (text == nullptr) return Status::kAudNotText;
    out.push_back(*text);
  }
  return Status::kOk;
}

Status ReadHeader(std::string_view text, Token& token) {
  auto bytes = DecodeBase64Url(text);
  if (!bytes) return Status::kHeaderBadBase64;
  token.header = ParseJson(std::move(*bytes), kMaxTokenBytes);
  if (token.header.AsStruct() == nullptr) return Status::kHeaderBadJson;
  const Value* algorithm = token.header.Find("alg");
  if (algorithm == nullptr || algorithm->AsString() == nullptr) return Status::kHeaderBadAlg;
  token.algorithm = *algorithm->AsString();
  if (!tls::VerifyKey::IsAlgorithm(token.algorithm)) return Status::kHeaderUnknownAlg;
  // What must be understood and is not (RFC 7515, 4.1.11) makes a token that is not understood.
  if (token.header.Find("crit") != nullptr) return Status::kHeaderBadJson;
  return TakeText(token.header, "kid", Status::kHeaderBadKid, token.key_id);
}

Status ReadPayload(std::string_view text, Token& token) {
  auto bytes = DecodeBase64Url(text);
  if (!bytes) return Status::kPayloadBadBase64;
  token.payload = ParseJson(std::move(*bytes), kMaxTokenBytes);
  const Value& payload = token.payload;
  if (payload.AsStruct() == nullptr) return Status::kPayloadBadJson;
  std::string id;
  std::optional<uint64_t> issued;
  Status status = TakeText(payload, "iss", Status::kIssNotText, token.issuer);
  const auto next = [&status](Status later) {
    if (status == Status::kOk) status = later;
  };
  next(TakeText(payload, "sub", Status::kSubNotText, token.subject));
  next(TakeTime(payload, "iat", Status::kIatNotInteger, Status::kIatOutOfRange, issued));
  next(TakeTime(payload, "nbf", Status::kNbfNotInteger, Status::kNbfOutOfRange, token.not_before));
  next(TakeTime(payload, "exp", Status::kExpNotInteger, Status::kExpOutOfRange, token.expires));
  next(TakeText(payload, "jti", Status::kJtiNotText, id));
  next(TakeAudiences(payload, token.audiences));
  return status;
}

}  // namespace

Value ParseJson(std::string text, size_t max_bytes) {
  config::Problems problems;
  config::ReadOptions options;
  options.max_bytes = max_bytes;
  options.max_depth = kMaxDepth;
  options.max_nodes = kMaxNodes;
  options.any_root = true;
  const auto node =
      config::ReadText("json", std::move(text), config::Format::kJson, options, problems);
  return node ? config::ToValue(*node) : Value();
}

std::expected<Token, Status> ParseToken(std::string_view text) {
  if (text.size() > kMaxTokenBytes) return std::unexpected(Status::kBadFormat);
  const size_t first = text.find('.');
  const size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos) {
    return std::unexpected(Status::kBadFormat);
  }
  Token token;
  token.text = text;
  token.payload_at = first + 1;
  token.signature_at = second + 1;
  Status status = ReadHeader(text.substr(0, first), token);
  if (status == Status::kOk) status = ReadPayload(token.payload_text(), token);
  if (status != Status::kOk) return std::unexpected(status);
  auto signature = DecodeBase64Url(text.substr(second + 1));
  if (!signature) return std::unexpected(Status::kSignatureBadBase64);
  token.signature = std::move(*signature);
  if (token.algorithm == "EdDSA" && token.signature.size() != kEd25519SignatureBytes) {
    return std::unexpected(Status::kEd25519WrongLength);
  }
  return token;
}

Status CheckTime(const Token& token, uint64_t now_s, uint64_t skew_s) {
  if (token.not_before && now_s + skew_s < *token.not_before) return Status::kNotYetValid;
  if (token.expires && now_s > *token.expires + skew_s) return Status::kExpired;
  return Status::kOk;
}

}  // namespace sluice::filters::jwt_authn
