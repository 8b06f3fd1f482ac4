// Request heads with their verdicts: taken, or refused with which words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::http1::test {

struct RequestRow {
  std::string request;
  std::string_view refusal = {};  // empty: taken
};

std::vector<RequestRow> StartLineRows();
std::vector<RequestRow> TargetRows();
std::vector<RequestRow> HostRows();
std::vector<RequestRow> FieldLineRows();
std::vector<RequestRow> FramingRows();

}  // namespace sluice::http1::test
