#include "output_chain.h"

#include <utility>

#include "sluice/net/connection.h"

namespace sluice::listener {

using filter::NetworkStatus;

OutputChain::OutputChain(filter::NetworkFilterHost& host)
    : host_(host), later_(host.connection().loop(), [this] { DoLater(); }) {
  host_.connection().SetOutputFilter(this);
}

// `waiting` lies as the filters do: first what has passed the first of them, then what each holds
// back in the chain's order, then what is new.
net::OutputFilter::Verdict OutputChain::OnOutput(ByteChain& waiting, bool end) {
  running_ = true;
  ByteChain passed;
  waiting.MoveTo(passed, std::exchange(released_, 0));
  std::vector<ByteChain> held(stages_.size());
  for (size_t i = 0; i < stages_.size(); ++i) waiting.MoveTo(held[i], stages_[i].waiting);
  ByteChain moving = std::move(waiting);
  bool end_moves = end && !std::exchange(end_begun_, true);
  for (size_t i = stages_.size(); i-- > 0;) {
    Stage& stage = stages_[i];
    const bool news = !moving.empty() || end_moves || stage.unseen;
    held[i].Append(std::move(moving));
    stage.end_here = stage.end_here || std::exchange(end_moves, false);
    stage.unseen = false;
    const bool goes =
        news && stage.filter->OnOutput(held[i], stage.end_here) == NetworkStatus::kContinue;
    if (goes) {
      moving = std::move(held[i]);
      held[i].Clear();
      end_moves = std::exchange(stage.end_here, false);
    }
    stage.waiting = held[i].size();
  }
  passed.Append(std::move(moving));
  end_released_ = end_released_ || end_moves;
  const Verdict verdict{passed.size(), end_released_};
  for (ByteChain& one : held) passed.Append(std::move(one));
  waiting = std::move(passed);
  running_ = false;
  return verdict;
}

void OutputChain::Continue(const filter::NetworkFilter& filter) {
  for (size_t i = 0; i < stages_.size(); ++i) {
    Stage& stage = stages_[i];
    if (stage.filter != &filter || (stage.waiting == 0 && !stage.end_here)) continue;
    const size_t bytes = std::exchange(stage.waiting, 0);
    const bool end = std::exchange(stage.end_here, false);
    stage.unseen = false;
    if (i == 0) {
      released_ += bytes;
      end_released_ = end_released_ || end;
    } else {
      stages_[i - 1].waiting += bytes;
      stages_[i - 1].end_here = stages_[i - 1].end_here || end;
      stages_[i - 1].unseen = true;
    }
    host_.connection().OfferOutputAgain();
    return;
  }
}

void OutputChain::ContinueLater() {
  continue_later_ = true;
  later_.Arm(Duration::zero());
}

void OutputChain::CloseLater(net::CloseKind kind, std::string_view details) {
  if (close_later_) return;
  close_later_ = kind;
  close_details_ = details;
  later_.Arm(Duration::zero());
}

void OutputChain::DoLater() {
  if (close_later_) return host_.Close(*close_later_, close_details_);
  if (std::exchange(continue_later_, false)) host_.Continue();
}

}  // namespace sluice::listener
