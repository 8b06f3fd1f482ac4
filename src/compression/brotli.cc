// br, by the brotli library.
#include <algorithm>
#include <span>

#include <brotli/decode.h>
#include <brotli/encode.h>

#include "factories.h"

namespace sluice::compression {
namespace {

const uint8_t* Octets(std::string_view bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}

struct DestroyEncoder {
  void operator()(BrotliEncoderState* state) const { BrotliEncoderDestroyInstance(state); }
};
struct DestroyDecoder {
  void operator()(BrotliDecoderState* state) const { BrotliDecoderDestroyInstance(state); }
};

BrotliEncoderMode ModeOf(BrotliMode mode) {
  switch (mode) {
    case BrotliMode::kText: return BROTLI_MODE_TEXT;
    case BrotliMode::kFont: return BROTLI_MODE_FONT;
    case BrotliMode::kDefault:
    case BrotliMode::kGeneric: break;
  }
  return BROTLI_MODE_GENERIC;
}

class BrotliCompressor final : public Compressor {
 public:
  explicit BrotliCompressor(const BrotliCompressorConfig& config)
      : state_(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)),
        chunk_bytes_(config.chunk_size) {
    if (state_ == nullptr) return;
    Set(BROTLI_PARAM_QUALITY, config.quality);
    Set(BROTLI_PARAM_MODE, ModeOf(config.encoder_mode));
    Set(BROTLI_PARAM_LGWIN, config.window_bits);
    if (config.input_block_bits) Set(BROTLI_PARAM_LGBLOCK, *config.input_block_bits);
    Set(BROTLI_PARAM_DISABLE_LITERAL_CONTEXT_MODELING,
        config.disable_literal_context_modeling ? 1 : 0);
  }

  // Compressor
  bool Compress(ByteChain& in, Ending ending, ByteChain& out) override {
    if (state_ == nullptr) return false;
    if (in.empty() && ending == Ending::kFlush) return true;
    while (in.slice_count() > 1) {
      if (!Run(in, BROTLI_OPERATION_PROCESS, out)) return false;
    }
    return Run(in, ending == Ending::kFinish ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_FLUSH,
               out);
  }
  bool Reset() override { return false; }  // the library has no such call

 private:
  void Set(BrotliEncoderParameter parameter, uint32_t value) {
    BrotliEncoderSetParameter(state_.get(), parameter, value);
  }
  bool Run(ByteChain& in, BrotliEncoderOperation operation, ByteChain& out) {
    const std::string_view front = in.Front();
    const uint8_t* next_in = Octets(front);
    size_t left = front.size();
    do {
      const std::span<char> room = out.Reserve(chunk_bytes_);
      size_t room_left = room.size();
      auto* next_out = reinterpret_cast<uint8_t*>(room.data());
      const bool good = BrotliEncoderCompressStream(state_.get(), operation, &left, &next_in,
                                                    &room_left, &next_out, nullptr) == BROTLI_TRUE;
      out.Commit(room.size() - room_left);
      if (!good) return false;
    } while (left != 0 || BrotliEncoderHasMoreOutput(state_.get()) == BROTLI_TRUE);
    in.Drain(front.size());
    return true;
  }

  std::unique_ptr<BrotliEncoderState, DestroyEncoder> state_;
  const uint32_t chunk_bytes_;
};

// The format's window is at most 16 MiB (RFC 7932 section 9.1); larger ones stay off.
class BrotliDecompressor final : public Decompressor {
 public:
  explicit BrotliDecompressor(const BrotliDecompressorConfig& config)
      : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)),
        chunk_bytes_(config.chunk_size) {
    if (state_ == nullptr) return;
    BrotliDecoderSetParameter(state_.get(), BROTLI_DECODER_PARAM_DISABLE_RING_BUFFER_REALLOCATION,
                              config.disable_ring_buffer_reallocation ? 1 : 0);
  }

  // Decompressor
  bool complete() const override { return complete_; }
  Progress Decompress(ByteChain& in, size_t max_bytes, ByteChain& out) override {
    if (state_ == nullptr) return Progress::kBad;
    size_t made = 0;
    while (made < max_bytes) {
      if (complete_) return in.empty() ? Progress::kNeedsInput : Progress::kBad;
      switch (Run(in, max_bytes - made, out, made)) {
        case BROTLI_DECODER_RESULT_ERROR: return Progress::kBad;
        case BROTLI_DECODER_RESULT_SUCCESS: complete_ = true; break;
        case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
          if (in.empty()) return Progress::kNeedsInput;
          break;
        case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT: break;
      }
    }
    return Progress::kHasMore;
  }

 private:
  BrotliDecoderResult Run(ByteChain& in, size_t max_bytes, ByteChain& out, size_t& made) {
    const std::string_view front = in.Front();
    const uint8_t* next_in = Octets(front);
    size_t left = front.size();
    const std::span<char> room = out.Reserve(chunk_bytes_);
    const size_t size = std::min(room.size(), max_bytes);
    size_t room_left = size;
    auto* next_out = reinterpret_cast<uint8_t*>(room.data());
    const BrotliDecoderResult result = BrotliDecoderDecompressStream(
        state_.get(), &left, &next_in, &room_left, &next_out, nullptr);
    out.Commit(size - room_left);
    made += size - room_left;
    in.Drain(front.size() - left);
    return result;
  }

  std::unique_ptr<BrotliDecoderState, DestroyDecoder> state_;
  const uint32_t chunk_bytes_;
  bool complete_ = false;
};

class BrotliCompressorFactory final : public CompressorFactory {
 public:
  explicit BrotliCompressorFactory(const BrotliCompressorConfig& config) : config_(config) {}
  // CompressorFactory
  std::string_view encoding() const override { return "br"; }
  std::string_view stat_name() const override { return "brotli"; }
  std::unique_ptr<Compressor> Make() const override {
    return std::make_unique<BrotliCompressor>(config_);
  }

 private:
  const BrotliCompressorConfig config_;
};

class BrotliDecompressorFactory final : public DecompressorFactory {
 public:
  explicit BrotliDecompressorFactory(const BrotliDecompressorConfig& config) : config_(config) {}
  // DecompressorFactory
  std::string_view encoding() const override { return "br"; }
  std::string_view stat_name() const override { return "brotli"; }
  std::string_view error_stat() const override { return "brotli_error"; }
  std::string_view overflow_stat() const override { return "brotli_output_overflow"; }
  uint32_t max_ratio() const override { return 100; }  // Envoy's, which is fixed
  std::unique_ptr<Decompressor> Make() const override {
    return std::make_unique<BrotliDecompressor>(config_);
  }

 private:
  const BrotliDecompressorConfig config_;
};

}  // namespace

std::unique_ptr<const CompressorFactory> MakeFactory(const BrotliCompressorConfig& config) {
  return std::make_unique<BrotliCompressorFactory>(config);
}
std::unique_ptr<const DecompressorFactory> MakeFactory(const BrotliDecompressorConfig& config) {
  return std::make_unique<BrotliDecompressorFactory>(config);
}

}  // namespace sluice::compression
