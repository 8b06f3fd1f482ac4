// Random damage to good and bad texts: whatever comes out, it comes out in bounded time, without a
// crash, and with at least one problem when it is not accepted. Seeded, so that a failure repeats.
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "unit/config/support.h"

namespace sluice::config {
namespace {

const std::vector<std::string>& Seeds() {
  static const std::vector<std::string> seeds = {
      "flag: true\nsmall: -3\nratio: 0.5\ntext: |\n  a\n   b\nbytes: aGk=\ntimeout: 0.25s\n",
      "leaves:\n- name: a\n  child: { name: b, port_value: 3 }\n- &x { name: c }\n- *x\n",
      "{ \"by_name\": { \"x\": { \"name\": \"\\u00e9\" } }, \"free\": [ 1, [ 2, { a: b } ] ] }",
      "plugins: [ { name: test.plugin }, { name: p, typed_config: { \"@type\": x/test.v3.Leaf, "
      "name: q } } ]\nfraction: { numerator: 3, denominator: MILLION }\n",
      "? a\n: b\n--- # c\n'single ''quoted''': \"esc\\n\"\n!ignore k: !!str 5\nold_words: >-\n  "
      "x\n",
  };
  return seeds;
}

std::string Damage(std::string text, std::mt19937& random) {
  static constexpr std::string_view kPieces[] = {"[",
                                                 "]",
                                                 "{",
                                                 "}",
                                                 ":",
                                                 ": ",
                                                 "- ",
                                                 "\n",
                                                 "\t",
                                                 "\"",
                                                 "'",
                                                 "&a ",
                                                 "*a",
                                                 "#",
                                                 "|\n",
                                                 "\xff",
                                                 "\xe2\x80\x8b",
                                                 "---\n",
                                                 "\\",
                                                 "!",
                                                 "%",
                                                 "@type",
                                                 "99999999999999999999",
                                                 "-",
                                                 "~",
                                                 ",",
                                                 "? "};
  const size_t rounds = 1 + random() % 4;
  for (size_t i = 0; i < rounds; ++i) {
    const size_t at = random() % (text.size() + 1);
    switch (random() % 4) {
      case 0: text.insert(at, kPieces[random() % std::size(kPieces)]); break;
      case 1: text.erase(at, random() % 6); break;
      case 2:
        if (at < text.size()) text[at] = static_cast<char>(random());
        break;
      default: text.insert(at, text.substr(random() % (text.size() + 1), random() % 20)); break;
    }
  }
  return text;
}

TEST(RobustnessTest, DamagedTextsAreReadOrRefusedWithWords) {
  std::mt19937 random(20240817);
  size_t accepted = 0;
  for (int i = 0; i < 6000; ++i) {
    const std::string text = Damage(Seeds()[random() % Seeds().size()], random);
    const Reading reading(text, random() % 4 == 0 ? Format::kJson : Format::kYaml);
    ASSERT_NE(reading.ok(), !reading.problems().ok()) << text;
    accepted += reading.ok() ? 1 : 0;
    if (reading.ok()) {
      const std::string json = ToJson(Dump(reading.value(), {.redact = false}));
      const Reading again(json, Format::kJson);
      ASSERT_TRUE(again.ok()) << text << again.text() << json;
      ASSERT_TRUE(Equal(reading.value(), again.value())) << text << json;
    } else {
      ASSERT_FALSE(reading.text().empty());
      ASSERT_FALSE(reading.problems().Json().empty());
    }
  }
  EXPECT_GT(accepted, 100U);
}

}  // namespace
}  // namespace sluice::config
