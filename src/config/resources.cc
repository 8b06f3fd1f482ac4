#include "sluice/config/resources.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace sluice::config {
namespace {

constexpr std::string_view kWrapper = "envoy.service.discovery.v3.Resource";

std::string_view TypeOf(const Node& resource) {
  const Node* type = resource.Find("@type");
  if (type == nullptr || !type->IsScalar()) return {};
  const std::string_view url = type->scalar;
  const size_t slash = url.rfind('/');
  return slash == std::string_view::npos ? url : url.substr(slash + 1);
}

// {"@type": .../Resource, name, resource: {...}}: what is inside counts.
const Node& Unwrapped(const Node& resource) {
  const Node* inner = TypeOf(resource) == kWrapper ? resource.Find("resource") : nullptr;
  return inner == nullptr ? resource : *inner;
}

class Parser {
 public:
  Parser(const Message& schema, const ParseOptions& options, Problems& problems)
      : schema_(schema), problems_(problems), ctx_(problems, options) {}

  std::optional<Resources> Run(const Node& document) {
    const size_t before = problems_.errors();
    for (const Node& member : document.items) Member(member);
    if (problems_.errors() != before) return std::nullopt;
    return std::move(out_);
  }

 private:
  void Member(const Node& member) {
    // Of a stream between servers; they say nothing in a file.
    constexpr std::array<std::string_view, 10> kOthers = {
        "@type",          "type_url",           "typeUrl",      "nonce",
        "canary",         "control_plane",      "controlPlane", "resource_errors",
        "resourceErrors", "system_version_info"};
    const Context::Scope scope(ctx_, member.key);
    if (member.key == "version_info" || member.key == "versionInfo") {
      if (!member.IsScalar()) return static_cast<void>(ctx_.WrongType(member, "a text"));
      out_.version = member.scalar;
    } else if (member.key == "resources") {
      List(member);
    } else if (std::ranges::find(kOthers, member.key) == kOthers.end()) {
      ctx_.FailAt(member.key_mark, "unknown field", {},
                  DidYouMean(member.key, {"resources", "version_info"}));
    }
  }

  void List(const Node& list) {
    if (list.IsNull()) return;
    if (!list.IsList()) return static_cast<void>(ctx_.WrongType(list, "a list of resources"));
    for (size_t i = 0; i < list.items.size(); ++i) {
      const Context::Scope scope(ctx_, i);
      One(list.items[i]);
    }
  }

  void One(const Node& resource) {
    const Node& content = Unwrapped(resource);
    const std::string expected = "\"@type\": type.googleapis.com/" + std::string(schema_.type());
    if (!content.IsMap()) return static_cast<void>(ctx_.WrongType(content, "a map with `@type`"));
    const std::string_view type = TypeOf(content);
    if (type.empty()) return static_cast<void>(ctx_.Fail(content, "missing `@type`", expected));
    if (type != schema_.type()) {
      ctx_.Fail(content, "a resource of type " + std::string(type) + " cannot stand here",
                expected);
      return;
    }
    ctx_.set_any(&content);
    std::shared_ptr<void> value = schema_.New();
    if (schema_.Parse(ctx_, content, value.get())) out_.list.push_back(std::move(value));
    ctx_.set_any(nullptr);
  }

  const Message& schema_;
  Problems& problems_;
  Context ctx_;
  Resources out_;
};

}  // namespace

std::optional<Node> ReadResourceFile(const std::string& path, Problems& problems) {
  std::optional<Node> document = ReadFile(path, ReadOptions{}, problems);
  // As a writer leaves it between truncating and writing: not the wish to have nothing.
  if (document && document->IsNull()) {
    problems.Add({document->mark, {}}, "the file is empty",
                 "`resources: []` means that there are none");
    return std::nullopt;
  }
  return document;
}

std::optional<Resources> ParseResources(const Node& document, const Message& schema,
                                        const ParseOptions& options, Problems& problems) {
  return Parser(schema, options, problems).Run(document);
}

}  // namespace sluice::config
