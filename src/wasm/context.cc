#include "sluice/wasm/context.h"

#include <utility>

#include "call.h"
#include "sluice/wasm/plugin.h"
#include "sluice/wasm/vm.h"

namespace sluice::wasm {

Context::Context(Vm& vm, RootContext* root) : vm_(vm), root_(root), id_(vm.next_id_++) {
  vm_.contexts_[id_] = this;
}

// Takes over the id and the calls of a context whose owner goes.
Context::Context(Vm& vm, RootContext* root, uint32_t id, Context& heir_of)
    : vm_(vm), root_(root), id_(id), calls_(std::move(heir_of.calls_)) {
  heir_of.calls_.clear();
  for (auto& [token, call] : calls_) call->SetContext(*this);
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
  if (answering_ == nullptr) return nullptr;
  switch (type) {
    case MapType::kCallResponseHeaders: return answering_->grpc() ? nullptr : &answering_->head();
    case MapType::kCallResponseTrailers:
      return answering_->grpc() ? nullptr : &answering_->trailers();
    case MapType::kGrpcInitialMetadata: return answering_->grpc() ? &answering_->head() : nullptr;
    case MapType::kGrpcTrailingMetadata:
      return answering_->grpc() ? &answering_->trailers() : nullptr;
    default: return nullptr;
  }
}

std::optional<BufferView> Context::Buffer(BufferType type) {
  if (answering_ == nullptr) return std::nullopt;
  const BufferType mine =
      answering_->grpc() ? BufferType::kGrpcMessage : BufferType::kCallResponseBody;
  if (type != mine) return std::nullopt;
  return BufferView{answering_->body(), nullptr, true};
}

std::optional<uint32_t> Context::StartCall(filter::AsyncRequest request, bool grpc) {
  constexpr size_t kMaxCalls = 1000;
  if (calls_.size() >= kMaxCalls) return std::nullopt;
  const uint32_t token = vm_.NextToken();
  auto& call = calls_[token] = std::make_unique<Call>(*this, token, grpc);
  call->Send(vm_.worker().async_client, std::move(request));
  return token;
}

std::pair<uint32_t, std::string_view> Context::CallStatus() const {
  if (answering_ == nullptr || !answering_->grpc()) return {};
  return {answering_->grpc_status(), answering_->grpc_message()};
}

bool Context::CancelCall(uint32_t token) { return calls_.erase(token) != 0; }

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
