#include "stream.h"

#include "session.h"

namespace sluice::http2 {

void Stream::SendInformational(const http::HeaderMap& head) {
  session->SendInformational(*this, head);
}

void Stream::SendHead(const http::HeaderMap& head, bool end) {
  if (active() && send == SendState::kHead) session->SendHead(*this, head, end);
}

void Stream::SendData(ByteChain& data, bool end) { session->QueueBody(*this, data, end); }

void Stream::SendTrailers(const http::HeaderMap& map) { session->QueueTrailers(*this, map); }

void Stream::Reset(http::ResetReason reason) { session->ResetStream(*this, reason); }

void Stream::ResumeReading() {
  if (pauses == 0 || --pauses != 0) return;
  session->ResumeStream(*this);
}

void Stream::Consumed(size_t size) { session->ConsumedBy(*this, size); }

}  // namespace sluice::http2
