#include "sluice/match_tree/tree.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "sluice/config/parse.h"
#include "sluice/config/reader.h"
#include "sluice/config/schema.h"
#include "sluice/net/address.h"
#include "sluice/stats/store.h"

namespace sluice::match_tree {
namespace {

constexpr std::string_view kInputType = "type.googleapis.com/envoy.";

// The tests' own action: a word.
struct Word {
  std::string word;
  static const config::Message& Schema() {
    static const auto message = config::Message::Of<Word>(
        "test.Word", "A word.", {config::Field("word", &Word::word, "It.")});
    return message;
  }
};

struct Made {
  // What the tree's actions are of.
  std::unique_ptr<config::ExtensionRegistry> registry =
      std::make_unique<config::ExtensionRegistry>();
  std::optional<Tree> tree;
  std::string problems;
};

Made Compile(const std::string& yaml, Scene scene = Scene::kRequest) {
  config::Problems problems;
  auto root = config::ReadText("test", yaml, config::Format::kYaml, {}, problems);
  Made made;
  config::ExtensionRegistry& registry = *made.registry;
  AddExtensions(registry);
  registry.Emplace<config::Extension>(kActions, Word::Schema().type(), &Word::Schema);
  MatcherConfig config;
  if (root && config::Parse(*root, {.extensions = &registry}, problems, config)) {
    made.tree.emplace(config, scene, problems);
  }
  if (!problems.ok()) made.problems = problems.Text();
  return made;
}

std::string Say(const std::string& word) {
  return "{action: {name: say, typed_config: {\"@type\": type.googleapis.com/test.Word, word: " +
         word + "}}}";
}

std::string Typed(const std::string& type, const std::string& fields = "") {
  return "{name: it, typed_config: {\"@type\": " + std::string(kInputType) + type + fields + "}}";
}

std::string Header(const std::string& name) {
  return Typed("type.matcher.v3.HttpRequestHeaderMatchInput", ", header_name: " + name);
}

std::string Network(const std::string& name, const std::string& fields = "") {
  return Typed("extensions.matching.common_inputs.network.v3." + name, fields);
}

std::string Is(const std::string& input, const std::string& value) {
  return "{single_predicate: {input: " + input + ", value_match: {exact: \"" + value + "\"}}}";
}

std::string Custom(const std::string& input, const std::string& matcher) {
  return "{single_predicate: {input: " + input + ", custom_match: " + matcher + "}}";
}

std::string Rule(const std::string& predicate, const std::string& on_match) {
  return "{predicate: " + predicate + ", on_match: " + on_match + "}";
}

std::string List(const std::string& rules, const std::string& otherwise = "") {
  return "{matcher_list: {matchers: [" + rules + "]}" +
         (otherwise.empty() ? "" : ", on_no_match: " + otherwise) + "}";
}

std::string Map(const std::string& kind, const std::string& input, const std::string& entries,
                const std::string& otherwise = "") {
  return "{matcher_tree: {input: " + input + ", " + kind + ": {map: {" + entries + "}}}" +
         (otherwise.empty() ? "" : ", on_no_match: " + otherwise) + "}";
}

class TreeTest : public testing::Test {
 protected:
  TreeTest() {
    connection_.local = &local_;
    connection_.remote = &remote_;
    connection_.direct_remote = &direct_;
    connection_.requested_server_name = "db.example.com";
    info_.connection = &connection_;
    head_.Add(http::HeaderId::kPath, "/a?color=red&size=");
    head_.Add(http::HeaderId::kAuthority, "shop.example");
    head_.Add("x-team", "blue");
    head_.Add("x-twice", "1");
    head_.Add("x-twice", "2");
  }
  // The word that it comes to; empty: none.
  std::string Ask(const std::string& yaml) {
    const Made made = Compile(yaml);
    EXPECT_EQ(made.problems, "");
    if (!made.tree) return "?";
    const auto found = made.tree->Match({info_, &head_});
    return found ? made.tree->actions()[*found].As<Word>()->word : "";
  }

  net::Address local_ = *net::Address::FromIp("10.1.0.5", 5432);
  net::Address remote_ = *net::Address::FromIp("192.168.7.9", 40000);
  net::Address direct_ = *net::Address::FromIp("2001:db8::7", 40001);
  stream::ConnectionInfo connection_;
  stream::StreamInfo info_;
  Arena arena_;
  http::HeaderMap head_{arena_};
};

TEST_F(TreeTest, InputsAreTextsOfWhatThereIs) {
  const struct {
    std::string input;
    const char* value;
  } cases[] = {
      {Header("X-Team"), "blue"},
      {Header("x-twice"), "1,2"},
      {Header("host"), "shop.example"},
      {Header("\":path\""), "/a?color=red&size="},
      {Typed("type.matcher.v3.HttpRequestQueryParamMatchInput", ", query_param: color"), "red"},
      {Typed("type.matcher.v3.HttpRequestQueryParamMatchInput", ", query_param: size"), ""},
      {Network("DestinationIPInput"), "10.1.0.5"},
      {Network("DestinationPortInput"), "5432"},
      {Network("SourceIPInput"), "192.168.7.9"},
      {Network("SourcePortInput"), "40000"},
      {Network("DirectSourceIPInput"), "2001:db8::7"},
      {Network("ServerNameInput"), "db.example.com"},
      {Network("FilterStateInput", ", key: tenant"), "alice"},
  };
  info_.filter_state().Set("tenant", std::make_unique<stream::TextState>("alice"));
  for (const auto& one : cases) {
    EXPECT_EQ(Ask(List(Rule(Is(one.input, one.value), Say("yes")))), "yes") << one.input;
    EXPECT_EQ(Ask(List(Rule(Is(one.input, "other"), Say("yes")), Say("no"))), "no") << one.input;
  }
}

TEST_F(TreeTest, WhatIsNotThereMatchesNothing) {
  const stream::StreamInfo nobody;
  for (const std::string& input :
       {Header("x-none"), Network("FilterStateInput", ", key: none"), Network("SourceIPInput"),
        Network("ServerNameInput"), Typed("extensions.matching.common_inputs.ssl.v3.SubjectInput"),
        Typed("type.matcher.v3.HttpRequestQueryParamMatchInput", ", query_param: none")}) {
    const std::string any =
        "{single_predicate: {input: " + input + ", value_match: {safe_regex: {regex: '.*'}}}}";
    const Made made = Compile(List(Rule(any, Say("yes"))));
    ASSERT_TRUE(made.tree) << made.problems;
    EXPECT_EQ(made.tree->Match({nobody}), std::nullopt) << input;
    EXPECT_TRUE(
        Compile(List(Rule("{not_matcher: " + any + "}", Say("yes")))).tree->Match({nobody}));
  }
}

TEST_F(TreeTest, PredicatesAreJoined) {
  const std::string yes = Is(Header("x-team"), "blue");
  const std::string no = Is(Header("x-team"), "red");
  const auto holds = [&](const std::string& predicate) {
    return Ask(List(Rule(predicate, Say("yes")))) == "yes";
  };
  EXPECT_TRUE(holds("{and_matcher: {predicate: [" + yes + ", " + yes + "]}}"));
  EXPECT_FALSE(holds("{and_matcher: {predicate: [" + yes + ", " + no + "]}}"));
  EXPECT_TRUE(holds("{or_matcher: {predicate: [" + no + ", " + yes + "]}}"));
  EXPECT_FALSE(holds("{or_matcher: {predicate: [" + no + ", " + no + "]}}"));
  EXPECT_TRUE(holds("{not_matcher: " + no + "}"));
  EXPECT_FALSE(holds("{not_matcher: " + yes + "}"));
}

TEST_F(TreeTest, TheFirstRuleThatComesToSomethingCounts) {
  const std::string yes = Is(Header("x-team"), "blue");
  const std::string no = Is(Header("x-team"), "red");
  EXPECT_EQ(Ask(List(Rule(no, Say("a")) + ", " + Rule(yes, Say("b")) + ", " + Rule(yes, Say("c")))),
            "b");
  EXPECT_EQ(Ask(List(Rule(no, Say("a")))), "");
  // One inside that comes to nothing is as if its rule had not matched.
  const std::string nothing = "{matcher: " + List(Rule(no, Say("a"))) + "}";
  EXPECT_EQ(Ask(List(Rule(yes, nothing) + ", " + Rule(yes, Say("b")))), "b");
  EXPECT_EQ(Ask(List(Rule(yes, nothing), Say("else"))), "else");
  const std::string deep = "{matcher: " + List(Rule(no, Say("a")), Say("inner")) + "}";
  EXPECT_EQ(Ask(List(Rule(yes, deep), Say("outer"))), "inner");
}

TEST_F(TreeTest, MapsOfWholeTexts) {
  const std::string entries = "blue: " + Say("b") + ", red: " + Say("r");
  EXPECT_EQ(Ask(Map("exact_match_map", Header("x-team"), entries)), "b");
  EXPECT_EQ(Ask(Map("exact_match_map", Header("x-twice"), entries)), "");
  EXPECT_EQ(Ask(Map("exact_match_map", Header("x-none"), entries, Say("else"))), "else");
}

TEST_F(TreeTest, MapsOfPrefixesTakeTheLongestThatComesToSomething) {
  const std::string nothing =
      "{matcher: " + List(Rule(Is(Header("x-team"), "red"), Say("never"))) + "}";
  const Made made = Compile(Map("prefix_match_map", Header("\":path\""),
                                "/: " + Say("root") + ", /api: " + Say("api") +
                                    ", /api/v1: " + Say("v1") + ", /api/v1/none: " + nothing,
                                Say("else")));
  ASSERT_TRUE(made.tree) << made.problems;
  for (const auto& [path, word] : {std::pair{"/api/v1/x", "v1"},
                                   {"/api/v1", "v1"},
                                   {"/api/v", "api"},
                                   {"/ap", "root"},
                                   {"*", "else"},
                                   {"", "else"},
                                   {"/api/v1/none/at/all", "v1"}}) {
    head_.Set(http::HeaderId::kPath, path);
    const auto found = made.tree->Match({info_, &head_});
    ASSERT_TRUE(found) << path;
    EXPECT_EQ(made.tree->actions()[*found].As<Word>()->word, word) << path;
  }
}

TEST_F(TreeTest, AddressesInRangesAndTextsThatAreNone) {
  const auto in = [](const std::string& range) {
    return Typed("extensions.matching.input_matchers.ip.v3.Ip",
                 ", stat_prefix: gate, cidr_ranges: [{address_prefix: " + range + "}]");
  };
  const auto holds = [&](const std::string& input, const std::string& range) {
    return Ask(List(Rule(Custom(input, in(range)), Say("yes")))) == "yes";
  };
  EXPECT_TRUE(holds(Network("SourceIPInput"), "192.168.0.0, prefix_len: 16"));
  EXPECT_FALSE(holds(Network("SourceIPInput"), "192.169.0.0, prefix_len: 16"));
  EXPECT_TRUE(holds(Network("DirectSourceIPInput"), "'2001:db8::', prefix_len: 32"));
  head_.Set("x-team", "10.9.8.7");
  EXPECT_TRUE(holds(Header("x-team"), "10.0.0.0, prefix_len: 8"));

  const Made made =
      Compile(List(Rule(Custom(Header("x-team"), in("10.0.0.0, prefix_len: 8")), Say("yes"))));
  stats::Store store(1);
  std::vector<stats::Counter> counters = made.tree->MakeCounters(store, 0);
  EXPECT_TRUE(made.tree->Match({info_, &head_, counters}));
  head_.Set("x-team", "10.9.8");
  EXPECT_FALSE(made.tree->Match({info_, &head_, counters}));
  EXPECT_EQ(store.CounterValue("gate.ip_parsing_failed"), 1U);
}

TEST_F(TreeTest, ValuesInMetadata) {
  info_.dynamic_metadata("jwt").emplace("claims", Value(ValueStruct{{"sub", Value("alice")}}));
  const auto holds = [&](const std::string& key, const std::string& fields) {
    return Ask(List(Rule(
               Custom(Network("DynamicMetadataInput",
                              ", filter: jwt, path: [{key: claims}, {key: " + key + "}]"),
                      Typed("extensions.matching.input_matchers.metadata.v3.Metadata", fields)),
               Say("yes")))) == "yes";
  };
  EXPECT_TRUE(holds("sub", ", value: {string_match: {exact: alice}}"));
  EXPECT_FALSE(holds("sub", ", value: {string_match: {exact: bob}}"));
  EXPECT_TRUE(holds("sub", ", value: {string_match: {exact: bob}}, invert: true"));
  EXPECT_FALSE(holds("none", ", value: {string_match: {exact: alice}}"));
}

TEST_F(TreeTest, WhatCannotBeUsedIsRefusedByName) {
  const std::string data = Network("DynamicMetadataInput", ", filter: f, path: [{key: k}]");
  const std::string metadata = Typed("extensions.matching.input_matchers.metadata.v3.Metadata",
                                     ", value: {bool_match: true}");
  const struct {
    std::string yaml;
    Scene scene;
    const char* says;
  } cases[] = {
      {List(Rule(Is(Header("x"), "1"), Say("a"))), Scene::kConnection,
       "HttpRequestHeaderMatchInput cannot be used here: there is no request"},
      {Map("exact_match_map", Header("x"), "a: " + Say("a")), Scene::kConnection,
       "HttpRequestHeaderMatchInput cannot be used here: there is no request"},
      {List(Rule(Is(data, "1"), Say("a"))), Scene::kRequest,
       "DynamicMetadataInput cannot stand beside value_match"},
      {Map("exact_match_map", data, "a: " + Say("a")), Scene::kRequest, "has no text"},
      {List(Rule(Custom(Header("x"), metadata), Say("a"))), Scene::kRequest,
       "HttpRequestHeaderMatchInput cannot stand beside"},
      {List(Rule(Is(Network("TransportProtocolInput"), "tls"), Say("a"))), Scene::kRequest,
       "TransportProtocolInput is not implemented"},
      {List(Rule(Is(Header("x"), "1"), Typed("config.rbac.v3.Action"))), Scene::kRequest,
       "unknown"},
      {List(Rule(Is(Header("x"), "1"), "{matcher: {}, keep_matching: true}")), Scene::kRequest,
       "keep_matching"},
      {List(Rule("{and_matcher: {predicate: [" + Is(Header("x"), "1") + "]}}", Say("a"))),
       Scene::kRequest, "predicate"},
      {List(Rule(Is(Header("'x y'"), "1"), Say("a"))), Scene::kRequest, "not a header name"},
  };
  for (const auto& one : cases) {
    EXPECT_NE(Compile(one.yaml, one.scene).problems.find(one.says), std::string::npos)
        << one.says << "\n"
        << Compile(one.yaml, one.scene).problems;
  }
}

TEST_F(TreeTest, AnEmptyOneComesToNothing) { EXPECT_EQ(Ask("{}"), ""); }

}  // namespace
}  // namespace sluice::match_tree
