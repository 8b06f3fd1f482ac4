#include "network_chain.h"

#include <algorithm>
#include <utility>

namespace sluice::listener {

using filter::NetworkStatus;

void NetworkChain::Add(std::unique_ptr<filter::NetworkFilter> filter) {
  filter->SetHost(host_);
  filters_.push_back(std::move(filter));
}

void NetworkChain::Start() {
  while (!closed_ && started_ < filters_.size()) {
    filter::NetworkFilter& next = *filters_[started_++];
    const NetworkStatus status = next.OnNewConnection();
    if (closed_) return;
    if (next.sees_output()) {
      if (output_ == nullptr) output_ = std::make_unique<OutputChain>(host_);
      output_->Add(next);
    }
    if (status == NetworkStatus::kStop && stopped_at_ == 0) {
      stopped_at_ = started_;
      return;
    }
  }
}

void NetworkChain::OnData(ByteChain& in, bool end) {
  if (stopped_at_ == 0) Run(0, in, end);
}

void NetworkChain::Run(size_t from, ByteChain& in, bool end) {
  for (size_t i = from; i < filters_.size() && !closed_; ++i) {
    const NetworkStatus status = filters_[i]->OnData(in, end);
    const bool last = i + 1 == filters_.size();
    if (status == NetworkStatus::kStop && !last && !closed_) {
      stopped_at_ = i + 1;
      return;
    }
  }
}

void NetworkChain::Continue(ByteChain& in, bool end) {
  if (closed_ || stopped_at_ == 0) return;
  const size_t from = std::exchange(stopped_at_, 0);
  Start();
  if (!closed_ && stopped_at_ == 0 && (!in.empty() || end)) Run(from, in, end);
}

void NetworkChain::OnOutputHigh() {
  if (!closed_) filters_.back()->OnOutputHigh();
}

void NetworkChain::OnOutputLow() {
  if (!closed_) filters_.back()->OnOutputLow();
}

void NetworkChain::OnFlushed() {
  if (!closed_) filters_.back()->OnFlushed();
}

void NetworkChain::OnSpliced(uint64_t bytes, bool done) {
  if (!closed_) filters_.back()->OnSpliced(bytes, done);
}

void NetworkChain::OnQuiet() {
  for (size_t i = 0; i < filters_.size() && !closed_; ++i) filters_[i]->OnQuiet();
}

void NetworkChain::OnClosed(const net::CloseInfo& info) {
  if (std::exchange(closed_, true)) return;
  for (auto& one : filters_) one->OnClosed(info);
}

void NetworkChain::OnDrain(bool hard) {
  for (size_t i = 0; i < filters_.size() && !closed_; ++i) filters_[i]->OnDrain(hard);
}

void NetworkChain::OnRetire() {
  for (size_t i = 0; i < filters_.size() && !closed_; ++i) filters_[i]->OnRetire();
}

bool NetworkChain::transparent() const {
  return std::all_of(filters_.begin(), filters_.end() - 1,
                     [](const auto& one) { return one->transparent(); });
}

}  // namespace sluice::listener
