#include "side.h"

#include <lua.hpp>

#include "http_call.h"
#include "lua_filter.h"
#include "sluice/http/number.h"

namespace sluice::filters::lua {

using filter::FilterStatus;
using http::HeaderId;

filter::HttpFilterHost& Side::host() { return filter_.stream(); }
http::HeaderMap& Side::head() { return request() ? host().request_head() : host().response_head(); }
http::HeaderMap& Side::trailers() {
  return request() ? host().request_trailers() : host().response_trailers();
}
ByteChain& Side::HeldBody() {
  return request() ? host().held_request_body() : host().held_response_body();
}
void Side::HeadChanged() {
  if (request() && filter_.clears_route_cache()) host().ClearRouteCache();
}

bool Side::WantsBody() const { return state_ != State::kIdle; }

void Side::Cancel() {
  call_.reset();
  coroutine_.reset();
  state_ = State::kIdle;
}

// --- Running.

FilterStatus Side::Start(Script& script, bool end) {
  ended_ = end;
  coroutine_.emplace(script, entry_, *this);
  PushObject(coroutine_->state(), Type::kHandle, scope());
  return Run(1);
}

FilterStatus Side::Run(int arguments) {
  state_ = State::kRunning;
  ++round_;
  switch (coroutine_->Resume(arguments)) {
    case Coroutine::Outcome::kDone: Cancel(); break;
    case Coroutine::Outcome::kFailed: Fail(coroutine_->error()); break;
    case Coroutine::Outcome::kWaits:
      if (state_ == State::kRunning) Fail("the script yields, but waits for nothing");
      break;
  }
  switch (state_) {
    case State::kWaitBody: return FilterStatus::kStop;
    case State::kWaitCall: return FilterStatus::kStopAllWatermark;
    case State::kResponded: filter_.Respond(reply_); return FilterStatus::kStop;
    default: head_passed_ = true; return FilterStatus::kContinue;
  }
}

// The message goes on as if there were no script.
void Side::Fail(const std::string& error) {
  filter_.ScriptFailed(error, script().excess());
  Cancel();
}

void Side::RunLater(int arguments) {
  const FilterStatus status = Run(arguments);
  if (status == FilterStatus::kContinue) {
    request() ? host().ContinueRequest() : host().ContinueResponse();
  } else if (state_ == State::kWaitBody) {
    request() ? host().TakeRequest() : host().TakeResponse();
  }
}

// --- The message.

FilterStatus Side::OnData(ByteChain& data, bool end) {
  switch (state_) {
    case State::kWaitChunk: ended_ = end; return GiveChunk(data);
    case State::kWaitBody: break;
    case State::kWaitTrailers:
      streamed_ = streamed_ || !data.empty();
      ended_ = end;
      return end ? Run(0) : FilterStatus::kContinue;
    case State::kResponded: data.Clear(); return FilterStatus::kStop;
    default: return FilterStatus::kContinue;
  }
  // What is over the limit is held: it is the chain that answers 413 or 500.
  const bool over = HeldBody().size() + data.size() > host().buffer_limit();
  if (!end || over) return FilterStatus::kStop;
  ended_ = true;
  request() ? host().AddRequestData(data) : host().AddResponseData(data);
  return Run(GiveBody(coroutine_->state(), always_));
}

FilterStatus Side::GiveChunk(ByteChain& data) {
  streamed_ = true;
  chunk_ = &data;
  PushObject(coroutine_->state(), Type::kBody, scope(), 0, round_ + 1);
  const FilterStatus status = Run(1);
  chunk_ = nullptr;
  return status;
}

FilterStatus Side::OnTrailers() {
  ended_ = trailed_ = true;
  switch (state_) {
    case State::kWaitChunk: return Run(0);
    case State::kWaitBody: return Run(GiveBody(coroutine_->state(), always_));
    case State::kWaitTrailers:
      PushObject(coroutine_->state(), Type::kHeaders, scope(), kTrailersPart);
      return Run(1);
    case State::kResponded: return FilterStatus::kStop;
    default: return FilterStatus::kContinue;
  }
}

int Side::GiveBody(lua_State* state, bool always) {
  if (HeldBody().empty() && !always) return GiveNil(state);
  PushObject(state, Type::kBody, scope());
  return 1;
}

void Side::SetBody(const Ref& ref, std::string_view bytes) {
  ByteChain& body = Body(ref);
  body.Clear();
  body.Append(bytes);
  if (!head_passed_) SetLength(bytes.size());
}

void Side::SetLength(size_t bytes) {
  if (chunk_ != nullptr) return;  // one of several
  http::HeaderMap& map = head();
  if (!map.Has(HeaderId::kContentLength)) {
    if (trailed_) return;  // trailers need chunks
    map.Remove(HeaderId::kTransferEncoding);
  }
  map.SetView(HeaderId::kContentLength, http::FormatDecimal(map.arena(), bytes));
}

// --- Waiting.

int Side::WaitForBody(lua_State* state, bool always) {
  if (streamed_) return Raise(state, "cannot call body() after body streaming has started");
  whole_ = true;
  if (ended_) return GiveBody(state, always);
  always_ = always;
  state_ = State::kWaitBody;
  return kWait;
}

int Side::WaitForChunk(lua_State* state) {
  if (ended_) return GiveNil(state);
  state_ = State::kWaitChunk;
  return kWait;
}

int Side::WaitForTrailers(lua_State* state) {
  if (trailed_) {
    PushObject(state, Type::kHeaders, scope(), kTrailersPart);
    return 1;
  }
  if (ended_) return GiveNil(state);
  state_ = State::kWaitTrailers;
  return kWait;
}

int Side::WaitForCall(lua_State* state, filter::AsyncRequest request, bool repeated_as_lists) {
  if (!IsThread(state)) {
    return Raise(state, "httpCall() cannot wait in a coroutine of the script's");
  }
  as_lists_ = repeated_as_lists;
  call_ = host().worker().async_client.Send(std::move(request), *this);
  state_ = State::kWaitCall;
  return kWait;
}

int Side::WaitForever(Reply reply) {
  reply_ = std::move(reply);
  state_ = State::kResponded;
  return kWait;
}

void Side::TakeBackWait() { state_ = State::kRunning; }

void Side::OnResponse(filter::AsyncResponse&& response) {
  const auto ticket = std::move(call_);  // dies at the end of this
  RunLater(PushAnswer(coroutine_->state(), response, as_lists_));
}

// As Envoy tells it.
void Side::OnFailure(const Error& error) {
  const auto ticket = std::move(call_);
  filter_.CallFailed(error);
  filter::AsyncResponse response;
  response.status = 503;
  response.body = "upstream failure";
  response.head = {{"content-length", std::to_string(response.body.size())}};
  RunLater(PushAnswer(coroutine_->state(), response, as_lists_));
}

}  // namespace sluice::filters::lua
