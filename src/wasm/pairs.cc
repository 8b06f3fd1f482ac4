#include "pairs.h"

#include <cstring>

namespace sluice::wasm {
namespace {

void PutWord(std::string& out, size_t value) {
  const auto word = static_cast<uint32_t>(value);
  out.append(reinterpret_cast<const char*>(&word), sizeof word);
}

class Writer {
 public:
  explicit Writer(size_t count) { PutWord(sizes_, count); }
  void Add(std::string_view key, std::string_view value) {
    PutWord(sizes_, key.size());
    PutWord(sizes_, value.size());
    texts_.append(key).push_back('\0');
    texts_.append(value).push_back('\0');
  }
  std::string Take() { return std::move(sizes_.append(texts_)); }

 private:
  std::string sizes_;
  std::string texts_;
};

}  // namespace

std::string WritePairs(const Pairs& pairs) {
  Writer writer(pairs.size());
  for (const auto& [key, value] : pairs) writer.Add(key, value);
  return writer.Take();
}

std::string WritePairs(const http::HeaderMap& map) {
  Writer writer(map.size());
  for (const http::HeaderEntry& entry : map.entries()) writer.Add(entry.Name(), entry.Value());
  return writer.Take();
}

std::optional<Pairs> ReadPairs(std::string_view bytes) {
  const auto word = [&](size_t at) {
    uint32_t value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return size_t{value};
  };
  if (bytes.empty()) return Pairs();
  if (bytes.size() < 4) return std::nullopt;
  const size_t count = word(0);
  if (count > (bytes.size() - 4) / 8) return std::nullopt;
  Pairs pairs;
  size_t at = 4 + count * 8;
  for (size_t i = 0; i < count; ++i) {
    std::string_view parts[2];
    for (size_t j = 0; j < 2; ++j) {
      const size_t size = word(4 + i * 8 + j * 4);
      if (size >= bytes.size() - at) return std::nullopt;
      parts[j] = bytes.substr(at, size);
      at += size + 1;
    }
    pairs.emplace_back(parts[0], parts[1]);
  }
  return pairs;
}

}  // namespace sluice::wasm
