#include "response_head.h"

#include "request_head.h"
#include "sluice/http/date.h"

namespace sluice::downstream {

using http::HeaderId;

void AppendVia(const ManagerOptions& options, http::HeaderMap& head) {
  if (options.via.empty()) return;
  head.AppendToList(HeaderId::kVia, head.Has(HeaderId::kVia) ? options.via_next : options.via);
}

void SanitizeResponse(const ManagerOptions& options, const http::HeaderMap& request_head,
                      WallTime now, http::HeaderMap& head) {
  if (!head.Has(HeaderId::kDate)) head.Add(HeaderId::kDate, http::HttpDate(now));
  if (options.server_header == ServerHeader::kOverwrite ||
      (options.server_header == ServerHeader::kAppendIfAbsent && !head.Has(HeaderId::kServer))) {
    head.SetView(HeaderId::kServer, options.server_name);
  }
  if (!IsUpgradeResponse(request_head, head)) {
    RemoveNominated(head);
    head.Remove(HeaderId::kConnection);
    head.Remove(HeaderId::kUpgrade);
  }
  head.Remove(HeaderId::kTransferEncoding);
  head.Remove(HeaderId::kKeepAlive);
  head.Remove(HeaderId::kProxyConnection);
  if (options.request_id.always_in_response || request_head.Has(HeaderId::kXEnvoyForceTrace)) {
    if (const auto id = request_head.Get(HeaderId::kXRequestId)) {
      head.SetView(HeaderId::kXRequestId, *id);
    }
  }
  AppendVia(options, head);
}

}  // namespace sluice::downstream
