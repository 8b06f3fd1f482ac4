#include "call.h"

#include <utility>

#include "sluice/http/number.h"
#include "sluice/wasm/vm.h"

namespace sluice::wasm {
namespace {

enum GrpcStatus : uint32_t {
  kOk = 0,
  kUnknown = 2,
  kDeadlineExceeded = 4,
  kResourceExhausted = 8,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
};

constexpr size_t kPrefix = 5;  // of a gRPC message: compressed or not, and its size
constexpr size_t kMaxMessage = size_t{4} << 20;

// https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
uint32_t FromHttpStatus(uint32_t status) {
  switch (status) {
    case 400: return kInternal;
    case 401: return 16;
    case 403: return 7;
    case 404: return kUnimplemented;
    case 429:
    case 502:
    case 503:
    case 504: return kUnavailable;
    default: return kUnknown;
  }
}

std::string Framed(std::string_view message) {
  std::string out(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((message.size() >> shift) & 0xff));
  }
  return out.append(message);
}

size_t SizeIn(std::string_view prefix) {
  size_t size = 0;
  for (size_t i = 1; i < kPrefix; ++i) size = (size << 8) | static_cast<unsigned char>(prefix[i]);
  return size;
}

}  // namespace

void Call::Tell(Export which, uint32_t number) { Tell(which, {root_.id(), token_, number}); }

void Call::Tell(Export which, std::initializer_list<uint32_t> arguments) {
  if (stopped_) return;
  Call* const before = root_.SetAnswering(this);
  root_.vm().Run(which, root_, arguments, 0);
  root_.SetAnswering(before);
}

void HttpCall::OnResponse(filter::AsyncResponse&& response) {
  for (const auto& [name, value] : response.head) head_.Add(name, value);
  for (const auto& [name, value] : response.trailers) trailers_.Add(name, value);
  body_ = std::move(response.body);
  Answer();
}

void HttpCall::OnFailure(const Error& /*error*/) { Answer(); }

void HttpCall::Answer() {
  const LocalPin<Vm> pin(root_.vm());
  const std::unique_ptr<Call> self = root_.TakeCall(token_);  // dies at the end of this
  Tell(Export::kHttpCallResponse,
       {root_.id(), token_, static_cast<uint32_t>(head_.size()),
        static_cast<uint32_t>(body_.size()), static_cast<uint32_t>(trailers_.size())});
}

Status GrpcCall::Write(std::string_view message, bool end) {
  return stream_->Write(Framed(message), end) ? Status::kOk : Status::kInternalFailure;
}

bool GrpcCall::Close() {
  if (kind_ == Kind::kSingle) return false;
  stream_->Write({}, true);  // or it has ended already
  return true;
}

void GrpcCall::OnStreamHead(uint32_t status, filter::AsyncFields&& head) {
  const LocalPin<Vm> pin(root_.vm());
  http_status_ = status;
  for (const auto& [name, value] : head) head_.Add(name, value);
  if (kind_ == Kind::kStream) {
    Tell(Export::kGrpcInitialMetadata, static_cast<uint32_t>(head_.size()));
  }
}

void GrpcCall::OnStreamData(std::string&& bytes) {
  const LocalPin<Vm> pin(root_.vm());
  unread_.append(bytes);
  while (!stopped_ && TakeMessage()) {
    if (kind_ == Kind::kStream) {
      Tell(Export::kGrpcMessage, static_cast<uint32_t>(body_.size()));
    }
  }
  if (!stopped_ && grpc_status_ != kOk) Finish();
}

// The next whole message; a single call keeps its first one. Sizes come from a stranger.
bool GrpcCall::TakeMessage() {
  if (unread_.size() < kPrefix) return false;
  const size_t size = SizeIn(unread_);
  if (size > kMaxMessage || unread_[0] != 0) {
    grpc_status_ = unread_[0] != 0 ? kUnimplemented : kResourceExhausted;
    grpc_message_ = unread_[0] != 0 ? "compressed message" : "message too large";
    return false;
  }
  if (unread_.size() < kPrefix + size) return false;
  if (kind_ == Kind::kStream || !has_message_) body_ = unread_.substr(kPrefix, size);
  has_message_ = true;
  unread_.erase(0, kPrefix + size);
  return true;
}

void GrpcCall::OnStreamEnd(filter::AsyncFields&& trailers) {
  const LocalPin<Vm> pin(root_.vm());
  for (const auto& [name, value] : trailers) trailers_.Add(name, value);
  ReadStatus();
  if (kind_ == Kind::kStream) {
    Tell(Export::kGrpcTrailingMetadata, static_cast<uint32_t>(trailers_.size()));
  }
  if (!stopped_) Finish();
}

void GrpcCall::OnStreamFailure(const Error& error) {
  grpc_status_ = error.code == ErrorCode::kTimeout    ? kDeadlineExceeded
                 : error.code == ErrorCode::kTooLarge ? kResourceExhausted
                                                      : kUnavailable;
  grpc_message_ = error.detail;
  if (!stopped_) Finish();
}

// In the trailers, or in a head that is all there is.
void GrpcCall::ReadStatus() {
  const http::HeaderMap& from = trailers_.Has(http::HeaderId::kGrpcStatus) ? trailers_ : head_;
  const auto status = http::ParseDecimal(from.Get(http::HeaderId::kGrpcStatus).value_or(""));
  grpc_status_ = status                ? static_cast<uint32_t>(*status)
                 : http_status_ != 200 ? FromHttpStatus(http_status_)
                                       : kUnknown;
  grpc_message_ = from.Get(http::HeaderId::kGrpcMessage).value_or("");
  if (grpc_status_ == kOk && !unread_.empty()) grpc_status_ = kInternal;
  if (grpc_status_ == kOk && kind_ == Kind::kSingle && !has_message_) grpc_status_ = kInternal;
}

void GrpcCall::Finish() {
  const LocalPin<Vm> pin(root_.vm());
  const std::unique_ptr<Call> self = root_.TakeCall(token_);  // dies at the end of this
  if (kind_ == Kind::kSingle && grpc_status_ == kOk) {
    Tell(Export::kGrpcMessage, static_cast<uint32_t>(body_.size()));
  } else {
    Tell(Export::kGrpcClose, grpc_status_);
  }
  stopped_ = true;
}

}  // namespace sluice::wasm
