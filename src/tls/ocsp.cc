#include "ocsp.h"

#include <openssl/ocsp.h>

#include "certificate_text.h"

namespace sluice::tls {
namespace {

using ResponsePtr = std::unique_ptr<OCSP_RESPONSE, OsslFree<OCSP_RESPONSE_free>>;
using BasicPtr = std::unique_ptr<OCSP_BASICRESP, OsslFree<OCSP_BASICRESP_free>>;

std::unexpected<Error> Bad(std::string detail) {
  return Fail(ErrorCode::kInvalidConfig, Origin::kConfig, std::move(detail));
}

// The issuer is not at hand, so the serial number has to do, as it names one certificate of it.
OCSP_SINGLERESP* FindFor(OCSP_BASICRESP* basic, X509* certificate) {
  for (int i = 0; i < OCSP_resp_count(basic); ++i) {
    OCSP_SINGLERESP* one = OCSP_resp_get0(basic, i);
    ASN1_INTEGER* serial = nullptr;
    // Reads only; the library's type has no const.
    auto* id = const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(one));
    OCSP_id_get0_info(nullptr, nullptr, nullptr, &serial, id);
    if (serial != nullptr && ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(certificate)) == 0) {
      return one;
    }
  }
  return nullptr;
}

}  // namespace

Result<WallTime> CheckOcspResponse(const std::string& der, X509* certificate) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const ResponsePtr response(d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size())));
  if (response == nullptr) return Bad("not an OCSP response: " + TakeFault().words);
  const int state = OCSP_response_status(response.get());
  if (state != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    return Bad(std::string("the OCSP response says ") + OCSP_response_status_str(state));
  }
  const BasicPtr basic(OCSP_response_get1_basic(response.get()));
  if (basic == nullptr) return Bad("the OCSP response is broken: " + TakeFault().words);
  OCSP_SINGLERESP* one = FindFor(basic.get(), certificate);
  if (one == nullptr) return Bad("the OCSP response is for another certificate");
  ASN1_GENERALIZEDTIME* until = nullptr;
  int reason = 0;
  const int verdict = OCSP_single_get0_status(one, &reason, nullptr, nullptr, &until);
  if (verdict == V_OCSP_CERTSTATUS_REVOKED) {
    return Bad(std::string("the OCSP response says that the certificate is revoked: ") +
               OCSP_crl_reason_str(reason));
  }
  return until != nullptr ? ToWallTime(until) : WallTime::max();
}

bool WantsStaple(X509* certificate) {
  constexpr long kStatusRequest = 5;
  const std::unique_ptr<TLS_FEATURE, OsslFree<TLS_FEATURE_free>> features(
      static_cast<TLS_FEATURE*>(X509_get_ext_d2i(certificate, NID_tlsfeature, nullptr, nullptr)));
  if (features == nullptr) return false;
  for (int i = 0; i < sk_ASN1_INTEGER_num(features.get()); ++i) {
    if (ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features.get(), i)) == kStatusRequest) return true;
  }
  return false;
}

}  // namespace sluice::tls
