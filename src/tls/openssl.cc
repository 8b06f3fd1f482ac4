#include "openssl.h"

#include <openssl/err.h>

namespace sluice::tls {

BioPtr ReadBio(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

OsslFault TakeFault() {
  OsslFault fault;
  const char* data = nullptr;
  int flags = 0;
  while (const unsigned long code = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
    if (fault.code == 0) fault.code = code;
    const char* library = ERR_lib_error_string(code);
    const char* reason = ERR_reason_error_string(code);
    if (!fault.words.empty()) fault.words += ", ";
    fault.words += library != nullptr ? library : "OpenSSL";
    fault.words += "::";
    fault.words += reason != nullptr ? reason : std::to_string(ERR_GET_REASON(code)).c_str();
    if ((flags & ERR_TXT_STRING) != 0 && data != nullptr && *data != '\0') {
      fault.words.append(" (").append(data).append(")");
    }
  }
  return fault;
}

void ForgetFaults() { ERR_clear_error(); }

}  // namespace sluice::tls
