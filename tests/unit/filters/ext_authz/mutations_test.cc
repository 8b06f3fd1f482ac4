#include "mutations.h"

#include <gtest/gtest.h>

#include "support/head.h"

namespace sluice::filters::ext_authz {
namespace {

Verdict Edits(std::vector<FieldEdit> request) {
  Verdict verdict;
  verdict.request = std::move(request);
  return verdict;
}

TEST(MutationsTest, WhatCannotBeWrittenIsNotSound) {
  using std::string_literals::operator""s;
  const FieldEdit bad[] = {{"x-a", "1\r\nx-admin: 1"},
                           {"x-a", "1\0"s},
                           {"x-a", " 1"},
                           {"x a", "1"},
                           {"", "1"},
                           {"x-a:", "1"},
                           {"X-A", "1"},
                           {":path", "a"},
                           {":path", "/a b"},
                           {":path", "/a#b"},
                           {":method", "G ET"},
                           {":method", "CONNECT"},
                           {":authority", "a b"},
                           {"host", "a/b"},
                           {":scheme", "file"},
                           {":status", "200"},
                           {":protocol", "websocket"},
                           {":other", "1"},
                           {"x-a", "1\n"}};
  for (const FieldEdit& edit : bad) {
    EXPECT_FALSE(IsSound(Edits({edit}))) << edit.name << ": " << edit.value;
  }
  const FieldEdit good[] = {{"x-a", ""},           {"x-a", "a b\tc"},
                            {":path", "/a?b=%20"}, {":method", "PATCH"},
                            {":scheme", "https"},  {":authority", "a:80"},
                            {"host", "[::1]"},     {"content-length", "1\r\n"}};
  for (const FieldEdit& edit : good) {
    EXPECT_TRUE(IsSound(Edits({edit}))) << edit.name << ": " << edit.value;
  }
}

TEST(MutationsTest, ResponsesAndQueriesAreCheckedToo) {
  Verdict verdict;
  verdict.response = {{"x-a", "1\r\n\r\nbody"}};
  EXPECT_FALSE(IsSound(verdict));
  verdict.response = {{":path", "/"}};
  EXPECT_FALSE(IsSound(verdict));
  verdict.response.clear();
  for (const auto& [key, value] :
       std::initializer_list<std::pair<std::string, std::string>>{{"", "v"},
                                                                  {"a b", "v"},
                                                                  {"a=b", "v"},
                                                                  {"a", "b&c=d"},
                                                                  {"a", "b HTTP/1.1\r\n"},
                                                                  {"a", "#"}}) {
    verdict.query_set = {{key, value}};
    EXPECT_FALSE(IsSound(verdict)) << key << '=' << value;
  }
  verdict.query_set = {{"a", "b=c/?"}};
  EXPECT_TRUE(IsSound(verdict));
}

TEST(MutationsTest, ThereAreLimits) {
  EXPECT_TRUE(IsSound(Edits(std::vector<FieldEdit>(1000, {"x-a", "1"}))));
  EXPECT_FALSE(IsSound(Edits(std::vector<FieldEdit>(1001, {"x-a", "1"}))));
  EXPECT_TRUE(IsSound(Edits({{"x-a", std::string(100 * 1024, 'x')}})));
  EXPECT_FALSE(IsSound(Edits({{"x-a", std::string(128 * 1024, 'x')}})));
  EXPECT_FALSE(IsSound(Edits({{std::string(1025, 'x'), "1"}})));
}

TEST(MutationsTest, FieldsAreChangedAsTheyAreMeantToBe) {
  test::Head head{{":method", "GET"}, {":path", "/"},  {":authority", "old"},
                  {"x-set", "1"},     {"x-set", "2"},  {"x-add", "1"},
                  {"x-join", "1"},    {"x-join", "2"}, {"x-absent", "1"},
                  {"x-present", "1"}, {"x-gone", "1"}, {"content-length", "5"}};
  Verdict verdict = Edits({{"x-set", "3", FieldAction::kSet},
                           {"x-add", "2", FieldAction::kAdd},
                           {"x-join", "3", FieldAction::kJoin},
                           {"x-new", "1", FieldAction::kJoin},
                           {"x-absent", "2", FieldAction::kAddIfAbsent},
                           {"x-present", "2", FieldAction::kSetIfPresent},
                           {"x-no", "2", FieldAction::kSetIfPresent},
                           {"host", "new", FieldAction::kAdd},
                           {":path", "/two", FieldAction::kAdd},
                           {"content-length", "6", FieldAction::kSet},
                           {"transfer-encoding", "chunked", FieldAction::kAdd}});
  verdict.request_remove = {"x-gone", ":method", "host", "content-length"};
  ASSERT_TRUE(IsSound(verdict));
  ChangeRequest(verdict, head.map());
  EXPECT_EQ(head.map().GetJoined("x-set"), "3");
  EXPECT_EQ(head.map().GetJoined("x-add"), "1,2");
  EXPECT_EQ(head.Value("x-join"), "1,2,3");
  EXPECT_EQ(head.Value("x-new"), "1");
  EXPECT_EQ(head.Value("x-absent"), "1");
  EXPECT_EQ(head.Value("x-present"), "2");
  EXPECT_EQ(head.Value("x-no"), "(none)");
  EXPECT_EQ(head.Value(":authority"), "new");
  EXPECT_EQ(head.Value(":path"), "/two");
  EXPECT_EQ(head.map().CountOf(http::HeaderId::kPath), 1u);
  EXPECT_EQ(head.Value("content-length"), "5");
  EXPECT_EQ(head.Value("transfer-encoding"), "(none)");
  EXPECT_EQ(head.Value("x-gone"), "(none)");
  EXPECT_EQ(head.Value(":method"), "GET");
}

TEST(MutationsTest, QueryParameters) {
  Verdict verdict;
  verdict.query_set = {{"b", "2"}, {"n", "0"}, {"n", "1"}, {"r", "x"}};
  verdict.query_remove = {"r", "c"};
  EXPECT_EQ(ChangeQuery("/p?a=1&b=1&c&&r=1&b=3&d", verdict), "/p?a=1&d&b=2&n=1");
  EXPECT_EQ(ChangeQuery("/p", verdict), "/p?b=2&n=1");
  verdict.query_set.clear();
  EXPECT_EQ(ChangeQuery("/p?c=1&r", verdict), "/p");
  EXPECT_EQ(ChangeQuery("/p?C=1", verdict), "/p?C=1");
}

TEST(MutationsTest, RepliesGetAllFieldsOfAName) {
  test::Head head{{":status", "403"}, {"set-cookie", "old=1"}, {"x-keep", "1"}};
  FillReply({{"set-cookie", "a=1"},
             {"set-cookie", "b=2"},
             {"x-keep", "2", FieldAction::kAddIfAbsent},
             {"x-no", "2", FieldAction::kSetIfPresent},
             {":status", "200"},
             {"content-length", "7"}},
            head.map());
  EXPECT_EQ(head.map().GetJoined("set-cookie"), "a=1,b=2");
  EXPECT_EQ(head.Value("x-keep"), "1");
  EXPECT_EQ(head.Value("x-no"), "(none)");
  EXPECT_EQ(head.Value(":status"), "403");
  EXPECT_EQ(head.Value("content-length"), "(none)");
}

}  // namespace
}  // namespace sluice::filters::ext_authz
