#include "sluice/wasm/context.h"

#include <utility>

#include "call.h"
#include "properties.h"
#include "sluice/wasm/plugin.h"
#include "sluice/wasm/vm.h"

namespace sluice::wasm {

Context::Context(Vm& vm, RootContext* root) : vm_(vm), root_(root), id_(vm.next_id_++) {
  vm_.contexts_[id_] = this;
}

Context::Context(Vm& vm, RootContext* root, uint32_t id) : vm_(vm), root_(root), id_(id) {
  vm_.contexts_[id_] = this;
}

Context::~Context() {
  const auto found = vm_.contexts_.find(id_);
  if (found != vm_.contexts_.end() && found->second == this) vm_.contexts_.erase(found);
}

RootContext& Context::root() {
  return root_ != nullptr ? *root_ : static_cast<RootContext&>(*this);
}

http::HeaderMap* Context::Headers(MapType type) {
  const bool grpc = type == MapType::kGrpcInitialMetadata || type == MapType::kGrpcTrailingMetadata;
  Call* call = root().Answering(grpc);
  if (call == nullptr) return nullptr;
  switch (type) {
    case MapType::kCallResponseHeaders:
    case MapType::kGrpcInitialMetadata: return &call->head();
    case MapType::kCallResponseTrailers:
    case MapType::kGrpcTrailingMetadata: return &call->trailers();
    default: return nullptr;
  }
}

std::optional<BufferView> Context::Buffer(BufferType type) {
  if (type != BufferType::kGrpcMessage && type != BufferType::kCallResponseBody) {
    return std::nullopt;
  }
  Call* call = root().Answering(type == BufferType::kGrpcMessage);
  if (call == nullptr) return std::nullopt;
  return BufferView{call->body(), nullptr, true};
}

Call* RootContext::Answering(bool grpc) {
  return answering_ != nullptr && answering_->grpc() == grpc ? answering_ : nullptr;
}

std::optional<uint32_t> RootContext::StartCall(filter::AsyncRequest request, CallKind kind) {
  constexpr size_t kMaxCalls = 10'000;
  if (calls_.size() >= kMaxCalls) return std::nullopt;
  const uint32_t token = vm().NextToken();
  filter::AsyncClient& client = vm().worker().async_client;
  if (kind == CallKind::kHttp) {
    auto call = std::make_unique<HttpCall>(*this, token);
    call->Send(client, std::move(request));
    calls_[token] = std::move(call);
    return token;
  }
  const bool stream = kind == CallKind::kGrpcStream;
  auto call = std::make_unique<GrpcCall>(
      *this, token, stream ? GrpcCall::Kind::kStream : GrpcCall::Kind::kSingle);
  const std::string message = std::exchange(request.body, {});
  call->Open(client, std::move(request));
  if (!stream) call->Write(message, true);
  calls_[token] = std::move(call);
  return token;
}

Call* RootContext::FindCall(uint32_t token) {
  const auto found = calls_.find(token);
  return found == calls_.end() ? nullptr : found->second.get();
}

std::unique_ptr<Call> RootContext::TakeCall(uint32_t token) {
  const auto found = calls_.find(token);
  if (found == calls_.end()) return nullptr;
  auto call = std::move(found->second);
  calls_.erase(found);
  return call;
}

// The module may do it while it is told of this very call.
bool RootContext::CancelCall(uint32_t token) {
  auto call = TakeCall(token);
  if (call == nullptr) return false;
  call->Stop();
  vm().worker().loop.DeferDelete(std::move(call));
  return true;
}

std::pair<uint32_t, std::string_view> RootContext::CallStatus() {
  Call* call = Answering(true);
  if (call == nullptr) return {};
  return {call->grpc_status(), call->grpc_message()};
}

void RootContext::Log(const StreamView& entry) {
  const LocalPin<Vm> pin(vm());
  entry_ = entry;
  pin->Run(Export::kLog, *this, {id()}, 0);
  entry_ = {};
}

const http::HeaderMap* RootContext::ReadHeaders(MapType type) {
  switch (type) {
    case MapType::kRequestHeaders: return entry_.request;
    case MapType::kResponseHeaders: return entry_.response;
    case MapType::kResponseTrailers: return entry_.trailers;
    default: return Headers(type);
  }
}

bool RootContext::Declare(std::string_view name, const Declaration& declaration) {
  constexpr size_t kMaxDeclared = 1000;
  return declared_.size() < kMaxDeclared && declared_.emplace(StateName(name), declaration).second;
}

Declaration RootContext::DeclarationOf(std::string_view state_name) const {
  const auto found = declared_.find(state_name);
  return found == declared_.end() ? Declaration{} : found->second;
}

void RootContext::Stop() {
  tick_.Disarm();
  calls_.clear();
}

RootContext::RootContext(Vm& vm, const Plugin& plugin)
    : Context(vm, nullptr), plugin_(plugin), tick_(vm.worker().loop, [this] { OnTick(); }) {}

RootContext::~RootContext() = default;

bool RootContext::Start() {
  vm().Run(Export::kContextCreate, *this, {id(), 0}, 0);
  const auto size = static_cast<uint32_t>(vm().plan().configuration.size());
  bool good = vm().Run(Export::kVmStart, *this, {id(), size}, 1) != 0;
  if (good && !vm().failed()) {
    configuring_ = true;
    const auto own = static_cast<uint32_t>(plugin_.configuration.size());
    good = vm().Run(Export::kConfigure, *this, {id(), own}, 1) != 0;
  }
  return good && !vm().failed();
}

// Both are at hand all the time: modules made for 0.1.0 ask when they like.
std::optional<BufferView> RootContext::Buffer(BufferType type) {
  if (type == BufferType::kVmConfiguration) {
    return BufferView{vm().plan().configuration, nullptr, true};
  }
  if (type == BufferType::kPluginConfiguration) {
    return BufferView{plugin_.configuration, nullptr, true};
  }
  return Context::Buffer(type);
}

void RootContext::SetTick(Duration period) {
  period_ = period;
  tick_.Disarm();
  if (period_ > Duration::zero()) tick_.Arm(period_);
}

void RootContext::OnTick() {
  if (vm().failed()) return;
  const LocalPin<Vm> pin(vm());
  tick_.Arm(period_);
  pin->Run(Export::kTick, *this, {id()}, 0);
}

void RootContext::OnQueueReady(uint32_t token) {
  const LocalPin<Vm> pin(vm());
  pin->Run(Export::kQueueReady, *this, {id(), token}, 0);
}

}  // namespace sluice::wasm
