#include "service.h"

#include "sluice/http/chars.h"

namespace sluice::tracing {
namespace {

struct Target {
  std::string_view host;  // empty: the uri is a path
  std::string_view path;
};

Target Split(std::string_view uri) {
  const size_t scheme = uri.find("://");
  if (scheme == std::string_view::npos) return {{}, uri};
  uri.remove_prefix(scheme + 3);
  const size_t slash = uri.find('/');
  if (slash == std::string_view::npos) return {uri, "/"};
  return {uri.substr(0, slash), uri.substr(slash)};
}

}  // namespace

filter::AsyncFields PostHead(std::string_view host, std::string_view path,
                             std::string_view content_type) {
  return {{":method", "POST"},
          {":scheme", "http"},
          {":authority", std::string(host)},
          {":path", std::string(path)},
          {"content-type", std::string(content_type)}};
}

filter::AsyncFields CompileService(const HttpServiceConfig& config, std::string_view content_type,
                                   filter::LoadContext& ctx) {
  const config::Located<std::string>& cluster = config.http_uri.cluster;
  filter::CheckCluster(cluster, ctx.clusters, ctx.problems);
  const Target target = Split(config.http_uri.uri);
  if (!target.path.starts_with('/')) {
    ctx.problems.Add(cluster.where, "http_uri.uri is neither a URL nor a path",
                     "such as https://collector/v1/traces");
  }
  auto head = PostHead(target.host.empty() ? std::string_view(*cluster) : target.host, target.path,
                       content_type);
  std::vector<config::HeaderValue> fields;
  for (const config::HeaderValueOption& option : config.request_headers_to_add) {
    fields.push_back(option.header);
  }
  AddFields(fields, ctx, head);
  return head;
}

void AddFields(const std::vector<config::HeaderValue>& fields, filter::LoadContext& ctx,
               filter::AsyncFields& out) {
  for (const config::HeaderValue& field : fields) {
    std::string name;
    for (const char c : field.key) name += http::ToLowerAscii(c);
    if (name.starts_with(':') || !http::IsToken(name) || !http::IsFieldValue(field.value)) {
      ctx.problems.Add(field.where, "`" + field.key + "` cannot be a field of the reports");
      continue;
    }
    if (field.value.find('%') != std::string::npos) {
      ctx.problems.Add(field.where, "command operators in fields of reports are not implemented",
                       "a fixed text");
      continue;
    }
    std::erase_if(out, [&](const auto& one) { return one.first == name; });
    out.emplace_back(std::move(name), field.value);
  }
}

}  // namespace sluice::tracing
