#include "reference_parser.h"

#include <llhttp.h>

namespace sluice::http1 {
namespace {

constexpr uint8_t kHeadComplete = 1;
constexpr uint8_t kChunkHeader = 2;
constexpr uint8_t kMessageComplete = 4;

llhttp_t* AsLlhttp(std::byte* storage) { return reinterpret_cast<llhttp_t*>(storage); }

}  // namespace

struct ReferenceParser::Callbacks {
  static ReferenceParser& Self(llhttp_t* parser) {
    return *static_cast<ReferenceParser*>(parser->data);
  }
  static int OnMessageBegin(llhttp_t* parser) noexcept {
    ++Self(parser).begun_;
    return 0;
  }
  // 1: no body follows for llhttp; bodies of known length are counted elsewhere.
  static int OnHeadersComplete(llhttp_t* parser) noexcept {
    Self(parser).events_ |= kHeadComplete;
    return Self(parser).chunked_ ? 0 : 1;
  }
  static int OnChunkHeader(llhttp_t* parser) noexcept {
    Self(parser).events_ |= kChunkHeader;
    Self(parser).chunk_size_ = parser->content_length;
    return 0;
  }
  static int OnMessageComplete(llhttp_t* parser) noexcept {
    Self(parser).events_ |= kMessageComplete;
    return 0;
  }
  static const llhttp_settings_t& Settings() {
    static const llhttp_settings_t settings = [] {
      llhttp_settings_t made;
      llhttp_settings_init(&made);
      made.on_message_begin = &OnMessageBegin;
      made.on_headers_complete = &OnHeadersComplete;
      made.on_chunk_header = &OnChunkHeader;
      made.on_message_complete = &OnMessageComplete;
      return made;
    }();
    return settings;
  }
};

bool ReferenceParser::Execute(std::string_view bytes) {
  const llhttp_errno_t status = llhttp_execute(AsLlhttp(parser_), bytes.data(), bytes.size());
  return status == HPE_OK || status == HPE_PAUSED_UPGRADE;
}

bool ReferenceParser::ExecutePlain(std::string_view head, const UnusualParts& unusual) {
  size_t at = 0;
  if (unusual.method_size != 0) {
    if (!Execute("GET")) return false;
    at = unusual.method_size;
  }
  if (unusual.target_to != 0) {
    if (!Execute(head.substr(at, unusual.target_from - at)) || !Execute("/")) return false;
    at = unusual.target_to;
  }
  return Execute(head.substr(at));
}

bool ReferenceParser::TakesHead(Kind kind, std::string_view head, bool chunked,
                                bool allow_chunked_length, const UnusualParts& unusual) {
  static_assert(sizeof(llhttp_t) <= sizeof(parser_));
  llhttp_t* const parser = AsLlhttp(parser_);
  llhttp_init(parser, kind == Kind::kRequest ? HTTP_REQUEST : HTTP_RESPONSE,
              &Callbacks::Settings());
  parser->data = this;
  if (allow_chunked_length) llhttp_set_lenient_chunked_length(parser, 1);
  chunked_ = chunked;
  events_ = 0;
  begun_ = 0;
  // HeadSearch found the only empty line at the end: were the head complete any earlier, the rest
  // would have begun another message, or a chunk.
  if (!ExecutePlain(head, unusual)) return false;
  return events_ == (chunked ? kHeadComplete : kHeadComplete | kMessageComplete) && begun_ == 1;
}

bool ReferenceParser::TakesChunkLine(std::string_view line, size_t digits, uint64_t size) {
  events_ = 0;
  const bool plain = line.size() == digits + 2;
  if (plain ? !Execute(line) : !Execute(line.substr(0, digits)) || !Execute("\r\n")) return false;
  return events_ == kChunkHeader && chunk_size_ == size;
}

bool ReferenceParser::TakesChunkBytes(std::string_view bytes) {
  events_ = 0;
  return Execute(bytes) && events_ == 0;
}

bool ReferenceParser::TakesTrailers(std::string_view block) {
  events_ = 0;
  return Execute(block) && events_ == kMessageComplete;
}

}  // namespace sluice::http1
