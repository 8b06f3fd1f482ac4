// A head with its arena, for tests.
#pragma once

#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>

#include "sluice/buffer/arena.h"
#include "sluice/http/header_map.h"

namespace sluice::test {

class Head {
 public:
  Head(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
    for (const auto& [name, value] : fields) map_->Add(name, value);
  }
  // GET http://host/path
  static Head Get(std::string_view host, std::string_view path) {
    return {{":method", "GET"}, {":scheme", "http"}, {":authority", host}, {":path", path}};
  }

  operator const http::HeaderMap&() const { return *map_; }  // NOLINT: reads like the map
  http::HeaderMap& map() { return *map_; }
  Arena& arena() { return *arena_; }
  std::string_view Value(std::string_view name) const { return map_->Get(name).value_or("(none)"); }

 private:
  std::unique_ptr<Arena> arena_ = std::make_unique<Arena>();
  std::unique_ptr<http::HeaderMap> map_ = std::make_unique<http::HeaderMap>(*arena_);
};

}  // namespace sluice::test
