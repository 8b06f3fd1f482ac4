#include <cstdlib>

#include <gtest/gtest.h>

#include "sluice/config/address.h"
#include "unit/config/support.h"

namespace sluice::config {
namespace {

template <typename T>
std::string ParseInto(const std::string& yaml, T& out) {
  Problems problems;
  const auto node = ReadText("t", yaml, Format::kYaml, {}, problems);
  if (node) Parse(*node, {}, problems, out);
  const std::string text = problems.Text();
  return text.substr(0, text.find('\n'));
}

TEST(AddressTest, SocketAddressesAndPipes) {
  Address address;
  EXPECT_EQ(ParseInto("socket_address: { address: '::1', port_value: '80' }", address), "");
  EXPECT_EQ(address.ToString(), "[::1]:80");
  Address pipe;
  EXPECT_EQ(ParseInto("pipe: { path: '@x', mode: 0660 }", pipe), "");
  EXPECT_EQ(pipe.ToString(), "@x");
  EXPECT_EQ(pipe.pipe->mode, 0660U);
}

TEST(AddressTest, WhatIsMissingOrTooMuch) {
  Address a;
  EXPECT_EQ(
      ParseInto("{}", a),
      "t:1:1: one field of `address` must be present, expected one of `socket_address`, `pipe`");
  Address b;
  EXPECT_EQ(
      ParseInto("socket_address: { address: a }", b),
      "t:1:17: socket_address: one field of `port_specifier` must be present, expected one of "
      "`port_value`");
  Address c;
  EXPECT_EQ(
      ParseInto("socket_address: { address: a, port_value: 65536 }", c),
      "t:1:43: socket_address.port_value: out of range: 65536, expected a whole number from 0 "
      "to 65535");
  Address d;
  EXPECT_EQ(ParseInto("pipe: { path: /x, mode: 0o1000 }", d),
            "t:1:25: pipe.mode: out of range: 0o1000, expected a whole number from 0 to 511");
}

TEST(AddressTest, WhatIsRequiredIsDumpedEvenIfItIsTheDefault) {
  Address address;
  EXPECT_EQ(ParseInto("socket_address: { address: a, port_value: 0 }", address), "");
  EXPECT_EQ(ToJson(Dump(address), JsonStyle::kCompact),
            R"({"socket_address":{"address":"a","port_value":0}})");
  RuntimeFractionalPercent fraction;
  EXPECT_EQ(ParseInto("default_value: { numerator: 0 }", fraction), "");
  EXPECT_EQ(ToJson(Dump(fraction), JsonStyle::kCompact), R"({"default_value":{}})");
}

TEST(AddressTest, CidrRanges) {
  CidrRange range;
  EXPECT_EQ(ParseInto("{ address_prefix: 10.0.0.0, prefix_len: 8 }", range), "");
  EXPECT_EQ(ParseInto("{ address_prefix: 10.0.0.0, prefix_len: { value: 33 } }", range),
            "t:1:19: prefix_len of an IPv4 range is at most 32");
  EXPECT_EQ(ParseInto("{ address_prefix: example.com }", range),
            "t:1:19: not an IP address: example.com, expected such as 10.0.0.0 or 2001:db8::");
}

TEST(DataSourceTest, LoadsFromEachPlace) {
  DataSource source;
  source.inline_string = "a";
  EXPECT_EQ(*Load(source), "a");
  source = {};
  source.inline_bytes = Bytes{"b"};
  EXPECT_EQ(*Load(source), "b");
  source = {};
  setenv("SLUICE_TEST_DATA", "c", 1);
  source.environment_variable = "SLUICE_TEST_DATA";
  EXPECT_EQ(*Load(source), "c");
  source.environment_variable = "SLUICE_TEST_NOTHING";
  EXPECT_NE(Load(source).error().detail.find("SLUICE_TEST_NOTHING is not set"), std::string::npos);
  source = {};
  source.filename = "/nonexistent/x";
  EXPECT_NE(Load(source).error().detail.find("/nonexistent/x"), std::string::npos);
  source.filename = "/dev/zero";
  EXPECT_FALSE(Load(source, 1000).has_value());
}

TEST(DataSourceTest, ExactlyOnePlace) {
  DataSource source;
  EXPECT_EQ(ParseInto("{ filename: a, inline_string: b }", source),
            "t:1:16: inline_string: cannot be set together with `filename`; only one field of "
            "`specifier` may be present");
}

TEST(HeaderValueOptionTest, DeprecatedAppendBecomesAnAction) {
  HeaderValueOption option;
  ParseInto("{ header: { key: a, value: b }, append: false }", option);
  EXPECT_EQ(option.append_action, HeaderAppendAction::kOverwriteIfExistsOrAdd);
  HeaderValueOption other;
  ParseInto("{ header: { key: a, value: b }, append: true }", other);
  EXPECT_EQ(other.append_action, HeaderAppendAction::kAppendIfExistsOrAdd);
}

}  // namespace
}  // namespace sluice::config
