// Attributes of a stream by their names, as a processor gets them. Those that are not known when
// they are asked for are left out. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/value.h"
#include "sluice/filter/http_filter.h"

namespace sluice::filters::ext_proc {

// Null: there is none of that name. Both views are static.
struct Attribute;
const Attribute* FindAttribute(std::string_view name);
std::vector<std::string_view> AttributeNames();

ValueStruct ReadAttributes(const std::vector<const Attribute*>& attributes,
                           filter::HttpFilterHost& host);

}  // namespace sluice::filters::ext_proc
