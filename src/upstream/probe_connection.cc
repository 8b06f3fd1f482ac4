#include "probe_connection.h"

#include <utility>

namespace sluice::upstream {
namespace {

class NoEvents final : public net::ConnectionEvents {
 public:
  void OnBytes(ByteChain& in, bool /*end*/) override { in.Clear(); }
  void OnClosed(const net::CloseInfo& /*info*/) override {}
};
NoEvents g_no_events;

}  // namespace

void ProbeConnection::Open(const net::Address& to, net::ConnectionEvents& events) {
  Drop();
  net::TransportOptions options;
  options.alpn = context_.options.alpn;
  connection_ =
      std::make_unique<net::Connection>(context_.loop, context_.transport.Create(options));
  connection_->SetEvents(&events);
  context_.local_side.Connect(*connection_, to);
  to_ = to;
}

void ProbeConnection::Drop() {
  if (connection_ == nullptr) return;
  std::unique_ptr<net::Connection> gone = std::move(connection_);
  gone->SetEvents(&g_no_events);
  if (gone->state() != net::Connection::State::kClosed) gone->Close();
  context_.loop.DeferDelete(std::move(gone));
}

bool ProbeConnection::Usable(const net::Address& to) const {
  return OpenTo(to) && connection_->IdleAndClean();
}

bool ProbeConnection::OpenTo(const net::Address& to) const {
  return connection_ != nullptr && connection_->open() && to_ == to;
}

}  // namespace sluice::upstream
