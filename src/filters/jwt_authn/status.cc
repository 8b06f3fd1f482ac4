#include "status.h"

namespace sluice::filters::jwt_authn {

std::string_view Words(Status status) {
  switch (status) {
    case Status::kOk: return "OK";
    case Status::kMissing: return "Jwt is missing";
    case Status::kNotYetValid: return "Jwt not yet valid";
    case Status::kExpired: return "Jwt is expired";
    case Status::kBadFormat:
      return "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections";
    case Status::kHeaderBadBase64: return "Jwt header is an invalid Base64url encoded";
    case Status::kHeaderBadJson: return "Jwt header is an invalid JSON";
    case Status::kHeaderBadAlg: return "Jwt header [alg] field is required and must be a string";
    case Status::kHeaderUnknownAlg: return "Jwt header [alg] is not supported";
    case Status::kHeaderBadKid: return "Jwt header [kid] field is not a string";
    case Status::kPayloadBadBase64: return "Jwt payload is an invalid Base64url encoded";
    case Status::kPayloadBadJson: return "Jwt payload is an invalid JSON";
    case Status::kIssNotText: return "Jwt payload [iss] field is not a string";
    case Status::kSubNotText: return "Jwt payload [sub] field is not a string";
    case Status::kIatNotInteger: return "Jwt payload [iat] field is not an integer";
    case Status::kIatOutOfRange: return "Jwt payload [iat] field is not a positive 64 bit integer";
    case Status::kNbfNotInteger: return "Jwt payload [nbf] field is not an integer";
    case Status::kNbfOutOfRange: return "Jwt payload [nbf] field is not a positive 64 bit integer";
    case Status::kExpNotInteger: return "Jwt payload [exp] field is not an integer";
    case Status::kExpOutOfRange: return "Jwt payload [exp] field is not a positive 64 bit integer";
    case Status::kJtiNotText: return "Jwt payload [jti] field is not a string";
    case Status::kAudNotText: return "Jwt payload [aud] field is not a string or string list";
    case Status::kSignatureBadBase64: return "Jwt signature is an invalid Base64url encoded";
    case Status::kEd25519WrongLength: return "Jwt ED25519 signature is wrong length";
    case Status::kUnknownIssuer: return "Jwt issuer is not configured";
    case Status::kAudienceNotAllowed: return "Audiences in Jwt are not allowed";
    case Status::kVerificationFails: return "Jwt verification fails";
    case Status::kMultipleTokens: return "Found multiple Jwt tokens";
    case Status::kJwksBadJson: return "Jwks is an invalid JSON";
    case Status::kJwksNoKeys: return "Jwks does not have [keys] field";
    case Status::kJwksBadKeys: return "[keys] in Jwks is not an array";
    case Status::kJwksNoValidKeys: return "Jwks doesn't have any valid public key";
    case Status::kJwksNoMatch: return "Jwks doesn't have key to match kid or alg from Jwt";
    case Status::kJwksFetchFailed: return "Jwks remote fetch is failed";
  }
  return {};
}

std::string_view Details(Status status) {
  switch (status) {
    case Status::kOk: return "jwt_authn_access_denied{OK}";
    case Status::kMissing: return "jwt_authn_access_denied{Jwt_is_missing}";
    case Status::kNotYetValid: return "jwt_authn_access_denied{Jwt_not_yet_valid}";
    case Status::kExpired: return "jwt_authn_access_denied{Jwt_is_expired}";
    case Status::kBadFormat:
      return "jwt_authn_access_denied{Jwt_is_not_in_the_form_of_Header.Payload.Signature_with_two_"
             "dots_and_3_sections}";
    case Status::kHeaderBadBase64:
      return "jwt_authn_access_denied{Jwt_header_is_an_invalid_Base64url_encoded}";
    case Status::kHeaderBadJson: return "jwt_authn_access_denied{Jwt_header_is_an_invalid_JSON}";
    case Status::kHeaderBadAlg:
      return "jwt_authn_access_denied{Jwt_header_[alg]_field_is_required_and_must_be_a_string}";
    case Status::kHeaderUnknownAlg:
      return "jwt_authn_access_denied{Jwt_header_[alg]_is_not_supported}";
    case Status::kHeaderBadKid:
      return "jwt_authn_access_denied{Jwt_header_[kid]_field_is_not_a_string}";
    case Status::kPayloadBadBase64:
      return "jwt_authn_access_denied{Jwt_payload_is_an_invalid_Base64url_encoded}";
    case Status::kPayloadBadJson: return "jwt_authn_access_denied{Jwt_payload_is_an_invalid_JSON}";
    case Status::kIssNotText:
      return "jwt_authn_access_denied{Jwt_payload_[iss]_field_is_not_a_string}";
    case Status::kSubNotText:
      return "jwt_authn_access_denied{Jwt_payload_[sub]_field_is_not_a_string}";
    case Status::kIatNotInteger:
      return "jwt_authn_access_denied{Jwt_payload_[iat]_field_is_not_an_integer}";
    case Status::kIatOutOfRange:
      return "jwt_authn_access_denied{Jwt_payload_[iat]_field_is_not_a_positive_64_bit_integer}";
    case Status::kNbfNotInteger:
      return "jwt_authn_access_denied{Jwt_payload_[nbf]_field_is_not_an_integer}";
    case Status::kNbfOutOfRange:
      return "jwt_authn_access_denied{Jwt_payload_[nbf]_field_is_not_a_positive_64_bit_integer}";
    case Status::kExpNotInteger:
      return "jwt_authn_access_denied{Jwt_payload_[exp]_field_is_not_an_integer}";
    case Status::kExpOutOfRange:
      return "jwt_authn_access_denied{Jwt_payload_[exp]_field_is_not_a_positive_64_bit_integer}";
    case Status::kJtiNotText:
      return "jwt_authn_access_denied{Jwt_payload_[jti]_field_is_not_a_string}";
    case Status::kAudNotText:
      return "jwt_authn_access_denied{Jwt_payload_[aud]_field_is_not_a_string_or_string_list}";
    case Status::kSignatureBadBase64:
      return "jwt_authn_access_denied{Jwt_signature_is_an_invalid_Base64url_encoded}";
    case Status::kEd25519WrongLength:
      return "jwt_authn_access_denied{Jwt_ED25519_signature_is_wrong_length}";
    case Status::kUnknownIssuer: return "jwt_authn_access_denied{Jwt_issuer_is_not_configured}";
    case Status::kAudienceNotAllowed:
      return "jwt_authn_access_denied{Audiences_in_Jwt_are_not_allowed}";
    case Status::kVerificationFails: return "jwt_authn_access_denied{Jwt_verification_fails}";
    case Status::kMultipleTokens: return "jwt_authn_access_denied{Found_multiple_Jwt_tokens}";
    case Status::kJwksBadJson: return "jwt_authn_access_denied{Jwks_is_an_invalid_JSON}";
    case Status::kJwksNoKeys: return "jwt_authn_access_denied{Jwks_does_not_have_[keys]_field}";
    case Status::kJwksBadKeys: return "jwt_authn_access_denied{[keys]_in_Jwks_is_not_an_array}";
    case Status::kJwksNoValidKeys:
      return "jwt_authn_access_denied{Jwks_doesn't_have_any_valid_public_key}";
    case Status::kJwksNoMatch:
      return "jwt_authn_access_denied{Jwks_doesn't_have_key_to_match_kid_or_alg_from_Jwt}";
    case Status::kJwksFetchFailed: return "jwt_authn_access_denied{Jwks_remote_fetch_is_failed}";
  }
  return {};
}

}  // namespace sluice::filters::jwt_authn
