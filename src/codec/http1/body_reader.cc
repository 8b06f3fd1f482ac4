#include "body_reader.h"

#include <algorithm>
#include <string_view>

#include "chunk_line.h"

namespace sluice::http1 {
namespace {

using http::HeaderId;

// RFC 9110 section 6.5.1: what frames, routes or authenticates a message has no meaning behind it.
bool IsForbiddenTrailer(const http::HeaderEntry& entry) {
  switch (entry.id) {
    case HeaderId::kAuthorization:
    case HeaderId::kConnection:
    case HeaderId::kContentEncoding:
    case HeaderId::kContentType:
    case HeaderId::kCookie:
    case HeaderId::kExpect:
    case HeaderId::kHost:
    case HeaderId::kKeepAlive:
    case HeaderId::kProxyConnection:
    case HeaderId::kSetCookie:
    case HeaderId::kTe:
    case HeaderId::kTrailer:
    case HeaderId::kUpgrade: return true;
    default: return false;
  }
}

// The first line in `in` if it is complete, from `in` itself or copied to `copy`. A line that does
// not end within kMaxChunkLine bytes comes as what there is of it.
std::string_view FirstLine(const ByteChain& in, char* copy) {
  const std::string_view front = in.Front().substr(0, kMaxChunkLine);
  const size_t lf = front.find('\n');
  if (lf != std::string_view::npos) return front.substr(0, lf + 1);
  if (front.size() == kMaxChunkLine) return front;
  const std::string_view more(copy, in.CopyOut(copy, kMaxChunkLine));
  const size_t end = more.find('\n');
  if (end != std::string_view::npos) return more.substr(0, end + 1);
  return more.size() == kMaxChunkLine ? more : std::string_view();
}

}  // namespace

void BodyReader::Begin(const BodyFraming& body) {
  left_ = body.length;
  trailers_ = Slice();
  switch (body.framing) {
    case Framing::kFixed: state_ = State::kFixed; break;
    case Framing::kChunked: state_ = State::kChunkLine; break;
    case Framing::kUntilClose: state_ = State::kRaw; break;
    case Framing::kNone:
    case Framing::kTunnel: state_ = State::kDone; break;
  }
}

Fault BodyReader::Read(ByteChain& in, ByteChain& out) {
  bool more = true;
  Fault fault = Fault::kNone;
  while (more && fault == Fault::kNone) {
    switch (state_) {
      case State::kDone:
      case State::kTrailersRead: return Fault::kNone;
      case State::kRaw: out.Append(std::move(in)); return Fault::kNone;
      case State::kFixed: {
        const size_t now = std::min<uint64_t>(left_, in.size());
        in.MoveTo(out, now);
        Skip(now);
        return Fault::kNone;
      }
      case State::kChunkLine: fault = ReadChunkLine(in, &more); break;
      case State::kChunkData: fault = ReadChunkData(in, out, &more); break;
      case State::kChunkEnd: fault = ReadChunkEnd(in, &more); break;
      case State::kTrailers: fault = ReadTrailerBlock(in, &more); break;
    }
  }
  return fault;
}

void BodyReader::Skip(uint64_t bytes) {
  if (state_ == State::kRaw) return;
  left_ -= std::min(bytes, left_);
  if (left_ == 0) state_ = State::kDone;
}

bool BodyReader::ReadEnd() {
  if (state_ == State::kRaw) state_ = State::kDone;
  return state_ == State::kDone;
}

Fault BodyReader::ReadChunkLine(ByteChain& in, bool* more) {
  char copy[kMaxChunkLine];
  const std::string_view line = FirstLine(in, copy);
  *more = !line.empty();
  if (line.empty()) return Fault::kNone;
  const auto size = ReadChunkSize(line);
  if (!size || !parser_.TakesChunkLine(line, size->digits, size->value)) {
    return Fault::kCodecError;
  }
  in.Drain(line.size());
  left_ = size->value;
  state_ = left_ == 0 ? State::kTrailers : State::kChunkData;
  if (left_ == 0) trailer_search_.Reset();
  return Fault::kNone;
}

Fault BodyReader::ReadChunkData(ByteChain& in, ByteChain& out, bool* more) {
  *more = !in.empty();
  if (in.empty()) return Fault::kNone;
  const std::string_view piece = in.Front().substr(0, left_);
  if (!parser_.TakesChunkBytes(piece)) return Fault::kCodecError;
  left_ -= piece.size();
  in.MoveTo(out, piece.size());
  if (left_ == 0) state_ = State::kChunkEnd;
  return Fault::kNone;
}

Fault BodyReader::ReadChunkEnd(ByteChain& in, bool* more) {
  char crlf[2];
  const size_t there = in.CopyOut(crlf, 2);
  *more = there == 2;
  if (there > 0 && crlf[0] != '\r') return Fault::kCodecError;
  if (there < 2) return Fault::kNone;
  if (crlf[1] != '\n' || !parser_.TakesChunkBytes({crlf, 2})) return Fault::kCodecError;
  in.Drain(2);
  state_ = State::kChunkLine;
  return Fault::kNone;
}

FieldRules BodyReader::TrailerRules() const {
  return {.max_count = options_.max_header_count,
          .keep_spelling = options_.header_key_format == HeaderKeyFormat::kPreserveCase,
          .refuse_framing = true};
}

Fault BodyReader::ReadTrailerBlock(ByteChain& in, bool* more) {
  const HeadSearch::Outcome outcome = trailer_search_.Continue(in);
  *more = outcome == HeadSearch::Outcome::kFound;
  if (trailer_search_.seen() > options_.max_head_bytes) return Fault::kHeadersTooLarge;
  if (outcome == HeadSearch::Outcome::kBareLf) return Fault::kCodecError;
  if (!*more) return Fault::kNone;
  const size_t size = trailer_search_.size();
  trailers_ = in.Share(0, size);
  in.Drain(size);
  if (!parser_.TakesTrailers(trailers_.view())) return Fault::kCodecError;
  if (options_.enable_trailers && size > 2) {
    state_ = State::kTrailersRead;
    return Fault::kNone;
  }
  state_ = State::kDone;
  FieldFacts facts;
  const Slice block = std::move(trailers_);
  return ReadFieldLines(block.data(), block.data() + size, TrailerRules(), nullptr, facts);
}

Fault BodyReader::TakeTrailers(http::HeaderMap& map, Slice& block) {
  state_ = State::kDone;
  block = std::move(trailers_);
  FieldFacts facts;
  const Fault fault =
      ReadFieldLines(block.data(), block.data() + block.size(), TrailerRules(), &map, facts);
  if (fault == Fault::kNone) map.RemoveIf(IsForbiddenTrailer);
  return fault;
}

}  // namespace sluice::http1
