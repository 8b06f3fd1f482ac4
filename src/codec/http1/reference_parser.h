// llhttp as a second opinion: what our own strict rules have taken is given to it as well, and a
// message goes on only when it agrees about where each part ends. Members of a codec; one message
// at a time.
//
// It costs 17 instructions a byte of head (679 for the smallest request, where our own reading
// takes about 900), so heads that declare no body are spared it in release builds; debug builds,
// tests and fuzzers ask it about every head.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::http1 {

#ifdef NDEBUG
inline constexpr bool kAskAboutEveryHead = false;
#else
inline constexpr bool kAskAboutEveryHead = true;
#endif

// What of a request's first line llhttp does not know, and gets something plain in place of: the
// method, where it is not a registered one, and a target with bytes from 0x80. 0: it is plain.
struct UnusualParts {
  size_t method_size = 0;
  size_t target_from = 0;
  size_t target_to = 0;
};

class ReferenceParser {
 public:
  enum class Kind : uint8_t { kRequest, kResponse };

  // A whole head. `chunked`: keep the state for chunks.
  bool TakesHead(Kind kind, std::string_view head, bool chunked, bool allow_chunked_length,
                 const UnusualParts& unusual = {});
  // A chunk-size line with its CRLF: `digits` of it are the size, which we read as `size`. What
  // extensions are good differs between versions; they are not shown to llhttp.
  bool TakesChunkLine(std::string_view line, size_t digits, uint64_t size);
  bool TakesChunkBytes(std::string_view bytes);  // data and the CRLF behind it
  bool TakesTrailers(std::string_view block);    // with the empty line: ends the message

 private:
  struct Callbacks;

  bool Execute(std::string_view bytes);
  bool ExecutePlain(std::string_view head, const UnusualParts& unusual);

  alignas(8) std::byte parser_[128];
  uint64_t chunk_size_ = 0;
  uint8_t events_ = 0;
  uint8_t begun_ = 0;
  bool chunked_ = false;
};

}  // namespace sluice::http1
