// Changes of header fields that a service asks for: names are lower case, nothing else in them has
// been checked. What comes from a stranger goes onto wires, so whoever applies an edit asks first
// whether it is sound. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/http/header_map.h"

namespace sluice::http {

enum class FieldAction : uint8_t {
  kSet,   // replaces what there is
  kAdd,   // one more field of the name
  kJoin,  // "old,value"
  kAddIfAbsent,
  kSetIfPresent,
};

struct FieldEdit {
  std::string name;
  std::string value;
  FieldAction action = FieldAction::kSet;
};

// Fields that say how one message travels over one connection: never copied from one to another.
bool IsFraming(std::string_view lower_name);

// Whether the edit can be written into a request or response. One of a framing field is: it is to
// be passed over. Pseudo-headers of a request may change, but not into something that is none; of a
// response's only :status is known.
bool IsSound(const FieldEdit& edit, bool of_request);

// All edits of one answer together may have so many bytes.
inline constexpr size_t kMaxEdits = 1000;
inline constexpr size_t kMaxEditBytes = size_t{128} * 1024;
// Adds what the edits hold to `bytes`; false over kMaxEditBytes, and if one is not sound.
bool AreSound(const std::vector<FieldEdit>& edits, bool of_request, size_t& bytes);

// Whether it is passed over: framing, and a response's :status.
bool IsPassedOver(const FieldEdit& edit, bool of_request);

// Of a sound edit that is not passed over. There is one of each pseudo-header; a request's host is
// its :authority.
void Apply(const FieldEdit& edit, bool of_request, HeaderMap& head);

}  // namespace sluice::http
