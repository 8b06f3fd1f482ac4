// The users of a htpasswd text with {SHA} passwords. Immutable, any thread.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace sluice::filters::basic_auth {

class Users {
 public:
  Users() = default;  // nobody
  // Or what is wrong with the text. It has secrets: no message shows any of it.
  static std::expected<Users, std::string> Parse(std::string_view text);

  // Takes as long for a name that is not there.
  bool Has(std::string_view name, std::string_view password) const;
  size_t size() const { return hashes_.size(); }

 private:
  std::map<std::string, std::string, std::less<>> hashes_;  // SHA-1 of the password, by name
};

}  // namespace sluice::filters::basic_auth
