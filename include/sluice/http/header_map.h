// The fields of one head or trailer block, in order, as views.
//
// Nothing is owned here: names and values are views into the slab that was read (pinned by the
// stream), into the stream's arena, or into static text. Names are lower case, always; a name's
// spelling on the wire is kept beside it only when header_key_format asks for it. One thread; dies
// with its arena.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "sluice/buffer/arena.h"
#include "sluice/http/header_id.h"

namespace sluice::http {

struct HeaderEntry {
  const char* name = nullptr;
  const char* value = nullptr;
  // As it was written, null: as name. Same length as name; of ":authority": that of "host".
  const char* spelling = nullptr;
  uint32_t value_size = 0;
  uint16_t name_size = 0;
  HeaderId id = HeaderId::kOther;
  bool never_index = false;  // HPACK: must not enter a table (sensitive)
  bool checked = false;      // a codec read name and value: no byte in them that may not be written

  std::string_view Name() const { return {name, name_size}; }
  std::string_view Value() const { return {value, value_size}; }
};

class HeaderMap {
 public:
  explicit HeaderMap(Arena& arena) : arena_(arena) {}
  HeaderMap(const HeaderMap&) = delete;
  HeaderMap& operator=(const HeaderMap&) = delete;

  // Reading. With several entries of a name, Get answers the first.
  std::optional<std::string_view> Get(HeaderId id) const {
    const uint16_t at = index_[static_cast<size_t>(id)];
    if (at == 0) return std::nullopt;
    return entries_[at - 1].Value();
  }
  std::optional<std::string_view> Get(std::string_view lower_name) const;
  bool Has(HeaderId id) const { return index_[static_cast<size_t>(id)] != 0; }
  size_t CountOf(HeaderId id) const;
  // All values of a name joined by ',' in the arena when there are several.
  std::optional<std::string_view> GetJoined(std::string_view lower_name) const;
  std::span<const HeaderEntry> entries() const { return {entries_, size_}; }
  size_t size() const { return size_; }
  // Names and values plus 4 bytes a field (": " and CRLF), the way limits count.
  size_t byte_size() const { return byte_size_; }

  // Adding. The *View forms keep the views: they must live as long as the stream. The others copy
  // into the arena.
  void AddView(HeaderId id, std::string_view value);
  void AddView(std::string_view lower_name, std::string_view value);
  void AddEntry(const HeaderEntry& entry) {
    if (size_ == capacity_) Grow();
    entries_[size_++] = entry;
    byte_size_ += entry.name_size + entry.value_size + kFieldOverhead;
    uint16_t& first = index_[static_cast<size_t>(entry.id)];
    if (first == 0 && entry.id != HeaderId::kOther) first = static_cast<uint16_t>(size_);
  }
  void Add(HeaderId id, std::string_view value) { AddView(id, arena_.Copy(value)); }
  void Add(std::string_view name, std::string_view value);  // lowers the name
  // Replaces the first entry of the name and removes the others; adds it if there is none.
  void SetView(HeaderId id, std::string_view value);
  void Set(HeaderId id, std::string_view value) { SetView(id, arena_.Copy(value)); }
  void Set(std::string_view name, std::string_view value);
  // How the first entry of this name was spelled on the wire (header_key_format preserve_case).
  void SetSpelling(HeaderId id, const char* spelling);
  // Makes "old,value" of an existing field, else adds.
  void AppendToList(HeaderId id, std::string_view value);

  size_t Remove(HeaderId id);  // how many went
  size_t Remove(std::string_view lower_name);
  template <typename Predicate>
  size_t RemoveIf(Predicate&& predicate) {
    size_t kept = 0;
    for (size_t i = 0; i < size_; ++i) {
      if (predicate(static_cast<const HeaderEntry&>(entries_[i]))) continue;
      if (kept != i) entries_[kept] = entries_[i];
      ++kept;
    }
    const size_t removed = size_ - kept;
    size_ = static_cast<uint32_t>(kept);
    if (removed != 0) Reindex();
    return removed;
  }
  void Clear();

  Arena& arena() { return arena_; }

 private:
  static constexpr size_t kFieldOverhead = 4;  // ": " and CRLF

  void Grow();
  void Reindex();

  Arena& arena_;
  HeaderEntry* entries_ = nullptr;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
  size_t byte_size_ = 0;
  // Position + 1 of the first entry of each known name; 0: none. A position over 65,534 does not
  // occur: the codecs refuse such heads.
  uint16_t index_[static_cast<size_t>(HeaderId::kCount)] = {};
};

}  // namespace sluice::http
