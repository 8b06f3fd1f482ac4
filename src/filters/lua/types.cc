#include "types.h"

#include <array>
#include <vector>

namespace sluice::filters::lua {

TypeTable HandleType() {
  static const std::vector<Method> all = [] {
    std::vector<Method> joined;
    for (const auto group :
         {MessageMethods(), LogMethods(), CallMethods(), StreamMethods(), ToolMethods()}) {
      joined.insert(joined.end(), group.begin(), group.end());
    }
    return joined;
  }();
  return {"handle", all};
}

// In the order of Type.
const TypeTable& TableOf(Type type) {
  static const std::array<TypeTable, static_cast<size_t>(Type::kCount)> tables = {
      HandleType(),
      HeadersType(),
      BodyType(),
      MetadataType(),
      DynamicMetadataType(),
      FilterStateType(),
      StreamInfoType(),
      ConnectionType(),
      TlsType(),
      RouteType(),
      TypeTable{"publicKey", {}},
  };
  return tables[static_cast<size_t>(type)];
}

}  // namespace sluice::filters::lua
