// kTLS: what is sent becomes records in the kernel instead of OpenSSL, on connections whose cipher
// both know. Off unless asked for; for the whole process, before the first TLS context is made.
#pragma once

#include "sluice/base/error.h"

namespace sluice::tls {

// An error, with words for the operator, where OpenSSL or the kernel has no kTLS: all stays as it
// was.
Result<> UseKernelTls();
bool UsesKernelTls();

}  // namespace sluice::tls
