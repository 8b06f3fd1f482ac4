// The config engine against anything: reading YAML and JSON, parsing into a struct with every kind
// of value, dump and parse again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "unit/config/support.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::config;
  if (size == 0) return 0;
  const Format format = data[0] % 2 == 0 ? Format::kYaml : Format::kJson;
  const Reading reading(std::string(reinterpret_cast<const char*>(data + 1), size - 1), format,
                        data[0] % 3 == 0);
  if (!reading.ok()) {
    if (reading.text().empty()) std::abort();
    return 0;
  }
  const std::string json = ToJson(Dump(reading.value(), {.redact = false}));
  const Reading again(json, Format::kJson);
  if (!again.ok() || !Equal(reading.value(), again.value())) std::abort();
  return 0;
}
