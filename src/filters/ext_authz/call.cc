// The requests that go to a service.
#include <chrono>
#include <utility>

#include "check_request.h"
#include "mutations.h"
#include "sluice/filter/process_state.h"
#include "sluice/http/grpc.h"
#include "sluice/http/number.h"
#include "told_fields.h"

namespace sluice::filters::ext_authz {

using http::HeaderId;

namespace {

constexpr std::string_view kCheckPath = "/envoy.service.auth.v3.Authorization/Check";

uint64_t Milliseconds(Duration time) {
  return static_cast<uint64_t>(std::chrono::ceil<std::chrono::milliseconds>(time).count());
}

void AddHttpHead(const Plan& plan, const CheckInput& in, http::HeaderMap& head) {
  const HttpService& service = *plan.http();
  head.AddView(HeaderId::kMethod, in.head.Get(HeaderId::kMethod).value_or("GET"));
  head.AddView(HeaderId::kScheme, "http");
  head.AddView(HeaderId::kAuthority, in.head.Get(HeaderId::kAuthority).value_or(""));
  head.Add(HeaderId::kPath,
           service.path_prefix + std::string(in.head.Get(HeaderId::kPath).value_or("/")));
  ForEachToldField(plan, in, [&](std::string_view name, std::string_view value) {
    if (!name.starts_with(':') && name != "host" && !IsFraming(name)) head.AddView(name, value);
  });
  if (in.body == nullptr || in.body->bytes.empty()) head.AddView(HeaderId::kContentLength, "0");
}

void AddGrpcHead(const Plan& plan, const CheckInput& in, http::HeaderMap& head) {
  head.AddView(HeaderId::kMethod, "POST");
  head.AddView(HeaderId::kScheme, "http");
  head.AddView(HeaderId::kAuthority, plan.grpc()->authority);
  head.AddView(HeaderId::kPath, kCheckPath);
  head.AddView(HeaderId::kTe, "trailers");
  // At most eight digits.
  const uint64_t ms = Milliseconds(plan.timeout);
  head.Add(HeaderId::kGrpcTimeout,
           ms < 100'000'000 ? std::to_string(ms) + "m" : std::to_string(ms / 1000) + "S");
  head.AddView(HeaderId::kContentType, "application/grpc");
  static_cast<void>(in);
}

// As Envoy's own calls have them.
void AddProxyFields(const Plan& plan, http::HeaderMap& head) {
  head.SetView(HeaderId::kXEnvoyInternal, "true");
  if (!plan.process->local.address.empty()) {
    head.AppendToList(HeaderId::kXForwardedFor, plan.process->local.address);
  }
  head.SetView(HeaderId::kXEnvoyExpectedRqTimeoutMs,
               http::FormatDecimal(head.arena(), Milliseconds(plan.timeout)));
}

}  // namespace

filter::AsyncRequest MakeCall(const Plan& plan, const CheckInput& in) {
  http::HeaderMap head(in.arena);
  filter::AsyncRequest call;
  if (plan.http() != nullptr) {
    AddHttpHead(plan, in, head);
    if (in.body != nullptr) call.body = in.body->bytes;
  } else {
    AddGrpcHead(plan, in, head);
    const std::string message = MakeCheckRequest(plan, in);
    const http::GrpcPrefix prefix = http::MakeGrpcPrefix(static_cast<uint32_t>(message.size()));
    call.body.assign(prefix.data(), prefix.size()).append(message);
  }
  if (plan.envoy_headers) AddProxyFields(plan, head);
  route::FormatInput formats;
  formats.request_head = &in.head;
  formats.info = &in.info;
  plan.call_edits.Apply(head, formats);
  for (const http::HeaderEntry& entry : head.entries()) {
    call.head.emplace_back(entry.Name(), entry.Value());
  }
  call.cluster = plan.cluster;
  call.timeout = plan.timeout;
  call.max_response_bytes = plan.max_answer_bytes;
  return call;
}

}  // namespace sluice::filters::ext_authz
