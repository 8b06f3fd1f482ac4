#include <array>
#include <chrono>
#include <ctime>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "tables.h"

namespace sluice::admin {

using config::Node;

void Put(Node& map, std::string_view name, Node value) {
  value.key = name;
  map.items.push_back(std::move(value));
}

void PutAlways(Node& map, std::string_view name, std::string_view text) {
  Put(map, name, Node::Text(std::string(text)));
}

void PutAlways(Node& map, std::string_view name, uint64_t number) {
  Put(map, name, Node::Plain(std::to_string(number)));
}

void Put(Node& map, std::string_view name, std::string_view text) {
  if (!text.empty()) PutAlways(map, name, text);
}

void Put(Node& map, std::string_view name, uint64_t number) {
  if (number != 0) PutAlways(map, name, number);
}

void PutFlag(Node& map, std::string_view name, bool flag) {
  if (flag) Put(map, name, Node::Plain("true"));
}

void PutNumber(Node& map, std::string_view name, double number) {
  Put(map, name, Node::Plain(fmt::format("{}", number)));
}

Node AddressNode(const net::Address& address) {
  Node node = Node::Map();
  Node inner = Node::Map();
  if (address.family() == net::Address::Family::kUnix) {
    PutAlways(inner, "path", address.ToString());
    Put(node, "pipe", std::move(inner));
    return node;
  }
  PutAlways(inner, "address", address.Ip());
  PutAlways(inner, "port_value", uint64_t{address.port()});
  Put(node, "socket_address", std::move(inner));
  return node;
}

std::string Timestamp(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time - seconds).count();
  const auto t = static_cast<std::time_t>(seconds.time_since_epoch().count());
  std::tm tm{};
  gmtime_r(&t, &tm);
  std::array<char, 32> text;
  const size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &tm);
  std::string out(text.data(), size);
  if (ms != 0) out += fmt::format(".{:03}", ms);
  return out + "Z";
}

std::string PrettyJson(const Node& node) {
  return config::ToJson(node, config::JsonStyle::kPretty) + "\n";
}

}  // namespace sluice::admin
