#include "side.h"

#include <utility>

#include "ext_proc_filter.h"
#include "mutation.h"
#include "sluice/http/number.h"

namespace sluice::filters::ext_proc {

using filter::FilterStatus;
using http::HeaderId;

namespace {

// What follows the head of such a request is no body that ends before it is answered.
bool IsTunnel(const http::HeaderMap& request) {
  return request.Has(HeaderId::kUpgrade) || request.Get(HeaderId::kMethod) == "CONNECT";
}

std::string ToText(const ByteChain& bytes) {
  std::string out(bytes.size(), '\0');
  bytes.CopyOut(out.data(), out.size());
  return out;
}

std::string BodyMessage(Part part, std::string_view bytes, bool end) {
  std::string message;
  ProtoWriter out(message);
  WriteBody(out, part, bytes, end);
  return message;
}

}  // namespace

// --- The message, as it comes.

FilterStatus Side::OnHead(bool end) {
  no_body_ = end;
  tunnel_ = IsTunnel(host().request_head());
  if (mode().head) {
    const Part part = PartOf(Part::kRequestHead, Part::kResponseHead);
    std::string message;
    ProtoWriter out(message);
    WriteHead(out, part, head(), filter_.plan().forward, end);
    step_ = Step::kHead;
    Ask(part, std::move(message));
    return FilterStatus::kStopAllWatermark;
  }
  switch (mode().body) {
    case BodySendMode::kNone: step_ = end ? Step::kPassing : Step::kOpen; break;
    case BodySendMode::kStreamed:
      step_ = end ? Step::kPassing : Step::kStreaming;
      if (!end) head().Remove(HeaderId::kContentLength);
      break;
    default: step_ = end ? Step::kPassing : Step::kCollecting;
  }
  return step_ == Step::kCollecting ? FilterStatus::kStop : FilterStatus::kContinue;
}

FilterStatus Side::OnData(ByteChain& data, bool end) {
  switch (step_) {
    case Step::kCollecting: {
      const size_t size = Held().size() + data.size();
      const bool enough =
          mode().body == BodySendMode::kBufferedPartial && size >= host().buffer_limit();
      // What is over the limit is held: it is the chain that answers for that.
      if (!end && !enough) return FilterStatus::kStop;
      return AskBody(&data, end);
    }
    case Step::kStreaming: return Stream(data, end);
    case Step::kReplaced: data.Clear(); return FilterStatus::kContinue;
    default: return FilterStatus::kContinue;
  }
}

FilterStatus Side::OnTrailers() {
  trailers_here_ = true;
  switch (step_) {
    case Step::kCollecting: return Held().empty() ? AskTrailers() : AskBody(nullptr, false);
    case Step::kStreaming: return pieces_.empty() ? AskTrailers() : FilterStatus::kStop;
    case Step::kOpen: return AskTrailers();
    default: return FilterStatus::kContinue;
  }
}

// --- Asking.

void Side::Ask(Part part, std::string&& message) {
  asked_ = part;
  timer_moved_ = false;
  filter_.Show(*this, std::move(message));
}

FilterStatus Side::AskBody(ByteChain* last, bool end) {
  body_ = std::move(Held());
  if (last != nullptr) body_.Append(std::move(*last));
  body_end_ = end;
  step_ = Step::kBody;
  const Part part = PartOf(Part::kRequestBody, Part::kResponseBody);
  Ask(part, BodyMessage(part, ToText(body_), end));
  return FilterStatus::kStopAllWatermark;
}

FilterStatus Side::AskTrailers() {
  if (!mode().trailers) {
    step_ = Step::kPassing;
    return FilterStatus::kContinue;
  }
  const Part part = PartOf(Part::kRequestTrailers, Part::kResponseTrailers);
  std::string message;
  ProtoWriter out(message);
  WriteTrailers(out, part, trailers(), filter_.plan().forward);
  step_ = Step::kTrailers;
  Ask(part, std::move(message));
  return FilterStatus::kStopAllWatermark;
}

FilterStatus Side::Stream(ByteChain& data, bool end) {
  if (data.empty() && !end) return FilterStatus::kStop;
  Piece& piece = pieces_.emplace_back();
  piece.bytes = std::move(data);
  piece.end = end;
  piece_bytes_ += piece.bytes.size();
  const Part part = PartOf(Part::kRequestBody, Part::kResponseBody);
  Ask(part, BodyMessage(part, ToText(piece.bytes), end));
  if (end || piece_bytes_ <= host().buffer_limit()) return FilterStatus::kStop;
  held_back_ = true;
  return FilterStatus::kStopAllWatermark;
}

// --- Answers.

void Side::Answered() {
  asked_ = Part::kNone;
  filter_.Disarm(*this);
}

Side::Fate Side::OnAnswer(Part part, CommonAnswer&& answer) {
  if (!Expects(part)) {
    if (ignored_ == 0) return Fate::kSpurious;
    --ignored_;
    return Fate::kIgnored;
  }
  // Pieces: their heads have gone.
  const bool changes = step_ != Step::kStreaming;
  if (changes && !Mutate(answer, answer.replace)) return Fate::kFailed;
  Answered();
  if (of_request_ && changes && step_ != Step::kTrailers) filter_.ClearRouteCache(answer);
  switch (step_) {
    case Step::kHead: AfterHead(std::move(answer)); break;
    case Step::kBody: AfterBody(std::move(answer)); break;
    case Step::kStreaming: AfterPiece(std::move(answer)); break;
    default: step_ = Step::kPassing; Continue();
  }
  return Fate::kDone;
}

bool Side::Mutate(const CommonAnswer& answer, bool replaces) {
  if (!answer.headers) return true;
  const bool of_trailers = step_ == Step::kTrailers;
  const Target of_head = of_request_ ? Target::kRequestHead : Target::kResponseHead;
  const Mutated done = ext_proc::Mutate(*answer.headers, filter_.plan().rules,
                                        of_trailers ? Target::kTrailers : of_head, replaces,
                                        of_trailers ? trailers() : head());
  filter_.CountRejected(done.rejected);
  return done.ok;
}

void Side::AfterHead(CommonAnswer&& answer) {
  if (answer.replace) return Replace(answer.body.value_or(""));
  if (no_body_) {
    step_ = Step::kPassing;
    return Continue();
  }
  switch (mode().body) {
    case BodySendMode::kNone: step_ = Step::kOpen; return Continue();
    case BodySendMode::kStreamed:
      head().Remove(HeaderId::kContentLength);
      step_ = Step::kStreaming;
      return Continue();
    default: step_ = Step::kCollecting; return Take();
  }
}

// Where the original body is not over yet, only its end is the message's.
void Side::Replace(std::string_view body) {
  step_ = no_body_ ? Step::kPassing : Step::kReplaced;
  if (no_body_ && !body.empty()) {
    ResizeTo(body.size());
  } else {
    head().Remove(HeaderId::kContentLength);
  }
  ByteChain bytes;
  bytes.Append(body);
  if (!bytes.empty()) Add(bytes);
  Continue();
}

void Side::ResizeTo(size_t bytes) {
  head().SetView(HeaderId::kContentLength, http::FormatDecimal(host().arena(), bytes));
}

void Side::AfterBody(CommonAnswer&& answer) {
  const bool whole = body_end_ || trailers_here_;
  if (answer.body) {
    body_.Clear();
    body_.Append(*answer.body);
    if (!whole) {
      head().Remove(HeaderId::kContentLength);
    } else if (head().Has(HeaderId::kContentLength)) {
      ResizeTo(body_.size());
    }
  }
  if (!body_.empty()) Add(body_);
  if (!whole) {
    step_ = answer.replace ? Step::kReplaced : Step::kOpen;
    if (answer.replace) head().Remove(HeaderId::kContentLength);
    return Continue();
  }
  if (trailers_here_ && !answer.replace) return AfterLastPiece();
  step_ = Step::kPassing;
  Continue();
}

void Side::AfterPiece(CommonAnswer&& answer) {
  Piece piece = std::move(pieces_.front());
  pieces_.pop_front();
  piece_bytes_ -= piece.bytes.size();
  if (answer.body) {
    piece.bytes.Clear();
    piece.bytes.Append(*answer.body);
  }
  bool end = piece.end;
  if (answer.replace) {
    end = end || (!pieces_.empty() && pieces_.back().end);
    DropPieces();
    step_ = end ? Step::kPassing : Step::kReplaced;
  } else if (end) {
    step_ = Step::kPassing;
  }
  if (!pieces_.empty()) {
    // The next one's answer is what is waited for now.
    asked_ = PartOf(Part::kRequestBody, Part::kResponseBody);
    timer_moved_ = false;
    filter_.Arm(*this);
  }
  if (!piece.bytes.empty() || end) Inject(piece.bytes, end);
  if (held_back_ && piece_bytes_ <= host().buffer_limit() / 2) {
    held_back_ = false;
    Take();
  }
  if (step_ == Step::kReplaced && trailers_here_) {
    step_ = Step::kPassing;
    return Continue();
  }
  if (step_ == Step::kStreaming && pieces_.empty() && trailers_here_) AfterLastPiece();
}

void Side::AfterLastPiece() {
  if (AskTrailers() == FilterStatus::kContinue) Continue();
}

// --- The end of it.

void Side::DropPieces() {
  ignored_ += pieces_.size();
  pieces_.clear();
  piece_bytes_ = 0;
}

void Side::GiveUp() {
  Answered();
  const Step was = std::exchange(step_, step_ == Step::kReplaced ? step_ : Step::kPassing);
  switch (was) {
    case Step::kIdle:
    case Step::kOpen:
    case Step::kReplaced:
    case Step::kPassing: return;
    case Step::kBody:
      if (!body_.empty()) Add(body_);
      break;
    case Step::kStreaming: {
      ByteChain bytes;
      const bool end = !pieces_.empty() && pieces_.back().end;
      for (Piece& piece : pieces_) bytes.Append(std::move(piece.bytes));
      pieces_.clear();
      if (!bytes.empty() || end) Inject(bytes, end);
      break;
    }
    default: break;
  }
  Continue();
}

void Side::Drop() {
  if (asked_ != Part::kNone && step_ != Step::kStreaming) ++ignored_;
  DropPieces();
  Answered();
  body_.Clear();
  step_ = Step::kPassing;
}

void Side::DropIfHeadIsHere() {
  if (step_ == Step::kHead || step_ == Step::kCollecting || step_ == Step::kBody) Drop();
}

bool Side::finished() const {
  switch (step_) {
    case Step::kIdle: return !mode().head && mode().body == BodySendMode::kNone && !mode().trailers;
    case Step::kOpen: return !mode().trailers;
    case Step::kReplaced:
    case Step::kPassing: return true;
    default: return false;
  }
}

bool Side::wants_body() const {
  switch (step_) {
    case Step::kIdle: return true;  // an answer about the other side may change the mode
    case Step::kOpen:
    case Step::kTrailers:
    case Step::kPassing: return false;
    default: return true;
  }
}

bool Side::TakeOverride() { return waits() && !std::exchange(timer_moved_, true); }

// --- The chain, in this direction.

const SideMode& Side::mode() const {
  static constexpr SideMode kTunnel{.head = true};
  static constexpr SideMode kSilentTunnel{.head = false};
  const Mode& mode = filter_.mode();
  const SideMode& own = of_request_ ? mode.request : mode.response;
  if (!tunnel_) return own;
  return own.head ? kTunnel : kSilentTunnel;
}
filter::HttpFilterHost& Side::host() { return filter_.chain(); }
http::HeaderMap& Side::head() {
  return of_request_ ? host().request_head() : host().response_head();
}
http::HeaderMap& Side::trailers() {
  return of_request_ ? host().request_trailers() : host().response_trailers();
}
ByteChain& Side::Held() {
  return of_request_ ? host().held_request_body() : host().held_response_body();
}
void Side::Continue() { of_request_ ? host().ContinueRequest() : host().ContinueResponse(); }
void Side::Take() { of_request_ ? host().TakeRequest() : host().TakeResponse(); }
void Side::Add(ByteChain& data) {
  of_request_ ? host().AddRequestData(data) : host().AddResponseData(data);
}
void Side::Inject(ByteChain& data, bool end) {
  of_request_ ? host().InjectRequestData(data, end) : host().InjectResponseData(data, end);
}

}  // namespace sluice::filters::ext_proc
