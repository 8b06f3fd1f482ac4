// gzip, by zlib.
#include <algorithm>
#include <span>

#include <zlib.h>

#include "factories.h"
#include "sluice/base/check.h"

namespace sluice::compression {
namespace {

constexpr int kGzipFormat = 16;  // added to the window's bits: gzip's header and trailer

Bytef* Writable(std::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

// zlib keeps a pointer to the stream, so it stays where it is.
class GzipCompressor final : public Compressor {
 public:
  explicit GzipCompressor(const GzipCompressorConfig& config) : chunk_bytes_(config.chunk_size) {
    const int level = config.compression_level == GzipLevel::kDefault
                          ? Z_DEFAULT_COMPRESSION
                          : static_cast<int>(config.compression_level);
    ready_ = deflateInit2(&stream_, level, Z_DEFLATED,
                          static_cast<int>(config.window_bits) + kGzipFormat,
                          static_cast<int>(config.memory_level),
                          static_cast<int>(config.compression_strategy)) == Z_OK;
  }
  GzipCompressor(const GzipCompressor&) = delete;
  GzipCompressor& operator=(const GzipCompressor&) = delete;
  ~GzipCompressor() override { deflateEnd(&stream_); }

  // Compressor
  bool Compress(ByteChain& in, Ending ending, ByteChain& out) override {
    if (!ready_) return false;
    if (in.empty() && ending == Ending::kFlush) return true;
    while (in.slice_count() > 1) {
      if (!Run(in, Z_NO_FLUSH, out)) return false;
    }
    return Run(in, ending == Ending::kFinish ? Z_FINISH : Z_SYNC_FLUSH, out);
  }
  bool Reset() override { return ready_ && deflateReset(&stream_) == Z_OK; }

 private:
  bool Run(ByteChain& in, int flush, ByteChain& out) {
    const std::string_view front = in.Front();
    stream_.next_in = Writable(front);
    stream_.avail_in = static_cast<uInt>(front.size());
    int result = Z_OK;
    do {
      const std::span<char> room = out.Reserve(chunk_bytes_);
      stream_.next_out = reinterpret_cast<Bytef*>(room.data());
      stream_.avail_out = static_cast<uInt>(room.size());
      result = deflate(&stream_, flush);
      out.Commit(room.size() - stream_.avail_out);
      if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return false;
    } while (stream_.avail_out == 0 && result != Z_STREAM_END);
    in.Drain(front.size());
    return true;
  }

  z_stream stream_{};
  const uint32_t chunk_bytes_;
  bool ready_ = false;
};

class GzipDecompressor final : public Decompressor {
 public:
  explicit GzipDecompressor(const GzipDecompressorConfig& config)
      : chunk_bytes_(config.chunk_size) {
    ready_ = inflateInit2(&stream_, static_cast<int>(config.window_bits) + kGzipFormat) == Z_OK;
  }
  GzipDecompressor(const GzipDecompressor&) = delete;
  GzipDecompressor& operator=(const GzipDecompressor&) = delete;
  ~GzipDecompressor() override { inflateEnd(&stream_); }

  // Decompressor
  bool complete() const override { return complete_; }
  Progress Decompress(ByteChain& in, size_t max_bytes, ByteChain& out) override {
    if (!ready_) return Progress::kBad;
    size_t made = 0;
    while (made < max_bytes) {
      // RFC 1952 section 2.2: one member may follow another.
      if (complete_ && in.empty()) return Progress::kNeedsInput;
      if (complete_ && inflateReset(&stream_) != Z_OK) return Progress::kBad;
      complete_ = false;
      size_t room = 0;
      const int result = Run(in, max_bytes - made, out, made, room);
      if (result == Z_STREAM_END) {
        complete_ = true;
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        return Progress::kBad;
      } else if (in.empty() && room != 0) {
        return Progress::kNeedsInput;
      }
    }
    return Progress::kHasMore;
  }

 private:
  int Run(ByteChain& in, size_t max_bytes, ByteChain& out, size_t& made, size_t& room_left) {
    const std::string_view front = in.Front();
    const std::span<char> room = out.Reserve(chunk_bytes_);
    const size_t size = std::min(room.size(), max_bytes);
    stream_.next_in = Writable(front);
    stream_.avail_in = static_cast<uInt>(front.size());
    stream_.next_out = reinterpret_cast<Bytef*>(room.data());
    stream_.avail_out = static_cast<uInt>(size);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    room_left = stream_.avail_out;
    out.Commit(size - room_left);
    made += size - room_left;
    in.Drain(front.size() - stream_.avail_in);
    return result;
  }

  z_stream stream_{};
  const uint32_t chunk_bytes_;
  bool ready_ = false;
  bool complete_ = false;  // at the end of a member
};

class GzipCompressorFactory final : public CompressorFactory {
 public:
  explicit GzipCompressorFactory(const GzipCompressorConfig& config) : config_(config) {}
  // CompressorFactory
  std::string_view encoding() const override { return "gzip"; }
  std::string_view stat_name() const override { return "gzip"; }
  std::unique_ptr<Compressor> Make() const override {
    return std::make_unique<GzipCompressor>(config_);
  }

 private:
  const GzipCompressorConfig config_;
};

class GzipDecompressorFactory final : public DecompressorFactory {
 public:
  explicit GzipDecompressorFactory(const GzipDecompressorConfig& config) : config_(config) {}
  // DecompressorFactory
  std::string_view encoding() const override { return "gzip"; }
  std::string_view stat_name() const override { return "gzip"; }
  std::string_view error_stat() const override { return "zlib_data_error"; }
  std::string_view overflow_stat() const override { return "zlib_output_overflow"; }
  uint32_t max_ratio() const override { return config_.max_inflate_ratio; }
  std::unique_ptr<Decompressor> Make() const override {
    return std::make_unique<GzipDecompressor>(config_);
  }

 private:
  const GzipDecompressorConfig config_;
};

}  // namespace

std::unique_ptr<const CompressorFactory> MakeFactory(const GzipCompressorConfig& config) {
  return std::make_unique<GzipCompressorFactory>(config);
}
std::unique_ptr<const DecompressorFactory> MakeFactory(const GzipDecompressorConfig& config) {
  return std::make_unique<GzipDecompressorFactory>(config);
}

}  // namespace sluice::compression
