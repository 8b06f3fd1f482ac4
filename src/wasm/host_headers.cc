// Header maps and buffers.
#include <algorithm>
#include <string>

#include "host.h"
#include "pairs.h"
#include "property_values.h"
#include "sluice/http/chars.h"

namespace sluice::wasm {
namespace {

const http::HeaderMap* MapOf(const HostCall& call) {
  if (call.U32(0) >= static_cast<uint32_t>(MapType::kCount)) return nullptr;
  return call.vm.current().ReadHeaders(static_cast<MapType>(call.U32(0)));
}

// A map that can still be changed; null: it cannot be, or is not there.
http::HeaderMap* MapToChange(const HostCall& call) {
  if (call.U32(0) >= static_cast<uint32_t>(MapType::kCount)) return nullptr;
  const auto type = static_cast<MapType>(call.U32(0));
  return call.vm.current().MayChange(type) ? call.vm.current().Headers(type) : nullptr;
}

void Changed(const HostCall& call) {
  call.vm.current().HeadersChanged(static_cast<MapType>(call.U32(0)));
}

bool IsPseudo(std::string_view name) { return name.starts_with(':'); }

// Names and values come from a stranger, and go onto a wire.
bool IsGood(std::string_view name, std::string_view value) {
  if (!http::IsFieldValue(value)) return false;
  if (!IsPseudo(name)) return http::IsToken(name);
  if (name == ":status") {
    return value.size() == 3 && value[0] >= '1' && value[0] <= '5' &&
           std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
  }
  const bool known =
      name == ":path" || name == ":authority" || name == ":method" || name == ":scheme";
  return known && value.find(' ') == std::string_view::npos &&
         value.find('\t') == std::string_view::npos && (name == ":authority" || !value.empty());
}

Status GetPairs(const HostCall& call) {
  const http::HeaderMap* map = MapOf(call);
  if (map == nullptr) return Status::kNotFound;
  return call.vm.Give(WritePairs(*map), call.U32(1), call.U32(2));
}

Status SetPairs(const HostCall& call) {
  std::string_view bytes;
  if (!call.Text(1, bytes)) return Status::kInvalidMemoryAccess;
  http::HeaderMap* map = MapToChange(call);
  if (map == nullptr) return Status::kBadArgument;
  const auto pairs = ReadPairs(bytes);
  if (!pairs) return Status::kBadArgument;
  for (const auto& [name, value] : *pairs) {
    if (!IsGood(name, value)) return Status::kBadArgument;
  }
  // A head without what makes it one cannot be sent.
  for (const http::HeaderEntry& entry : map->entries()) {
    const bool kept = !IsPseudo(entry.Name()) || std::ranges::any_of(*pairs, [&](const auto& pair) {
      return pair.first == entry.Name();
    });
    if (!kept) return Status::kBadArgument;
  }
  map->Clear();
  for (const auto& [name, value] : *pairs) map->Add(name, value);
  Changed(call);
  return Status::kOk;
}

Status GetValue(const HostCall& call) {
  std::string_view name;
  if (!call.Text(1, name)) return Status::kInvalidMemoryAccess;
  const http::HeaderMap* map = MapOf(call);
  if (map == nullptr) return Status::kNotFound;
  const auto joined = JoinedValue(*map, name);
  if (!joined) return Status::kNotFound;
  return call.vm.Give(*joined, call.U32(3), call.U32(4));
}

template <typename Fn>
Status Change(const HostCall& call, Fn&& change) {
  std::string_view name;
  std::string_view value;
  if (!call.Text(1, name) || !call.Text(3, value)) return Status::kInvalidMemoryAccess;
  http::HeaderMap* map = MapToChange(call);
  if (map == nullptr || !IsGood(name, value)) return Status::kBadArgument;
  change(*map, name, value);
  Changed(call);
  return Status::kOk;
}

Status AddValue(const HostCall& call) {
  return Change(call, [](http::HeaderMap& map, std::string_view name, std::string_view value) {
    IsPseudo(name) ? map.Set(name, value) : map.Add(name, value);
  });
}

Status ReplaceValue(const HostCall& call) {
  return Change(call, [](http::HeaderMap& map, std::string_view name, std::string_view value) {
    map.Set(name, value);
  });
}

Status RemoveValue(const HostCall& call) {
  std::string_view name;
  if (!call.Text(1, name)) return Status::kInvalidMemoryAccess;
  http::HeaderMap* map = MapToChange(call);
  if (map == nullptr || IsPseudo(name)) return Status::kBadArgument;
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), http::ToLowerAscii);
  if (map->Remove(lower) != 0) Changed(call);
  return Status::kOk;
}

// As in Envoy: the number of bytes, not of fields.
Status MapSize(const HostCall& call) {
  const http::HeaderMap* map = MapOf(call);
  if (map == nullptr) return Status::kNotFound;
  size_t bytes = 0;
  for (const http::HeaderEntry& entry : map->entries()) {
    bytes += entry.Name().size() + entry.Value().size();
  }
  return call.vm.WriteU32(call.U32(1), static_cast<uint32_t>(bytes)) ? Status::kOk
                                                                     : Status::kInvalidMemoryAccess;
}

std::optional<BufferView> BufferOf(const HostCall& call) {
  if (call.U32(0) >= static_cast<uint32_t>(BufferType::kCount)) return std::nullopt;
  const auto type = static_cast<BufferType>(call.U32(0));
  Context& context = call.vm.current();
  if (auto buffer = context.Buffer(type)) return buffer;
  // A stream's module may read its plugin's configuration.
  const bool configuration =
      type == BufferType::kVmConfiguration || type == BufferType::kPluginConfiguration;
  return configuration ? context.root().Buffer(type) : std::nullopt;
}

Status GetBytes(const HostCall& call) {
  const auto buffer = BufferOf(call);
  if (!buffer) return Status::kNotFound;
  const size_t start = call.U32(1);
  if (start > buffer->size()) return Status::kBadArgument;
  const size_t length = std::min<size_t>(call.U32(2), buffer->size() - start);
  if (length == 0) return call.vm.Give({}, call.U32(3), call.U32(4));
  if (buffer->chain == nullptr) {
    return call.vm.Give(buffer->text.substr(start, length), call.U32(3), call.U32(4));
  }
  return call.vm.Give(buffer->chain->ToString(start, length), call.U32(3), call.U32(4));
}

Status BufferStatus(const HostCall& call) {
  const auto buffer = BufferOf(call);
  if (!buffer) return Status::kNotFound;
  const bool written = call.vm.WriteU32(call.U32(1), static_cast<uint32_t>(buffer->size())) &&
                       call.vm.WriteU32(call.U32(2), buffer->end ? 1 : 0);
  return written ? Status::kOk : Status::kInvalidMemoryAccess;
}

// As in Envoy: [start, start + length) is replaced; from 0 with no length is put before, from the
// end is put behind.
Status SetBytes(const HostCall& call) {
  std::string_view bytes;
  if (!call.Text(3, bytes)) return Status::kInvalidMemoryAccess;
  const auto buffer = BufferOf(call);
  if (!buffer) return Status::kNotFound;
  if (buffer->chain == nullptr) return Status::kBadArgument;
  ByteChain& chain = *buffer->chain;
  const size_t start = std::min<size_t>(call.U32(1), chain.size());
  const size_t length = std::min<size_t>(call.U32(2), chain.size() - start);
  ByteChain before;
  chain.MoveTo(before, start);
  chain.Drain(length);
  if (!bytes.empty()) before.Append(bytes);
  before.Append(std::move(chain));
  chain = std::move(before);
  return Status::kOk;
}

constexpr HostEntry kEntries[] = {
    {"proxy_get_header_map_pairs", "iii", &AsStatus<GetPairs>},
    {"proxy_set_header_map_pairs", "iii", &AsStatus<SetPairs>},
    {"proxy_get_header_map_value", "iiiii", &AsStatus<GetValue>},
    {"proxy_add_header_map_value", "iiiii", &AsStatus<AddValue>},
    {"proxy_replace_header_map_value", "iiiii", &AsStatus<ReplaceValue>},
    {"proxy_remove_header_map_value", "iii", &AsStatus<RemoveValue>},
    {"proxy_get_header_map_size", "ii", &AsStatus<MapSize>},
    {"proxy_get_buffer_bytes", "iiiii", &AsStatus<GetBytes>},
    {"proxy_get_buffer_status", "iii", &AsStatus<BufferStatus>},
    {"proxy_set_buffer_bytes", "iiiii", &AsStatus<SetBytes>},
};

}  // namespace

std::span<const HostEntry> HeaderFunctions() { return kEntries; }

}  // namespace sluice::wasm
