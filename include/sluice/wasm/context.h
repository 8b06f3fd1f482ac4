// What a module calls a context: the plugin itself (root), or one stream of it. Derived by what
// has streams: the HTTP filter, the network filter, the access logger.
//
// Belongs to its VM's thread. Whatever it does not have, a context says so with a Status. Hard
// rule: while the module runs, nothing here may run filters: it is deferred by Vm::Defer.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/buffer/byte_chain.h"
#include "sluice/event/loop.h"
#include "sluice/filter/async_client.h"
#include "sluice/http/header_map.h"
#include "sluice/wasm/abi.h"

namespace sluice::stream {
struct StreamInfo;
}

namespace sluice::wasm {

class Call;
class Plugin;
class RootContext;
class Vm;

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct LocalResponse {
  uint32_t status = 500;
  std::string details;
  std::string body;
  Pairs headers;
  std::optional<uint32_t> grpc_status;
};

// What is done when the module has returned.
enum class Deferred : uint8_t {
  kLocalResponse,
  kContinueRequest,
  kContinueResponse,
  kContinueDownstream,
  kContinueUpstream,
  kCloseRequest,
  kCloseResponse,
  kCloseDownstream,
  kCloseUpstream,
  kFinish,  // proxy_done of a context that nobody else holds any more
};

// A buffer as the module sees it: text that it may read, or a chain that it may also change.
struct BufferView {
  std::string_view text;
  ByteChain* chain = nullptr;
  bool end = false;
  size_t size() const { return chain != nullptr ? chain->size() : text.size(); }
};

// Where properties are read from.
struct StreamView {
  const stream::StreamInfo* info = nullptr;
  const http::HeaderMap* request = nullptr;
  const http::HeaderMap* response = nullptr;
  const http::HeaderMap* trailers = nullptr;
  stream::StreamInfo* writable = nullptr;  // the same info; null: it is over
};

class Context {
 public:
  Context(Vm& vm, RootContext* root);  // a new id
  virtual ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  uint32_t id() const { return id_; }
  Vm& vm() { return vm_; }
  RootContext& root();

  // Null: there is no such map (now).
  virtual http::HeaderMap* Headers(MapType type);
  // What may be read and not changed, too.
  virtual const http::HeaderMap* ReadHeaders(MapType type) { return Headers(type); }
  virtual void HeadersChanged(MapType /*type*/) {}
  virtual bool MayChange(MapType /*type*/) const { return true; }
  virtual std::optional<BufferView> Buffer(BufferType type);
  virtual StreamView Stream() { return {}; }
  virtual Status SendLocalResponse(LocalResponse /*response*/) { return Status::kBadArgument; }
  virtual Status Continue(StreamType /*type*/) { return Status::kUnimplemented; }
  virtual Status Close(StreamType /*type*/) { return Status::kUnimplemented; }
  virtual Status ClearRouteCache() { return Status::kBadArgument; }
  virtual void Act(Deferred /*what*/) {}
  virtual bool AtEnd(BufferType /*type*/) const { return false; }

 protected:
  Context(Vm& vm, RootContext* root, uint32_t id);  // takes over the id of one whose owner goes

 private:
  Vm& vm_;
  RootContext* root_;
  uint32_t id_;
};

// How long what a module leaves on a stream is there, and how often it may be written.
enum class Span : uint8_t { kStream, kConnection };
enum class Writing : uint8_t { kAlways, kOnce };
struct Declaration {
  Writing writing = Writing::kAlways;
  Span span = Span::kStream;
};

// The plugin in one VM.
class RootContext final : public Context {
 public:
  RootContext(Vm& vm, const Plugin& plugin);
  ~RootContext() override;

  const Plugin& plugin() const { return plugin_; }
  bool configuring() const { return configuring_; }
  // on_vm_start and on_configure; false: the module does not want to.
  bool Start();
  void SetTick(Duration period);
  void OnQueueReady(uint32_t token);
  // An entry of an access log: its stream is what the module may look at.
  void Log(const StreamView& entry);
  // The plugin goes while the VM may stay: no ticks and no answers any more.
  void Stop();

  // Calls to clusters. The token, or nothing when there are too many.
  enum class CallKind : uint8_t { kHttp, kGrpc, kGrpcStream };
  std::optional<uint32_t> StartCall(filter::AsyncRequest request, CallKind kind);
  Call* FindCall(uint32_t token);
  std::unique_ptr<Call> TakeCall(uint32_t token);
  bool CancelCall(uint32_t token);
  Call* SetAnswering(Call* call) { return std::exchange(answering_, call); }
  // The call whose answer the module looks at, if it is of this kind.
  Call* Answering(bool grpc);
  // Of the gRPC call that is being answered: its status and message.
  std::pair<uint32_t, std::string_view> CallStatus();

  // Properties that the module has declared; false: it has that one already, or too many.
  bool Declare(std::string_view name, const Declaration& declaration);
  Declaration DeclarationOf(std::string_view state_name) const;

  // Context
  const http::HeaderMap* ReadHeaders(MapType type) override;
  std::optional<BufferView> Buffer(BufferType type) override;
  StreamView Stream() override { return entry_; }

 private:
  void OnTick();

  const Plugin& plugin_;
  bool configuring_ = false;
  Duration period_{};
  Timer tick_;
  std::map<uint32_t, std::unique_ptr<Call>> calls_;
  Call* answering_ = nullptr;
  StreamView entry_;                                          // while it is logged
  std::map<std::string, Declaration, std::less<>> declared_;  // by their names in filter state
};

}  // namespace sluice::wasm
