#include "accepted_encodings.h"

#include <gtest/gtest.h>

namespace sluice::filters::compressor {
namespace {

const ContentTypes kAll({});
const ContentTypes kHtml({"text/html"});

struct Case {
  std::string_view accept;
  std::string_view encoding;
  Reason reason;
};

std::string Words(const Choice& choice) {
  return std::string(choice.encoding) + "/" + std::to_string(static_cast<int>(choice.reason));
}

void Check(const std::vector<Offer>& offers, const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    EXPECT_EQ(Words(ChooseEncoding(each.accept, "text/plain", offers)),
              Words({each.encoding, each.reason}))
        << each.accept;
  }
}

TEST(AcceptedEncodingsTest, OneCompressor) {
  Check({{"gzip", &kAll}}, {{"gzip", "gzip", Reason::kNamed},
                            {"GZip", "gzip", Reason::kNamed},
                            {"x-gzip", "gzip", Reason::kNamed},
                            {"deflate, gzip;q=0.5", "gzip", Reason::kNamed},
                            {"gzip ; q=0.001", "gzip", Reason::kNamed},
                            {"*", "gzip", Reason::kWildcard},
                            {"", "", Reason::kNotValid},
                            {"deflate", "", Reason::kNotValid},
                            {"gzip;q=0", "", Reason::kNotValid},
                            {"gzip;q=0.000", "", Reason::kNotValid},
                            {"gzip;q=0,*;q=1", "", Reason::kNotValid},
                            {"*;q=0,gzip;q=1", "gzip", Reason::kNamed},
                            {"*;q=0", "", Reason::kNotValid},
                            {"identity", "", Reason::kIdentity},
                            {"identity, gzip;q=0.9", "", Reason::kIdentity},
                            {"identity;q=0.5, gzip", "gzip", Reason::kNamed},
                            {"identity;q=0, gzip;q=0.1", "gzip", Reason::kNamed},
                            {"identity;q=0", "", Reason::kNotValid}});
}

TEST(AcceptedEncodingsTest, WeightsThatCannotBeReadSayNothing) {
  Check({{"gzip", &kAll}}, {{"gzip;q=", "", Reason::kNotValid},
                            {"gzip;q=1.5", "", Reason::kNotValid},
                            {"gzip;q=-1", "", Reason::kNotValid},
                            {"gzip;q=0.1234", "", Reason::kNotValid},
                            {"gzip;q=x, *", "gzip", Reason::kWildcard},
                            {"gzip;q=1.000", "gzip", Reason::kNamed},
                            {"gzip;Q=1.", "gzip", Reason::kNamed},
                            {"gzip;level=9", "gzip", Reason::kNamed},
                            {";q=1,,gzip", "gzip", Reason::kNamed}});
}

TEST(AcceptedEncodingsTest, TheHighestWeightWinsThenTheClientsOrder) {
  Check({{"gzip", &kAll}, {"br", &kAll}, {"zstd", &kAll}},
        {{"gzip, br", "gzip", Reason::kNamed},
         {"br, gzip", "br", Reason::kNamed},
         {"gzip;q=0.5, br;q=0.6, zstd;q=0.4", "br", Reason::kNamed},
         {"*;q=0.9, br;q=0.5", "gzip", Reason::kWildcard},
         {"gzip;q=0, *", "br", Reason::kWildcard}});
}

TEST(AcceptedEncodingsTest, ChooseFirstDecidesBetweenEqualWeights) {
  Check({{"gzip", &kAll}, {"br", &kAll, true}}, {{"gzip, br", "br", Reason::kNamed},
                                                 {"br, gzip", "br", Reason::kNamed},
                                                 {"gzip, br;q=0.9", "gzip", Reason::kNamed}});
}

TEST(AcceptedEncodingsTest, OnlyCompressorsOfTheContentTypeCount) {
  Check({{"gzip", &kHtml}, {"br", &kAll}},
        {{"gzip, br;q=0.5", "br", Reason::kNamed}, {"gzip", "", Reason::kNotValid}});
  const std::vector<Offer> html = {{"gzip", &kHtml}};
  EXPECT_EQ(ChooseEncoding("gzip", "Text/HTML; charset=utf-8", html).encoding, "gzip");
  EXPECT_TRUE(kHtml.Take(""));
}

}  // namespace
}  // namespace sluice::filters::compressor
