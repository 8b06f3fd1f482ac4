#include "call.h"

#include <utility>

#include "sluice/http/number.h"
#include "sluice/wasm/vm.h"

namespace sluice::wasm {
namespace {

constexpr uint32_t kUnavailable = 14;  // gRPC
constexpr uint32_t kInternal = 13;
constexpr size_t kPrefix = 5;  // of a gRPC message: compressed or not, and its size

}  // namespace

void Call::Send(filter::AsyncClient& client, filter::AsyncRequest request) {
  ticket_ = client.Send(std::move(request), *this);
}

void Call::OnResponse(filter::AsyncResponse&& response) {
  for (const auto& [name, value] : response.head) head_.Add(name, value);
  for (const auto& [name, value] : response.trailers) trailers_.Add(name, value);
  body_ = std::move(response.body);
  if (grpc_) ReadGrpcStatus(response.status);
  Answer();
}

void Call::OnFailure(const Error& error) {
  grpc_status_ = kUnavailable;
  grpc_message_ = error.detail;
  Answer();
}

void Call::ReadGrpcStatus(uint32_t http_status) {
  const http::HeaderMap& from = trailers_.Has(http::HeaderId::kGrpcStatus) ? trailers_ : head_;
  const auto status = http::ParseDecimal(from.Get(http::HeaderId::kGrpcStatus).value_or(""));
  grpc_status_ = status ? static_cast<uint32_t>(*status) : kInternal;
  grpc_message_ = from.Get(http::HeaderId::kGrpcMessage).value_or("");
  if (http_status != 200) grpc_status_ = kUnavailable;
  const bool whole = body_.size() >= kPrefix && body_[0] == 0;
  if (grpc_status_ == 0 && !whole) grpc_status_ = kInternal;
  body_ = whole ? body_.substr(kPrefix) : std::string();
}

void Call::Answer() {
  Context& context = *context_;
  const LocalPin<Vm> pin(context.vm());
  const auto self = std::move(context.calls_.find(token_)->second);  // dies at the end of this
  context.calls_.erase(token_);
  Call* const before = std::exchange(context.answering_, this);
  const uint32_t id = context.id();
  grpc_ ? AnswerGrpc() : AnswerHttp();
  if (pin->Find(id) == &context) context.answering_ = before;
}

void Call::AnswerHttp() {
  Context& context = *context_;
  context.vm().Run(Export::kHttpCallResponse, context,
                   {context.id(), token_, static_cast<uint32_t>(head_.size()),
                    static_cast<uint32_t>(body_.size()), static_cast<uint32_t>(trailers_.size())},
                   0);
}

void Call::AnswerGrpc() {
  Vm& vm = context_->vm();
  const uint32_t id = context_->id();
  const auto here = [&] { return vm.Find(id) == context_; };
  vm.Run(Export::kGrpcInitialMetadata, *context_, {id, token_, static_cast<uint32_t>(head_.size())},
         0);
  if (grpc_status_ == 0 && here()) {
    vm.Run(Export::kGrpcMessage, *context_, {id, token_, static_cast<uint32_t>(body_.size())}, 0);
  }
  if (here()) {
    vm.Run(Export::kGrpcTrailingMetadata, *context_,
           {id, token_, static_cast<uint32_t>(trailers_.size())}, 0);
  }
  if (here()) vm.Run(Export::kGrpcClose, *context_, {id, token_, grpc_status_}, 0);
}

}  // namespace sluice::wasm
