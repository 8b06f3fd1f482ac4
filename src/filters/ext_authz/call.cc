// The requests that go to a service.
#include "check_request.h"
#include "mutations.h"
#include "sluice/filter/grpc_call.h"
#include "told_fields.h"

namespace sluice::filters::ext_authz {

using http::HeaderId;

namespace {

constexpr std::string_view kCheckPath = "/envoy.service.auth.v3.Authorization/Check";

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

filter::AsyncRequest MakeHttpCall(const Plan& plan, const CheckInput& in,
                                  const route::FormatInput& about) {
  http::HeaderMap head(in.arena);
  AddHttpHead(plan, in, head);
  filter::AddProxyFields(*plan.process, plan.timeout, head);
  plan.http()->edits.Apply(head, about);
  filter::AsyncRequest call;
  for (const http::HeaderEntry& entry : head.entries()) {
    call.head.emplace_back(entry.Name(), entry.Value());
  }
  if (in.body != nullptr) call.body = in.body->bytes;
  call.cluster = plan.cluster;
  call.timeout = plan.timeout;
  return call;
}

}  // namespace

filter::AsyncRequest MakeCall(const Plan& plan, const CheckInput& in) {
  route::FormatInput about;
  about.request_head = &in.head;
  about.info = &in.info;
  if (plan.http() != nullptr) return MakeHttpCall(plan, in, about);
  return filter::MakeGrpcCall(plan.grpc()->target, kCheckPath, MakeCheckRequest(plan, in), about,
                              in.arena);
}

}  // namespace sluice::filters::ext_authz
