#include "users.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/base64.h"
#include "sluice/tls/verify_key.h"

namespace sluice::filters::basic_auth {
namespace {

constexpr std::string_view kSha = "{SHA}";
constexpr std::string_view kSpace = " \t\r";
constexpr size_t kHashBytes = 20;

std::string_view Trim(std::string_view line) {
  const size_t begin = line.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

std::expected<Users, std::string> Users::Parse(std::string_view text) {
  Users users;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) {
      return std::unexpected(fmt::format("line {} of the users is not `name:password`", number));
    }
    std::string_view hash = line.substr(colon + 1);
    if (!hash.starts_with(kSha)) {
      return std::unexpected(fmt::format(
          "line {} of the users has a password of another kind than {{SHA}} (htpasswd -s)",
          number));
    }
    hash.remove_prefix(kSha.size());
    auto bytes = DecodeBase64(hash);
    if (!bytes || bytes->size() != kHashBytes) {
      return std::unexpected(fmt::format("line {} of the users has no SHA-1 hash", number));
    }
    if (!users.hashes_.try_emplace(std::string(line.substr(0, colon)), std::move(*bytes)).second) {
      return std::unexpected(fmt::format("line {} has a user that is there already", number));
    }
  }
  return users;
}

bool Users::Has(std::string_view name, std::string_view password) const {
  static const std::string kNobody(kHashBytes, '\0');
  const auto found = hashes_.find(name);
  const bool known = found != hashes_.end();
  return tls::SameSecret(tls::Sha1(password), known ? found->second : kNobody) && known;
}

}  // namespace sluice::filters::basic_auth
