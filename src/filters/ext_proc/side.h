// One direction of a stream as its processor sees it: what it has been shown, what waits for its
// answer, and what becomes of the message then. Part of its filter; one worker.
//
// Hard rule: whatever happens to the processor, nothing is lost or sent twice: what waits is either
// let go as it came (GiveUp) or dropped with its stream (Drop).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "messages.h"
#include "mode.h"
#include "sluice/filter/http_filter.h"

namespace sluice::filters::ext_proc {

class ExtProcFilter;

class Side {
 public:
  Side(ExtProcFilter& filter, bool of_request) : filter_(filter), of_request_(of_request) {}
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;

  // The message, as it comes.
  filter::FilterStatus OnHead(bool end);
  filter::FilterStatus OnData(ByteChain& data, bool end);
  filter::FilterStatus OnTrailers();

  enum class Fate : uint8_t {
    kDone,
    kIgnored,   // about what nobody waits for any more
    kSpurious,  // nothing like that was asked
    kFailed,    // it may not be done
  };
  bool Expects(Part part) const { return part != Part::kNone && part == asked_; }
  Fate OnAnswer(Part part, CommonAnswer&& answer);

  // The processor has failed or left: the message goes on as it is.
  void GiveUp();
  // The stream is answered by a reply in place of all this.
  void Drop();
  // The same when somebody else has answered while the head waited here.
  void DropIfHeadIsHere();

  bool of_request() const { return of_request_; }
  // Whether the processor will not be asked about anything any more.
  bool finished() const;
  bool waits() const { return asked_ != Part::kNone; }
  bool wants_body() const;

  // The timer of what was asked, which the filter arms.
  bool TakeOverride();  // false: it has been moved already
  bool TakeFirst() { return !std::exchange(first_told_, true); }

 private:
  enum class Step : uint8_t {
    kIdle,        // nothing has come
    kHead,        // it is asked about, all else waits
    kCollecting,  // the body, until it is whole or enough
    kBody,        // what was collected is asked about
    kStreaming,   // pieces go there and come back
    kOpen,        // the body passes; trailers may be asked about
    kTrailers,    // they are asked about
    kReplaced,    // another body has gone on: what comes of this one is dropped
    kPassing,     // whatever comes goes on
  };
  struct Piece {
    ByteChain bytes;
    bool end = false;
  };

  const SideMode& mode() const;
  filter::HttpFilterHost& host();
  http::HeaderMap& head();
  http::HeaderMap& trailers();
  ByteChain& Held();
  void Continue();
  void Take();
  void Add(ByteChain& data);
  void Inject(ByteChain& data, bool end);
  Part PartOf(Part of_request, Part of_response) const {
    return of_request_ ? of_request : of_response;
  }

  void Ask(Part part, std::string&& message);
  void Answered();
  filter::FilterStatus AskBody(ByteChain* last, bool end);
  filter::FilterStatus AskTrailers();
  filter::FilterStatus Stream(ByteChain& data, bool end);
  void AfterHead(CommonAnswer&& answer);
  void AfterBody(CommonAnswer&& answer);
  void AfterPiece(CommonAnswer&& answer);
  void AfterLastPiece();
  void Replace(std::string_view body);
  bool Mutate(const CommonAnswer& answer, bool replaces);
  void ResizeTo(size_t bytes);
  void DropPieces();

  ExtProcFilter& filter_;
  const bool of_request_;
  Step step_ = Step::kIdle;
  Part asked_ = Part::kNone;
  bool no_body_ = false;
  bool tunnel_ = false;
  bool trailers_here_ = false;
  bool held_back_ = false;  // pieces: too many are under way
  bool first_told_ = false;
  bool timer_moved_ = false;
  bool body_end_ = false;
  ByteChain body_;
  std::deque<Piece> pieces_;
  size_t piece_bytes_ = 0;
  size_t ignored_ = 0;  // answers that will come about what is not here any more
};

}  // namespace sluice::filters::ext_proc
