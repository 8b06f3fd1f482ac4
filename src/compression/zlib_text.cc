#include "sluice/compression/zlib_text.h"

#include <algorithm>
#include <limits>

#include <zlib.h>

namespace sluice::compression {

std::optional<std::string> ZlibCompress(std::string_view text) {
  uLongf size = compressBound(text.size());
  std::string out(size, '\0');
  const int done = compress(reinterpret_cast<Bytef*>(out.data()), &size,
                            reinterpret_cast<const Bytef*>(text.data()), text.size());
  if (done != Z_OK) return std::nullopt;
  out.resize(size);
  return out;
}

ZlibFault ZlibUncompress(std::string_view bytes, size_t max_bytes, std::string& out) {
  constexpr size_t kStep = size_t{64} * 1024;
  if (bytes.size() > std::numeric_limits<uInt>::max()) return ZlibFault::kTooLong;
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return ZlibFault::kBad;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  out.clear();
  int result = Z_OK;
  while (result == Z_OK && out.size() <= max_bytes) {
    const size_t before = out.size();
    out.resize(before + kStep);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = kStep;
    result = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (out.size() > max_bytes) return ZlibFault::kTooLong;
  return result == Z_STREAM_END ? ZlibFault::kNone : ZlibFault::kBad;
}

}  // namespace sluice::compression
