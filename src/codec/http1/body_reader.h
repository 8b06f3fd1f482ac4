// Takes one message's body out of the input, by its framing, as slices: no byte is copied. Chunks
// are read by a strict grammar of our own and by llhttp, which must agree.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fault.h"
#include "framing.h"
#include "head_search.h"
#include "reference_parser.h"
#include "sluice/buffer/byte_chain.h"
#include "sluice/codec/http1/options.h"
#include "sluice/http/codec.h"
#include "sluice/http/header_map.h"

namespace sluice::http1 {

class BodyReader {
 public:
  explicit BodyReader(const CommonOptions& options) : options_(options) {}

  // For kChunked `parser()` has taken the head just before.
  void Begin(const BodyFraming& body);
  void BeginTunnel() { state_ = State::kRaw; }
  void Stop() { state_ = State::kDone; }

  // Moves what is there to `out`; stops at the end, before trailers that are wanted, or when `in`
  // has no more.
  Fault Read(ByteChain& in, ByteChain& out);
  // The peer ended its side: whether the body is complete by that.
  bool ReadEnd();

  bool done() const { return state_ == State::kDone; }
  bool has_trailers() const { return state_ == State::kTrailersRead; }
  // Fills `map` from the trailer block; fields that frame or route are left out. Ends the body.
  Fault TakeTrailers(http::HeaderMap& map, Slice& block);

  // Bytes that are still to come when they are all the body's; http::kUntilEnd of a tunnel and
  // where the end of the connection ends the body; 0 for all other framings.
  uint64_t remaining() const {
    return state_ == State::kFixed ? left_ : state_ == State::kRaw ? http::kUntilEnd : 0;
  }
  void Skip(uint64_t bytes);

  ReferenceParser& parser() { return parser_; }

 private:
  enum class State : uint8_t {
    kDone,
    kFixed,
    kRaw,  // until the connection ends
    kChunkLine,
    kChunkData,
    kChunkEnd,  // CRLF behind the data
    kTrailers,
    kTrailersRead,
  };

  // Each reads one part; false in `more` when `in` does not have it all.
  Fault ReadChunkLine(ByteChain& in, bool* more);
  Fault ReadChunkData(ByteChain& in, ByteChain& out, bool* more);
  Fault ReadChunkEnd(ByteChain& in, bool* more);
  Fault ReadTrailerBlock(ByteChain& in, bool* more);
  FieldRules TrailerRules() const;

  const CommonOptions& options_;
  ReferenceParser parser_;
  HeadSearch trailer_search_;
  Slice trailers_;
  uint64_t left_ = 0;
  State state_ = State::kDone;
};

}  // namespace sluice::http1
