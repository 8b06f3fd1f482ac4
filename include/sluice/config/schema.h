// What a .cc needs to declare config structs:
//   const config::Message& Foo::Schema() {
//     static const auto message = config::Message::Of<Foo>("envoy...Foo", "What it is.", {
//         Field("name", &Foo::name, "Its name.").Required(),
//         Unimplemented("bar", "why, and what to do instead"),
//     });
//     return message;
//   }
#pragma once

#include "sluice/config/enum_table.h"  // IWYU pragma: export
#include "sluice/config/extension.h"   // IWYU pragma: export
#include "sluice/config/field.h"       // IWYU pragma: export
#include "sluice/config/message.h"     // IWYU pragma: export
#include "sluice/config/types.h"       // IWYU pragma: export
