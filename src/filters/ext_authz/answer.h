// What a service's answer says, whichever kind of service it is. Pure.
#pragma once

#include "plan.h"
#include "sluice/filter/async_client.h"
#include "verdict.h"

namespace sluice::filters::ext_authz {

Verdict ReadHttpAnswer(const HttpService& service, filter::AsyncResponse&& answer);
Verdict ReadCheckAnswer(const filter::AsyncResponse& answer);

}  // namespace sluice::filters::ext_authz
