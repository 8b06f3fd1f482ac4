#include "grpc_web_filter.h"

#include <string>
#include <utility>

#include "base64.h"
#include "sluice/config/schema.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/http/grpc.h"
#include "sluice/http/number.h"
#include "sluice/http/status.h"
#include "sluice/log/grpc_status.h"

namespace sluice::filters::grpc_web {

using filter::FilterStatus;
using http::HeaderId;

namespace {

constexpr std::string_view kType = "envoy.extensions.filters.http.grpc_web.v3.GrpcWeb";
constexpr std::string_view kBinaryType = "application/grpc-web";
constexpr std::string_view kTextType = "application/grpc-web-text";
constexpr std::string_view kGrpcType = "application/grpc";

class Worker final : public filter::HttpFilterWorker {
 public:
  // filter::HttpFilterWorker
  filter::HttpFilter* Create(Arena& arena) override { return arena.New<GrpcWebFilter>(); }
};

class Factory final : public filter::HttpFilterFactory {
 public:
  static std::unique_ptr<filter::HttpFilterFactory> Make(
      const std::shared_ptr<const GrpcWebConfig>& /*config*/, const config::Where& /*where*/,
      filter::LoadContext& /*ctx*/) {
    return std::make_unique<Factory>();
  }
  // filter::HttpFilterFactory
  std::unique_ptr<filter::HttpFilterWorker> MakeWorker(
      filter::WorkerContext& /*worker*/, const stats::Scope& /*manager*/) const override {
    return std::make_unique<Worker>();
  }
};

// "+proto" of "application/grpc-web+proto", or nothing.
std::string_view SuffixOf(std::string_view content_type) {
  const size_t plus = content_type.find('+');
  if (plus == std::string_view::npos) return {};
  const size_t end = content_type.find_first_of("; ", plus);
  return content_type.substr(plus, end == std::string_view::npos ? end : end - plus);
}

std::string_view Join(Arena& arena, std::string_view a, std::string_view b) {
  std::string joined(a);
  joined.append(b);
  return arena.Copy(joined);
}

}  // namespace

const config::Message& GrpcWebConfig::Schema() {
  static const auto message =
      config::Message::Of<GrpcWebConfig>(kType, "Lets browsers call gRPC services.", {});
  return message;
}

GrpcWebFilter::Form GrpcWebFilter::FormOf(std::string_view content_type) {
  const auto ends = [&](std::string_view type) {
    return content_type.size() == type.size() || content_type[type.size()] == '+' ||
           content_type[type.size()] == ';';
  };
  if (content_type.starts_with(kTextType) && ends(kTextType)) return Form::kText;
  if (content_type.starts_with(kBinaryType) && ends(kBinaryType)) return Form::kBinary;
  return Form::kNone;
}

FilterStatus GrpcWebFilter::OnRequestHead(http::HeaderMap& head, bool /*end*/) {
  const std::string_view content_type = head.Get(HeaderId::kContentType).value_or("");
  request_ = FormOf(content_type);
  if (request_ == Form::kNone) return FilterStatus::kContinue;
  const Form accepted = FormOf(head.Get(HeaderId::kAccept).value_or(""));
  response_ = accepted == Form::kNone ? request_ : accepted;
  head.Remove(HeaderId::kContentLength);  // the body changes, and gRPC has none
  head.SetView(HeaderId::kContentType, Join(host().arena(), kGrpcType, SuffixOf(content_type)));
  head.SetView(HeaderId::kTe, "trailers");
  head.SetView(HeaderId::kGrpcAcceptEncoding, "identity");
  return FilterStatus::kContinue;
}

FilterStatus GrpcWebFilter::OnRequestData(ByteChain& data, bool end) {
  if (request_ != Form::kText) return FilterStatus::kContinue;
  text_.Append(std::move(data));
  data.Clear();
  if (!DecodeBase64(text_, data) || (end && !text_.empty())) {
    data.Clear();
    Refuse();
    return FilterStatus::kStop;
  }
  return FilterStatus::kContinue;
}

void GrpcWebFilter::Refuse() {
  request_ = Form::kNone;
  host().request_head().SetView(HeaderId::kContentType, kTextType);  // not a gRPC error
  host().SendLocalReply({.status = 400,
                         .body = "Bad gRPC-web request, invalid base64 data.",
                         .details = "grpc_base_64_decode_failed"});
}

FilterStatus GrpcWebFilter::OnResponseHead(http::HeaderMap& head, bool /*end*/) {
  if (request_ == Form::kNone) return FilterStatus::kContinue;
  const std::string_view content_type = head.Get(HeaderId::kContentType).value_or("");
  if (!log::IsGrpc(head)) {
    Translate(head);
    return FilterStatus::kContinue;
  }
  const std::string_view suffix = SuffixOf(content_type);
  head.Remove(HeaderId::kContentLength);
  head.SetView(HeaderId::kContentType,
               Join(host().arena(), response_ == Form::kText ? kTextType : kBinaryType,
                    suffix.empty() ? std::string_view("+proto") : suffix));
  return FilterStatus::kContinue;
}

// A proxy's page, say: what a browser can make of it is the status.
void GrpcWebFilter::Translate(http::HeaderMap& head) {
  request_ = Form::kNone;
  if (head.Has(HeaderId::kGrpcStatus)) return;
  const uint32_t status = http::ParseStatus(head.Get(HeaderId::kStatus).value_or(""));
  head.SetView(HeaderId::kGrpcStatus,
               http::FormatDecimal(host().arena(), log::HttpToGrpcStatus(status)));
}

FilterStatus GrpcWebFilter::OnResponseData(ByteChain& data, bool /*end*/) {
  if (request_ == Form::kNone || response_ != Form::kText) return FilterStatus::kContinue;
  ByteChain bytes(std::move(data));
  data.Clear();
  EncodeBase64(bytes, data);
  return FilterStatus::kContinue;
}

// The last frame (gRPC-Web, "Trailers"): the top bit of its flags is set, its bytes are an h1
// block.
FilterStatus GrpcWebFilter::OnResponseTrailers(http::HeaderMap& trailers) {
  if (request_ == Form::kNone) return FilterStatus::kContinue;
  std::string block;
  for (const http::HeaderEntry& entry : trailers.entries()) {
    block.append(entry.Name()).append(":").append(entry.Value()).append("\r\n");
  }
  trailers.Clear();
  const auto prefix = http::MakeGrpcPrefix(static_cast<uint32_t>(block.size()), 0x80);
  ByteChain frame;
  frame.Append(std::string_view(prefix.data(), prefix.size()));
  frame.Append(std::string_view(block));
  if (response_ == Form::kText) {
    ByteChain bytes(std::move(frame));
    frame.Clear();
    EncodeBase64(bytes, frame);
  }
  host().AddResponseData(frame);
  return FilterStatus::kContinue;
}

ExtensionPtr MakeExtension() {
  using Extension = filter::SimpleExtension<filter::HttpFilterExtension, filter::HttpFilterFactory,
                                            GrpcWebConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kHttpFilters, kType, &GrpcWebConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.http.grpc_web", "envoy.grpc_web"});
}

}  // namespace sluice::filters::grpc_web
