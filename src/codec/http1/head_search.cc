#include "head_search.h"

#include <string_view>

#include "sluice/http/chars.h"

namespace sluice::http1 {

HeadSearch::Outcome HeadSearch::Continue(const ByteChain& in) {
  size_t begin = 0;  // of the slice, in the chain
  char before = 0;   // the last byte of the slice in front
  for (size_t i = 0; i < in.slice_count(); ++i) {
    const std::string_view piece = in.slice(i).view();
    const char* const data = piece.data();
    size_t at = seen_ > begin ? seen_ - begin : 0;
    while (at < piece.size()) {
      const char* const found = http::FindByte(data + at, data + piece.size(), '\n');
      const auto lf = static_cast<size_t>(found - data);
      if (lf == piece.size()) break;
      seen_ = begin + lf + 1;
      if ((lf > 0 ? data[lf - 1] : before) != '\r') return Outcome::kBareLf;
      const bool empty_line = begin + lf == line_start_ + 1;
      at = lf + 1;
      line_start_ = seen_;
      if (first_line_ == 0) first_line_ = line_start_;
      if (empty_line) return Outcome::kFound;
    }
    begin += piece.size();
    if (!piece.empty()) before = piece.back();
  }
  seen_ = begin;
  return Outcome::kIncomplete;
}

}  // namespace sluice::http1
