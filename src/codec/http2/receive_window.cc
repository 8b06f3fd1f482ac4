#include "receive_window.h"

#include <algorithm>

#include "sluice/codec/http2/window_budget.h"

namespace sluice::http2 {

ReceiveWindow::~ReceiveWindow() { WindowBudget::ForThread().Give(reserved_); }

void ReceiveWindow::OnReceived(size_t bytes) {
  held_ += bytes;
  seen_ += bytes;
}

void ReceiveWindow::OnConsumed(size_t bytes) { held_ -= std::min<uint64_t>(held_, bytes); }

uint64_t ReceiveWindow::Reserve(uint64_t bytes) {
  const uint64_t have = kFirstWindow + reserved_;
  if (bytes <= have) return bytes;
  const uint64_t got = WindowBudget::ForThread().Take(bytes - have);
  reserved_ += got;
  if (got == bytes - have) return bytes;
  counters_.window_budget_exhausted.Inc();
  window_ = kFirstWindow;
  return have + got;
}

uint32_t ReceiveWindow::Credit(int32_t open) {
  const auto still = static_cast<uint64_t>(std::max(open, 0));
  if (still > window_ / 2) return 0;
  if (seen_ >= 2 * uint64_t{window_} && held_ < window_ && window_ < limit_) {
    window_ = static_cast<uint32_t>(std::min<uint64_t>(limit_, 2 * uint64_t{window_}));
    seen_ = 0;
  }
  const uint64_t wanted = std::min<uint64_t>(held_ + window_, std::max(limit_, kFirstWindow));
  const uint64_t room = Reserve(wanted);
  if (room <= held_ + still) return 0;
  return static_cast<uint32_t>(room - held_ - still);
}

void ReceiveWindow::OnIdle(int32_t open) {
  if (held_ != 0 || reserved_ == 0) return;
  const auto needed = static_cast<uint64_t>(std::max(open, 0));
  const uint64_t keep = needed > kFirstWindow ? needed - kFirstWindow : 0;
  if (keep >= reserved_) return;
  WindowBudget::ForThread().Give(reserved_ - keep);
  reserved_ = keep;
}

uint32_t StreamWindow(uint32_t configured) {
  return WindowBudget::ForThread().scarce() ? std::min(configured, ReceiveWindow::kFirstWindow)
                                            : configured;
}

}  // namespace sluice::http2
