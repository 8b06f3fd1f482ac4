// x-forwarded-client-cert: what the next hop learns of the client's certificate.
#pragma once

#include "options.h"
#include "sluice/http/header_map.h"
#include "sluice/stream/tls_info.h"

namespace sluice::downstream {

// `tls` is null without TLS.
void WriteClientCert(ClientCertMode mode, const ClientCertFields& fields,
                     const stream::TlsInfo* tls, http::HeaderMap& head);

}  // namespace sluice::downstream
