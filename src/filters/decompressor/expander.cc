#include "expander.h"

namespace sluice::filters::decompressor {

Step Expander::Next(ByteChain& out) {
  const size_t before = out.size();
  const compression::Progress progress = decompressor_->Decompress(in_, kStepBytes, out);
  out_bytes_ += out.size() - before;
  if (out_bytes_ > (in_bytes_ - in_.size()) * max_ratio_) return Step::kTooMuch;
  switch (progress) {
    case compression::Progress::kBad: return Step::kBad;
    case compression::Progress::kHasMore: return Step::kMore;
    case compression::Progress::kNeedsInput: break;
  }
  // An empty body is one in any coding; another one has to end where its coding says.
  const bool broken = ended_ && in_bytes_ != 0 && !decompressor_->complete();
  return broken ? Step::kBad : Step::kDone;
}

}  // namespace sluice::filters::decompressor
