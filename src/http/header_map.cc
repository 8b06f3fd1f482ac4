#include "sluice/http/header_map.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>

#include "sluice/base/check.h"
#include "sluice/http/chars.h"

namespace sluice::http {
namespace {

constexpr uint32_t kFirstCapacity = 16;
constexpr uint32_t kMaxFields = std::numeric_limits<uint16_t>::max() - 1;

}  // namespace

std::optional<std::string_view> HeaderMap::Get(std::string_view lower_name) const {
  const HeaderId id = FindHeaderId(lower_name);
  if (id != HeaderId::kOther) return Get(id);
  for (const HeaderEntry& entry : entries()) {
    if (entry.id == HeaderId::kOther && entry.Name() == lower_name) return entry.Value();
  }
  return std::nullopt;
}

size_t HeaderMap::CountOf(HeaderId id) const {
  const uint16_t at = index_[static_cast<size_t>(id)];
  if (at == 0) return 0;
  size_t count = 0;
  for (const HeaderEntry& entry : entries().subspan(at - 1u)) count += entry.id == id ? 1 : 0;
  return count;
}

std::optional<std::string_view> HeaderMap::GetJoined(std::string_view lower_name) const {
  const HeaderId id = FindHeaderId(lower_name);
  const auto matches = [&](const HeaderEntry& entry) {
    return entry.id == id && (id != HeaderId::kOther || entry.Name() == lower_name);
  };
  size_t count = 0;
  size_t bytes = 0;
  std::string_view first;
  for (const HeaderEntry& entry : entries()) {
    if (!matches(entry)) continue;
    if (count++ == 0) first = entry.Value();
    bytes += entry.value_size + 1u;
  }
  if (count == 0) return std::nullopt;
  if (count == 1) return first;
  auto* const joined = static_cast<char*>(arena_.Allocate(bytes, 1));
  char* to = joined;
  for (const HeaderEntry& entry : entries()) {
    if (!matches(entry)) continue;
    if (to != joined) *to++ = ',';
    to = std::copy_n(entry.value, entry.value_size, to);
  }
  return std::string_view(joined, static_cast<size_t>(to - joined));
}

void HeaderMap::AddView(HeaderId id, std::string_view value) {
  const std::string_view name = HeaderName(id);
  AddEntry({.name = name.data(),
            .value = value.data(),
            .value_size = static_cast<uint32_t>(value.size()),
            .name_size = static_cast<uint16_t>(name.size()),
            .id = id});
}

void HeaderMap::AddView(std::string_view lower_name, std::string_view value) {
  AddEntry({.name = lower_name.data(),
            .value = value.data(),
            .value_size = static_cast<uint32_t>(value.size()),
            .name_size = static_cast<uint16_t>(lower_name.size()),
            .id = FindHeaderId(lower_name)});
}

void HeaderMap::Add(std::string_view name, std::string_view value) {
  auto* const lower = static_cast<char*>(arena_.Allocate(name.size(), 1));
  std::transform(name.begin(), name.end(), lower, ToLowerAscii);
  AddView(std::string_view(lower, name.size()), arena_.Copy(value));
}

void HeaderMap::SetView(HeaderId id, std::string_view value) {
  const uint16_t at = index_[static_cast<size_t>(id)];
  if (at == 0) return AddView(id, value);
  HeaderEntry& entry = entries_[at - 1];
  byte_size_ = byte_size_ - entry.value_size + value.size();
  entry.value = value.data();
  entry.value_size = static_cast<uint32_t>(value.size());
  entry.checked = false;
  const HeaderEntry* const kept = &entry;
  if (CountOf(id) > 1) {
    RemoveIf([&](const HeaderEntry& other) { return other.id == id && &other != kept; });
  }
}

void HeaderMap::Set(std::string_view name, std::string_view value) {
  auto* const lower = static_cast<char*>(arena_.Allocate(name.size(), 1));
  std::transform(name.begin(), name.end(), lower, ToLowerAscii);
  const std::string_view lower_name(lower, name.size());
  const std::string_view kept_value = arena_.Copy(value);
  const HeaderId id = FindHeaderId(lower_name);
  if (id != HeaderId::kOther) return SetView(id, kept_value);

  HeaderEntry* const end = entries_ + size_;
  const auto same = [&](const HeaderEntry& entry) {
    return entry.id == HeaderId::kOther && entry.Name() == lower_name;
  };
  HeaderEntry* const first = std::find_if(entries_, end, same);
  if (first == end) return AddView(lower_name, kept_value);
  byte_size_ = byte_size_ - first->value_size + kept_value.size();
  first->value = kept_value.data();
  first->value_size = static_cast<uint32_t>(kept_value.size());
  first->checked = false;
  RemoveIf([&](const HeaderEntry& entry) { return &entry > first && same(entry); });
}

void HeaderMap::SetSpelling(HeaderId id, const char* spelling) {
  const uint16_t at = index_[static_cast<size_t>(id)];
  if (at != 0) entries_[at - 1].spelling = spelling;
}

void HeaderMap::AppendToList(HeaderId id, std::string_view value) {
  const uint16_t at = index_[static_cast<size_t>(id)];
  if (at == 0) return Add(id, value);
  HeaderEntry& entry = entries_[at - 1];
  const size_t joined_size = entry.value_size + 1 + value.size();
  auto* const joined = static_cast<char*>(arena_.Allocate(joined_size, 1));
  char* to = std::copy_n(entry.value, entry.value_size, joined);
  *to++ = ',';
  std::copy(value.begin(), value.end(), to);
  entry.value = joined;
  entry.value_size = static_cast<uint32_t>(joined_size);
  entry.checked = false;
  byte_size_ += 1 + value.size();
}

size_t HeaderMap::Remove(HeaderId id) {
  if (!Has(id)) return 0;
  return RemoveIf([id](const HeaderEntry& entry) { return entry.id == id; });
}

size_t HeaderMap::Remove(std::string_view lower_name) {
  const HeaderId id = FindHeaderId(lower_name);
  if (id != HeaderId::kOther) return Remove(id);
  return RemoveIf([lower_name](const HeaderEntry& entry) {
    return entry.id == HeaderId::kOther && entry.Name() == lower_name;
  });
}

void HeaderMap::Clear() {
  entries_ = nullptr;  // they go with the arena, which may have been reset already
  size_ = 0;
  capacity_ = 0;
  byte_size_ = 0;
  std::fill(std::begin(index_), std::end(index_), uint16_t{0});
}

void HeaderMap::Grow() {
  SLUICE_CHECK(capacity_ < kMaxFields);
  const uint32_t wanted = std::min(capacity_ == 0 ? kFirstCapacity : capacity_ * 2, kMaxFields);
  auto* const grown = static_cast<HeaderEntry*>(
      arena_.Allocate(wanted * sizeof(HeaderEntry), alignof(HeaderEntry)));
  std::uninitialized_copy_n(entries_, size_, grown);
  entries_ = grown;
  capacity_ = wanted;
}

void HeaderMap::Reindex() {
  std::fill(std::begin(index_), std::end(index_), uint16_t{0});
  byte_size_ = 0;
  for (uint32_t i = 0; i < size_; ++i) {
    const HeaderEntry& entry = entries_[i];
    byte_size_ += entry.name_size + entry.value_size + kFieldOverhead;
    uint16_t& first = index_[static_cast<size_t>(entry.id)];
    if (first == 0 && entry.id != HeaderId::kOther) first = static_cast<uint16_t>(i + 1);
  }
}

}  // namespace sluice::http
