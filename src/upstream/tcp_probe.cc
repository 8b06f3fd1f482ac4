#include "tcp_probe.h"

#include <utility>

namespace sluice::upstream {

void TcpProbe::Begin(const ProbeTarget& target) {
  asking_ = true;
  received_.clear();
  // Without anything to receive it is the connecting that counts.
  if (!context_.options.receive.empty() && connection_.Usable(target.address)) return Send();
  connection_.Open(target.address, *this);
}

void TcpProbe::GiveUp() {
  asking_ = false;
  connection_.Drop();
}

void TcpProbe::OnConnected() {
  if (!asking_) return;
  Send();
  if (context_.options.receive.empty()) Finish(ProbeOutcome::kHealthy, false);
}

void TcpProbe::Send() {
  if (context_.options.send.empty()) return;
  connection_->output().Append(context_.options.send);
  connection_->Flush();
}

void TcpProbe::OnBytes(ByteChain& in, bool end) {
  for (size_t i = 0; asking_ && i < in.slice_count(); ++i) received_.append(in.slice(i).view());
  in.Clear();
  if (!asking_) {
    connection_.Drop();  // it talks without being asked, or ends
    return;
  }
  if (HoldsInOrder(received_, context_.options.receive)) {
    Finish(ProbeOutcome::kHealthy, context_.options.reuse_connection && !end);
  } else if (end || received_.size() > kMaxBytes) {
    Finish(ProbeOutcome::kNetwork, false);
  }
}

void TcpProbe::OnClosed(const net::CloseInfo& /*info*/) {
  if (asking_) return Finish(ProbeOutcome::kNetwork, false);
  connection_.Drop();
}

void TcpProbe::Finish(ProbeOutcome outcome, bool keep) {
  asking_ = false;
  if (!keep) connection_.Drop();
  events_.OnProbeDone(outcome);
}

}  // namespace sluice::upstream
