#include "basic_auth_filter.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "sluice/base/base64.h"
#include "sluice/config/schema.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/http/chars.h"
#include "sluice/route/filter_config.h"

namespace sluice::filters::basic_auth {

using config::Field;
using config::Message;
using filter::FilterStatus;
using http::HeaderId;

namespace {

constexpr std::string_view kType = "envoy.extensions.filters.http.basic_auth.v3.BasicAuth";
constexpr std::string_view kScheme = "Basic ";
constexpr size_t kMaxUsersBytes = size_t{16} << 20;
constexpr size_t kMaxRealmPath = 256;

// Nobody when something was added to `problems`.
Users LoadUsers(const config::DataSource& source, config::Problems& problems) {
  const auto text = config::Load(source, kMaxUsersBytes);
  if (!text) {
    problems.Add(source.where, text.error().detail);
    return {};
  }
  auto users = Users::Parse(*text);
  if (users) return std::move(*users);
  config::Problem problem;
  problem.where = source.where;
  problem.message = users.error();
  problem.secret = true;
  problems.Add(std::move(problem));
  return {};
}

std::string FieldName(const config::Located<std::string>& name, config::Problems& problems) {
  std::string lower(*name);
  std::ranges::transform(lower, lower.begin(), http::ToLowerAscii);
  if (!lower.empty() && (!http::IsToken(lower) || lower == "host")) {
    problems.Add(name.where, "`" + *name + "` cannot be the name of a field for this");
  }
  return lower;
}

class Worker final : public filter::HttpFilterWorker {
 public:
  Worker(const Policy& policy, const stats::Scope& manager)
      : policy_(policy), stats_(stats::Make<BasicAuthStats>(manager.Sub("basic_auth"))) {}
  // filter::HttpFilterWorker
  filter::HttpFilter* Create(Arena& arena) override {
    return arena.New<BasicAuthFilter>(policy_, stats_);
  }

 private:
  const Policy& policy_;
  BasicAuthStats stats_;
};

class Factory final : public filter::HttpFilterFactory {
 public:
  explicit Factory(Policy policy) : policy_(std::move(policy)) {}
  static std::unique_ptr<filter::HttpFilterFactory> Make(
      const std::shared_ptr<const BasicAuthConfig>& config, const config::Where& /*where*/,
      filter::LoadContext& ctx) {
    const size_t before = ctx.problems.errors();
    Policy policy;
    if (config->users) policy.users = LoadUsers(*config->users, ctx.problems);
    policy.forward = FieldName(config->forward_username_header, ctx.problems);
    std::string credentials = FieldName(config->authentication_header, ctx.problems);
    if (!credentials.empty()) policy.credentials = std::move(credentials);
    policy.allow_missing = config->allow_missing;
    if (ctx.problems.errors() != before) return nullptr;
    return std::make_unique<Factory>(std::move(policy));
  }
  // filter::HttpFilterFactory
  std::unique_ptr<filter::HttpFilterWorker> MakeWorker(filter::WorkerContext& /*worker*/,
                                                       const stats::Scope& manager) const override {
    return std::make_unique<Worker>(policy_, manager);
  }

 private:
  Policy policy_;
};

struct RouteExtension final : route::FilterRouteExtension {
  RouteExtension()
      : FilterRouteExtension(kType, PerRouteConfig::Schema().type(), &PerRouteConfig::Schema) {}
  std::shared_ptr<const void> Compile(const config::TypedConfig& config,
                                      config::Problems& problems) const override {
    const size_t before = problems.errors();
    auto users = LoadUsers(config.As<PerRouteConfig>()->users, problems);
    if (problems.errors() != before) return nullptr;
    return std::make_shared<const Users>(std::move(users));
  }
};

}  // namespace

const Message& BasicAuthConfig::Schema() {
  using C = BasicAuthConfig;
  static const auto message =
      Message::Of<C>(kType, "Lets only those pass who name a user and the password.",
                     {Field("users", &C::users, "htpasswd lines, `name:{SHA}hash`.").Secret(),
                      Field("forward_username_header", &C::forward_username_header,
                            "The field in which upstream is told the user's name."),
                      Field("authentication_header", &C::authentication_header,
                            "The field that has the credentials; authorization unless set."),
                      Field("allow_missing", &C::allow_missing,
                            "Whether requests without credentials pass, too.")});
  return message;
}

const Message& PerRouteConfig::Schema() {
  using C = PerRouteConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.basic_auth.v3.BasicAuthPerRoute", "The users of a route.",
      {Field("users", &C::users, "In place of the filter's.").Required().Secret()});
  return message;
}

FilterStatus BasicAuthFilter::OnRequestHead(http::HeaderMap& head, bool /*end*/) {
  const auto* of_route = static_cast<const Users*>(host().route_config());
  const Users& users = of_route != nullptr ? *of_route : policy_.users;
  const std::string_view value = head.Get(policy_.credentials).value_or("");
  // What upstream reads there is ours to say.
  if (!policy_.forward.empty() && policy_.forward != policy_.credentials) {
    head.Remove(policy_.forward);
  }
  if (value.empty()) {
    if (policy_.allow_missing) {
      stats_.allowed.Inc();
      return FilterStatus::kContinue;
    }
    return Deny("User authentication failed. Missing username and password.",
                "no_credential_for_basic_auth");
  }
  if (!http::EqualsIgnoreCase(value.substr(0, kScheme.size()), kScheme)) {
    return Deny("User authentication failed. Expected 'Basic' authentication scheme.",
                "invalid_scheme_for_basic_auth");
  }
  const auto pair = DecodeBase64(http::TrimOws(value.substr(kScheme.size())));
  const size_t colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) {
    return Deny("User authentication failed. Invalid basic credential format.",
                "invalid_format_for_basic_auth");
  }
  const std::string_view name = std::string_view(*pair).substr(0, colon);
  if (!users.Has(name, std::string_view(*pair).substr(colon + 1))) {
    return Deny("User authentication failed. Invalid username/password combination.",
                "invalid_credential_for_basic_auth");
  }
  if (!policy_.forward.empty() && http::IsFieldValue(name)) head.Set(policy_.forward, name);
  stats_.allowed.Inc();
  return FilterStatus::kContinue;
}

FilterStatus BasicAuthFilter::Deny(std::string_view body, std::string_view details) {
  stats_.denied.Inc();
  const http::HeaderMap& head = host().request_head();
  std::string challenge = "Basic realm=\"";
  challenge.append(head.Get(HeaderId::kScheme).value_or("http")).append("://");
  challenge.append(head.Get(HeaderId::kAuthority).value_or(""));
  challenge.append(head.Get(HeaderId::kPath).value_or("").substr(0, kMaxRealmPath)).append("\"");
  host().SendLocalReply(
      {.status = 401,
       .body = body,
       .details = details,
       .edit = [](http::HeaderMap& reply,
                  void* text) { reply.Set("www-authenticate", *static_cast<std::string*>(text)); },
       .edit_context = &challenge});
  return FilterStatus::kStop;
}

ExtensionPtr MakeExtension() {
  using Extension = filter::SimpleExtension<filter::HttpFilterExtension, filter::HttpFilterFactory,
                                            BasicAuthConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kHttpFilters, kType, &BasicAuthConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.http.basic_auth"});
}

ExtensionPtr MakeRouteExtension() { return std::make_unique<RouteExtension>(); }

}  // namespace sluice::filters::basic_auth
