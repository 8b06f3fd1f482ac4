#include "check_response.h"

#include <gtest/gtest.h>

#include "sluice/base/protobuf.h"

namespace sluice::filters::ext_authz {
namespace {

// Writes a CheckResponse by the numbers of external_auth.proto.
class CheckResponseTest : public ::testing::Test {
 protected:
  void Status(uint64_t code) {
    out_.Message(1, [&] { out_.Number(1, code); });
  }
  // A HeaderValueOption; `rest` adds what is not the header.
  template <typename F>
  void Option(uint32_t field, std::string_view name, std::string_view value, F&& rest) {
    out_.Message(field, [&] {
      out_.Pair(1, name, value);
      rest();
    });
  }
  void Append(bool flag) {
    out_.Message(2, [&] { out_.Number(1, flag ? 1 : 0); });
  }
  Verdict Read() {
    const auto verdict = ReadCheckResponse(message_);
    EXPECT_TRUE(verdict.has_value());
    return verdict.value_or(Verdict{});
  }
  bool IsRefused() { return !ReadCheckResponse(message_).has_value(); }

  std::string message_;
  ProtoWriter out_{message_};
};

TEST_F(CheckResponseTest, NothingAllows) { EXPECT_EQ(Read().decision, Decision::kAllow); }

TEST_F(CheckResponseTest, AnyOtherStatusDenies) {
  Status(7);
  EXPECT_EQ(Read().decision, Decision::kDeny);
  EXPECT_EQ(Read().status, std::nullopt);
}

TEST_F(CheckResponseTest, AnOkAnswerDoesNotAllowWithAStatusThatDenies) {
  out_.Message(3, [&] { Option(2, "x-a", "1", [] {}); });
  Status(~uint64_t{0});  // -1
  EXPECT_EQ(Read().decision, Decision::kDeny);
  EXPECT_TRUE(Read().request.empty());
}

TEST_F(CheckResponseTest, HowFieldsAreAdded) {
  const auto nothing = [] {};
  out_.Message(3, [&] {
    Option(2, "X-Set", "1", nothing);
    Option(2, "x-join", "1", [&] { Append(true); });
    Option(2, "x-set-too", "1", [&] { Append(false); });
    Option(2, "x-absent", "1", [&] { out_.Number(3, 1); });
    Option(2, "x-over", "1", [&] { out_.Number(3, 2); });
    Option(2, "x-present", "1", [&] { out_.Number(3, 3); });
    Option(6, "x-response", "1", nothing);
    out_.Text(5, "X-Gone");
    out_.Pair(7, "q", "v");
    out_.Text(8, "r");
  });
  const Verdict verdict = Read();
  ASSERT_EQ(verdict.request.size(), 6u);
  EXPECT_EQ(verdict.request[0].name, "x-set");
  const FieldAction actions[] = {FieldAction::kSet, FieldAction::kJoin,
                                 FieldAction::kSet, FieldAction::kAddIfAbsent,
                                 FieldAction::kSet, FieldAction::kSetIfPresent};
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(verdict.request[i].action, actions[i]) << i;
  ASSERT_EQ(verdict.response.size(), 1u);
  EXPECT_EQ(verdict.response[0].action, FieldAction::kAdd);
  EXPECT_EQ(verdict.request_remove, std::vector<std::string>{"x-gone"});
  EXPECT_EQ(verdict.query_set[0], std::pair(std::string("q"), std::string("v")));
  EXPECT_EQ(verdict.query_remove, std::vector<std::string>{"r"});
}

TEST_F(CheckResponseTest, DeniedWithStatusFieldsAndBody) {
  Status(16);
  out_.Message(2, [&] {
    out_.Message(1, [&] { out_.Number(1, 401); });
    Option(2, "www-authenticate", "Basic", [] {});
    out_.Text(3, "who are you");
  });
  const Verdict verdict = Read();
  EXPECT_EQ(verdict.decision, Decision::kDeny);
  EXPECT_EQ(verdict.status, 401u);
  EXPECT_EQ(verdict.body, "who are you");
  EXPECT_EQ(verdict.response[0].value, "Basic");
}

TEST_F(CheckResponseTest, AStatusThatCannotBeSentIsNotTaken) {
  Status(7);
  out_.Message(2, [&] { out_.Message(1, [&] { out_.Number(1, 101); }); });
  EXPECT_EQ(Read().status, std::nullopt);
}

TEST_F(CheckResponseTest, AnErrorAnswerIsNoRefusal) {
  Status(13);
  out_.Message(5, [&] { out_.Text(3, "down"); });
  EXPECT_EQ(Read().decision, Decision::kError);
  EXPECT_EQ(Read().body, "down");
}

TEST_F(CheckResponseTest, DynamicMetadata) {
  out_.Message(4, [&] {
    out_.Message(1, [&] {
      out_.Text(1, "user");
      out_.Message(2, [&] {
        out_.Message(5, [&] {
          out_.Message(1, [&] {
            out_.Text(1, "roles");
            out_.Message(2, [&] {
              out_.Message(6, [&] {
                out_.Message(1, [&] { out_.OneofText(3, "a"); });
                out_.Message(1, [&] { out_.OneofDouble(2, 2); });
                out_.Message(1, [&] { out_.OneofNumber(4, 1); });
                out_.Message(1, [&] { out_.OneofNumber(1, 0); });
              });
            });
          });
        });
      });
    });
  });
  const Verdict verdict = Read();
  const Value expected(ValueList{Value("a"), Value(2.0), Value(true), Value()});
  EXPECT_EQ(*verdict.metadata.at("user").Find("roles"), expected);
}

TEST_F(CheckResponseTest, MetadataThatIsTooDeepIsRefused) {
  const auto nest = [&](auto& self, int depth) -> void {
    if (depth == 0) return;
    out_.Message(6, [&] { out_.Message(1, [&] { self(self, depth - 1); }); });
  };
  out_.Message(4, [&] { out_.Message(1, [&] { out_.Message(2, [&] { nest(nest, 500); }); }); });
  EXPECT_TRUE(IsRefused());
}

TEST_F(CheckResponseTest, MetadataWithTooManyValuesIsRefused) {
  out_.Message(4, [&] {
    for (int i = 0; i < 10'001; ++i) out_.Message(1, [&] { out_.Number(9, 1); });
  });
  EXPECT_TRUE(IsRefused());
}

TEST_F(CheckResponseTest, WhatBreaksOffOrHasAnUnknownActionIsRefused) {
  out_.Message(3, [&] { Option(2, "x-a", "1", [&] { out_.Number(3, 4); }); });
  EXPECT_TRUE(IsRefused());
  message_.clear();
  out_.Message(3, [&] { Option(2, "x-a", "1", [] {}); });
  for (size_t size = 1; size < message_.size(); ++size) {
    const std::string whole = message_;
    EXPECT_FALSE(ReadCheckResponse(std::string_view(whole).substr(0, size)).has_value()) << size;
  }
}

}  // namespace
}  // namespace sluice::filters::ext_authz
