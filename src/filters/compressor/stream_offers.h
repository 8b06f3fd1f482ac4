// What the compressors of one stream's chain know of one another: each says what it offers when it
// sees the request, and the first to see the response chooses for all. In the stream's arena, found
// by its filter state.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "accepted_encodings.h"
#include "sluice/buffer/arena.h"
#include "sluice/stream/filter_state.h"

namespace sluice::filters::compressor {

class StreamOffers {
 public:
  static constexpr std::string_view kStateName = "envoy.filters.http.compressor";
  static constexpr size_t kMax = 16;

  // The stream's; made at first use.
  static StreamOffers& Of(stream::FilterState& state, Arena& arena) {
    if (const auto* found = static_cast<const Ref*>(state.Find(kStateName))) return found->offers;
    auto* offers = arena.New<StreamOffers>();
    state.Set(kStateName, std::make_unique<Ref>(*offers));
    return *offers;
  }

  // One too many is never chosen.
  void Add(const Offer& offer) {
    if (count_ < kMax) offers_[count_++] = offer;
  }
  Choice Choose(std::string_view accept_encoding, std::string_view content_type) {
    if (!choice_) {
      choice_ = ChooseEncoding(accept_encoding, content_type, {offers_, count_});
    }
    return *choice_;
  }

 private:
  struct Ref final : stream::FilterStateObject {
    explicit Ref(StreamOffers& of) : offers(of) {}
    StreamOffers& offers;
  };

  Offer offers_[kMax];
  size_t count_ = 0;
  std::optional<Choice> choice_;
};

}  // namespace sluice::filters::compressor
