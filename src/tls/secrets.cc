#include "secrets.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::tls {
namespace {

using config::Context;
using config::Node;

// A field of protobuf has two spellings.
struct Name {
  std::string_view text;
  std::string_view camel;
  bool operator==(const Node& member) const { return member.key == text || member.key == camel; }
};
constexpr Name kName{"name", "name"};
constexpr Name kSdsConfig{"sds_config", "sdsConfig"};
constexpr Name kCertificate{"tls_certificate", "tlsCertificate"};
constexpr Name kCertificates{"tls_certificates", "tlsCertificates"};
constexpr Name kCertificateSecrets{"tls_certificate_sds_secret_configs",
                                   "tlsCertificateSdsSecretConfigs"};
constexpr Name kValidation{"validation_context", "validationContext"};
constexpr Name kValidationSecret{"validation_context_sds_secret_config",
                                 "validationContextSdsSecretConfig"};
constexpr Name kCombined{"combined_validation_context", "combinedValidationContext"};
constexpr Name kDefaultValidation{"default_validation_context", "defaultValidationContext"};
constexpr Name kTicketKeys{"session_ticket_keys", "sessionTicketKeys"};
constexpr Name kTicketKeysSecret{"session_ticket_keys_sds_secret_config",
                                 "sessionTicketKeysSdsSecretConfig"};

const Node* Member(const Node& map, const Name& name) {
  const auto found =
      std::ranges::find_if(map.items, [&name](const Node& one) { return name == one; });
  return map.IsMap() && found != map.items.end() ? &*found : nullptr;
}

// {name: x} means a secret of this file; with sds_config it is to be asked for elsewhere.
bool IsStatic(const Node& reference) {
  const Node* name = Member(reference, kName);
  return name != nullptr && name->IsScalar() && Member(reference, kSdsConfig) == nullptr;
}

// The secret's `kind`; null, with a problem, if there is none.
const Node* Lookup(Context& ctx, const Node& reference, const Name& kind) {
  const std::string& wanted = Member(reference, kName)->scalar;
  const Node* secrets = ctx.secrets();
  for (size_t i = 0; secrets != nullptr && i < secrets->items.size(); ++i) {
    const Node* name = Member(secrets->items[i], kName);
    if (name == nullptr || name->scalar != wanted) continue;
    const Node* value = Member(secrets->items[i], kind);
    if (value == nullptr) {
      ctx.Fail(reference, "the secret '" + wanted + "' has no " + std::string(kind.text));
    }
    return value;
  }
  ctx.Fail(reference, "no secret '" + wanted + "' in static_resources.secrets");
  return nullptr;
}

Node As(const Node& value, const Name& name, const Node& in_place_of) {
  Node made = value;
  made.key = name.text;
  made.key_mark = in_place_of.key_mark;
  return made;
}

// As protobuf merges: lists are joined, all else is replaced.
void Merge(Node& base, const Node& over) {
  for (const Node& member : over.items) {
    const auto found = std::ranges::find(base.items, member.key, &Node::key);
    if (found == base.items.end()) {
      base.items.push_back(member);
    } else if (found->IsList() && member.IsList()) {
      found->items.insert(found->items.end(), member.items.begin(), member.items.end());
    } else {
      *found = member;
    }
  }
}

// Each of these gives the member that stands in the place of `member`. What it leaves as it is, is
// refused by the field's own row in the table.
Node Certificates(Context& ctx, const Node& member, const Node& common) {
  if (!member.IsList() || !std::ranges::all_of(member.items, &IsStatic)) return member;
  if (Member(common, kCertificates) != nullptr) {
    ctx.Fail(member, "tls_certificates and tls_certificate_sds_secret_configs exclude each other");
  }
  Node list = Node::List();
  list.mark = member.mark;
  for (const Node& reference : member.items) {
    if (const Node* value = Lookup(ctx, reference, kCertificate)) {
      list.items.push_back(As(*value, Name{}, reference));
    }
  }
  return As(list, kCertificates, member);
}

Node One(Context& ctx, const Node& member, const Name& kind) {
  if (!IsStatic(member)) return member;
  const Node* value = Lookup(ctx, member, kind);
  return As(value != nullptr ? *value : Node::Map(), kind, member);
}

Node Combined(Context& ctx, const Node& member) {
  const Node* reference = Member(member, kValidationSecret);
  if (reference == nullptr || !IsStatic(*reference)) return member;
  const Node* own = Member(member, kDefaultValidation);
  Node merged = As(own != nullptr && own->IsMap() ? *own : Node::Map(), kValidation, member);
  if (own == nullptr) merged.mark = member.mark;
  if (const Node* value = Lookup(ctx, *reference, kValidation)) Merge(merged, *value);
  return merged;
}

}  // namespace

std::optional<Node> TakeInSecrets(Context& ctx, const Node& common) {
  if (!common.IsMap()) return std::nullopt;
  bool changed = false;
  Node out = common;
  for (Node& member : out.items) {
    Node made;
    if (kCertificateSecrets == member) {
      made = Certificates(ctx, member, common);
    } else if (kValidationSecret == member) {
      made = One(ctx, member, kValidation);
    } else if (kCombined == member) {
      made = Combined(ctx, member);
    } else {
      continue;
    }
    member = std::move(made);
    changed = true;
  }
  return changed ? std::optional(std::move(out)) : std::nullopt;
}

std::optional<Node> TakeInTicketKeys(Context& ctx, const Node& context) {
  if (Member(context, kTicketKeysSecret) == nullptr) return std::nullopt;
  Node out = context;
  for (Node& member : out.items) {
    if (kTicketKeysSecret == member) member = One(ctx, member, kTicketKeys);
  }
  return out;
}

}  // namespace sluice::tls
