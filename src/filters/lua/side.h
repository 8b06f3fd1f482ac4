// One direction of a stream as its script sees it: the coroutine, what it waits for, and what of
// the message is still here to be changed. Part of its filter; one worker.
//
// Hard rule: nothing is asked of the chain while Lua is on the stack (its callbacks could run Lua
// again). What a script asks for is noted here and done when it waits or ends.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "binding.h"
#include "script.h"
#include "sluice/filter/async_client.h"
#include "sluice/filter/http_filter.h"

namespace sluice::filters::lua {

class LuaFilter;

constexpr uint32_t kHeadPart = 0;  // of a headers object
constexpr uint32_t kTrailersPart = 1;

using Fields = std::vector<std::pair<std::string, std::string>>;

// What respond() was given.
struct Reply {
  uint32_t status = 200;
  Fields fields;
  std::string body;
};

class Side final : private filter::AsyncEvents {
 public:
  Side(LuaFilter& filter, Entry entry) : filter_(filter), entry_(entry) {}
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;

  // The message, as it comes. Without Start all of it passes.
  filter::FilterStatus Start(Script& script, bool end);
  filter::FilterStatus OnData(ByteChain& data, bool end);
  filter::FilterStatus OnTrailers();
  // Nothing runs any more, and nothing is waited for.
  void Cancel();
  // The request has been answered by somebody else while its head waited here.
  void CancelIfHeadIsHere() {
    if (!head_passed_ && state_ != State::kResponded) Cancel();
  }
  bool WantsBody() const;

  // For methods of objects; only while the coroutine runs.
  LuaFilter& filter() { return filter_; }
  filter::HttpFilterHost& host();
  Entry entry() const { return entry_; }
  bool request() const { return entry_ == Entry::kRequest; }
  uint64_t scope() const { return coroutine_->scope(); }
  Script& script() const { return coroutine_->script(); }
  bool IsThread(const lua_State* state) const { return coroutine_->state() == state; }
  bool IsNow(const Ref& ref) const {
    return ref.round == 0 || (ref.round == round_ && chunk_ != nullptr);
  }

  http::HeaderMap& head();
  http::HeaderMap& trailers();
  bool head_is_here() const { return !head_passed_; }
  void HeadChanged();
  // The body that an object of this round stands for.
  ByteChain& Body(const Ref& ref) { return ref.round != 0 ? *chunk_ : HeldBody(); }
  void SetBody(const Ref& ref, std::string_view bytes);

  // What a script leaves outside of its state (fields, metadata) is bounded as well: false when it
  // is as much as a state may have.
  bool Spend(size_t bytes) {
    spent_ += bytes + 64;
    return spent_ <= script().limits().max_memory_bytes;
  }

  // The ways to wait; each answers what the method returns.
  int WaitForBody(lua_State* state, bool always);
  int WaitForChunk(lua_State* state);
  int WaitForTrailers(lua_State* state);
  int WaitForCall(lua_State* state, filter::AsyncRequest request, bool repeated_as_lists);
  int WaitForever(Reply reply);
  void TakeBackWait();
  bool body_has_begun() const { return streamed_ || whole_; }

 private:
  enum class State : uint8_t {
    kIdle,  // there is no script, or it is done
    kRunning,
    kWaitBody,
    kWaitChunk,
    kWaitTrailers,
    kWaitCall,
    kResponded,  // the rest of the message is nobody's
  };

  // filter::AsyncEvents
  void OnResponse(filter::AsyncResponse&& response) override;
  void OnFailure(const Error& error) override;

  filter::FilterStatus Run(int arguments);
  void RunLater(int arguments);  // from outside of the chain's callbacks
  void Fail(const std::string& error);
  filter::FilterStatus GiveChunk(ByteChain& data);
  ByteChain& HeldBody();
  int GiveBody(lua_State* state, bool always);
  void SetLength(size_t bytes);

  LuaFilter& filter_;
  const Entry entry_;
  State state_ = State::kIdle;
  bool ended_ = false;     // all of the message is known
  bool trailed_ = false;   // with trailers
  bool streamed_ = false;  // bytes of the body went by in chunks
  bool whole_ = false;     // the body was asked for as a whole
  bool always_ = false;    // also an empty one
  bool head_passed_ = false;
  bool as_lists_ = false;  // how fields of an answer are given
  size_t spent_ = 0;
  uint32_t round_ = 0;  // counts runs
  ByteChain* chunk_ = nullptr;
  std::optional<Coroutine> coroutine_;
  std::unique_ptr<filter::AsyncTicket> call_;
  Reply reply_;
};

}  // namespace sluice::filters::lua
