#include "accepted_encodings.h"

#include <algorithm>
#include <optional>

#include "sluice/http/chars.h"
#include "sluice/http/list.h"

namespace sluice::filters::compressor {
namespace {

using http::EqualsIgnoreCase;
using http::TrimOws;

constexpr uint32_t kFullWeight = 1000;
constexpr size_t kMaxOffers = 16;

struct Wish {
  std::string_view coding;
  uint32_t weight = kFullWeight;
};

// RFC 9110 section 12.4.2: 0 to 1 with at most three decimals, here in thousandths.
std::optional<uint32_t> ParseWeight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  uint32_t weight = text[0] == '1' ? kFullWeight : 0;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  uint32_t unit = 100;
  for (const char c : text.substr(std::min<size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return std::nullopt;
    weight += static_cast<uint32_t>(c - '0') * unit;
    unit /= 10;
  }
  if (weight > kFullWeight) return std::nullopt;
  return weight;
}

// "gzip;q=0.5"; nothing: its weight cannot be read, so it says nothing.
std::optional<Wish> ParseWish(std::string_view item) {
  const size_t semicolon = item.find(';');
  Wish wish{TrimOws(item.substr(0, semicolon))};
  if (semicolon == std::string_view::npos) return wish;
  const std::string_view parameter = TrimOws(item.substr(semicolon + 1));
  const size_t equals = parameter.find('=');
  if (equals == std::string_view::npos) return wish;
  if (!EqualsIgnoreCase(TrimOws(parameter.substr(0, equals)), "q")) return wish;
  const auto weight = ParseWeight(TrimOws(parameter.substr(equals + 1)));
  if (!weight) return std::nullopt;
  wish.weight = *weight;
  return wish;
}

// RFC 9110 section 8.4.1.3: "x-gzip" is "gzip".
bool Names(std::string_view coding, std::string_view encoding) {
  return EqualsIgnoreCase(coding, encoding) ||
         (encoding == "gzip" && EqualsIgnoreCase(coding, "x-gzip"));
}

// The offers that may be used for this response.
class Offers {
 public:
  Offers(std::string_view content_type, std::span<const Offer> all) {
    for (const Offer& offer : all) {
      if (count_ == kMaxOffers) break;
      if (offer.types != nullptr && !offer.types->Take(content_type)) continue;
      if (Find(offer.encoding) == nullptr) list_[count_++] = &offer;
    }
  }
  const Offer* Find(std::string_view coding) const {
    for (size_t i = 0; i < count_; ++i) {
      if (Names(coding, list_[i]->encoding)) return list_[i];
    }
    return nullptr;
  }
  void Remove(std::string_view coding) {
    const auto end = std::remove_if(
        list_, list_ + count_, [&](const Offer* offer) { return Names(coding, offer->encoding); });
    count_ = static_cast<size_t>(end - list_);
  }
  const Offer* first() const { return count_ == 0 ? nullptr : list_[0]; }

 private:
  const Offer* list_[kMaxOffers] = {};
  size_t count_ = 0;
};

void RemoveUnwanted(std::string_view accept_encoding, Offers& offers) {
  http::ForEachListItem(accept_encoding, [&](std::string_view item) {
    const auto wish = ParseWish(item);
    if (wish && wish->weight == 0) offers.Remove(wish->coding);
  });
}

}  // namespace

ContentTypes::ContentTypes(const std::vector<std::string>& types) : types_(types) {
  for (std::string& type : types_) std::ranges::transform(type, type.begin(), http::ToLowerAscii);
}

bool ContentTypes::Take(std::string_view content_type) const {
  if (content_type.empty() || types_.empty()) return true;
  const std::string_view type = TrimOws(content_type.substr(0, content_type.find(';')));
  return std::ranges::any_of(types_,
                             [&](const std::string& each) { return EqualsIgnoreCase(each, type); });
}

Choice ChooseEncoding(std::string_view accept_encoding, std::string_view content_type,
                      std::span<const Offer> offers) {
  Offers usable(content_type, offers);
  RemoveUnwanted(accept_encoding, usable);
  if (usable.first() == nullptr) return {};
  Choice choice;
  uint32_t weight = 0;
  http::ForEachListItem(accept_encoding, [&](std::string_view item) {
    const auto wish = ParseWish(item);
    if (!wish || wish->weight == 0) return;
    const Offer* offer = usable.Find(wish->coding);
    const bool any = wish->coding == "*";
    const bool identity = EqualsIgnoreCase(wish->coding, "identity");
    if (offer == nullptr && !any && !identity) return;
    const bool preferred = offer != nullptr && offer->choose_first;
    if (wish->weight < weight || (wish->weight == weight && !preferred)) return;
    weight = wish->weight;
    if (identity) {
      choice = {{}, Reason::kIdentity};
    } else if (any) {
      choice = {usable.first()->encoding, Reason::kWildcard};
    } else {
      choice = {offer->encoding, Reason::kNamed};
    }
  });
  return choice;
}

}  // namespace sluice::filters::compressor
