// zstd, by the zstd library.
#include <algorithm>
#include <span>

#include <zstd.h>

#include "factories.h"

namespace sluice::compression {
namespace {

// RFC 9659: no more than 8 MiB of window in content-encoding.
constexpr int kMaxWindowBits = 23;
constexpr uint32_t kFirstLevelWithLargerWindow = 20;

struct FreeCompressor {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeDecompressor {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

class ZstdCompressor final : public Compressor {
 public:
  explicit ZstdCompressor(const ZstdCompressorConfig& config)
      : context_(ZSTD_createCCtx()), chunk_bytes_(config.chunk_size) {
    if (context_ == nullptr) return;
    Set(ZSTD_c_compressionLevel, static_cast<int>(config.compression_level));
    Set(ZSTD_c_checksumFlag, config.enable_checksum ? 1 : 0);
    Set(ZSTD_c_strategy, static_cast<int>(config.strategy));
    if (config.compression_level >= kFirstLevelWithLargerWindow) {
      Set(ZSTD_c_windowLog, kMaxWindowBits);
    }
  }

  // Compressor
  bool Compress(ByteChain& in, Ending ending, ByteChain& out) override {
    if (context_ == nullptr) return false;
    if (in.empty() && ending == Ending::kFlush) return true;
    while (in.slice_count() > 1) {
      if (!Run(in, ZSTD_e_continue, out)) return false;
    }
    return Run(in, ending == Ending::kFinish ? ZSTD_e_end : ZSTD_e_flush, out);
  }
  bool Reset() override {
    return context_ != nullptr &&
           ZSTD_isError(ZSTD_CCtx_reset(context_.get(), ZSTD_reset_session_only)) == 0;
  }

 private:
  void Set(ZSTD_cParameter parameter, int value) {
    ZSTD_CCtx_setParameter(context_.get(), parameter, value);
  }
  bool Run(ByteChain& in, ZSTD_EndDirective directive, ByteChain& out) {
    const std::string_view front = in.Front();
    ZSTD_inBuffer from{front.data(), front.size(), 0};
    size_t left = 0;
    do {
      const std::span<char> room = out.Reserve(chunk_bytes_);
      ZSTD_outBuffer to{room.data(), room.size(), 0};
      left = ZSTD_compressStream2(context_.get(), &to, &from, directive);
      out.Commit(to.pos);
      if (ZSTD_isError(left) != 0) return false;
    } while (directive == ZSTD_e_continue ? from.pos < from.size : left != 0);
    in.Drain(front.size());
    return true;
  }

  std::unique_ptr<ZSTD_CCtx, FreeCompressor> context_;
  const uint32_t chunk_bytes_;
};

class ZstdDecompressor final : public Decompressor {
 public:
  explicit ZstdDecompressor(const ZstdDecompressorConfig& config)
      : context_(ZSTD_createDCtx()), chunk_bytes_(config.chunk_size) {
    if (context_ != nullptr) {
      ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kMaxWindowBits);
    }
  }

  // Decompressor
  bool complete() const override { return complete_; }
  Progress Decompress(ByteChain& in, size_t max_bytes, ByteChain& out) override {
    if (context_ == nullptr) return Progress::kBad;
    size_t made = 0;
    while (made < max_bytes) {
      // A frame may follow another; between them there is nothing to be had without input.
      if (complete_ && in.empty()) return Progress::kNeedsInput;
      const std::string_view front = in.Front();
      ZSTD_inBuffer from{front.data(), front.size(), 0};
      const std::span<char> room = out.Reserve(chunk_bytes_);
      ZSTD_outBuffer to{room.data(), std::min(room.size(), max_bytes - made), 0};
      const size_t result = ZSTD_decompressStream(context_.get(), &to, &from);
      out.Commit(to.pos);
      made += to.pos;
      in.Drain(from.pos);
      if (ZSTD_isError(result) != 0) return Progress::kBad;
      complete_ = result == 0;
      if (!complete_ && in.empty() && to.pos < to.size) return Progress::kNeedsInput;
    }
    return Progress::kHasMore;
  }

 private:
  std::unique_ptr<ZSTD_DCtx, FreeDecompressor> context_;
  const uint32_t chunk_bytes_;
  bool complete_ = false;  // at the end of a frame
};

class ZstdCompressorFactory final : public CompressorFactory {
 public:
  explicit ZstdCompressorFactory(const ZstdCompressorConfig& config) : config_(config) {}
  // CompressorFactory
  std::string_view encoding() const override { return "zstd"; }
  std::string_view stat_name() const override { return "zstd"; }
  std::unique_ptr<Compressor> Make() const override {
    return std::make_unique<ZstdCompressor>(config_);
  }

 private:
  const ZstdCompressorConfig config_;
};

class ZstdDecompressorFactory final : public DecompressorFactory {
 public:
  explicit ZstdDecompressorFactory(const ZstdDecompressorConfig& config) : config_(config) {}
  // DecompressorFactory
  std::string_view encoding() const override { return "zstd"; }
  std::string_view stat_name() const override { return "zstd"; }
  std::string_view error_stat() const override { return "zstd_generic_error"; }
  std::string_view overflow_stat() const override { return "zstd_output_overflow"; }
  uint32_t max_ratio() const override { return 1032; }  // deflate's own bound; Envoy has none
  std::unique_ptr<Decompressor> Make() const override {
    return std::make_unique<ZstdDecompressor>(config_);
  }

 private:
  const ZstdDecompressorConfig config_;
};

}  // namespace

std::unique_ptr<const CompressorFactory> MakeFactory(const ZstdCompressorConfig& config) {
  return std::make_unique<ZstdCompressorFactory>(config);
}
std::unique_ptr<const DecompressorFactory> MakeFactory(const ZstdDecompressorConfig& config) {
  return std::make_unique<ZstdDecompressorFactory>(config);
}

}  // namespace sluice::compression
