#include "sluice/route/header_edits.h"

namespace sluice::route {
namespace {

using config::HeaderAppendAction;

bool Exists(const http::HeaderMap& head, const HeaderAddition& addition) {
  return addition.id != http::HeaderId::kOther ? head.Has(addition.id)
                                               : head.Get(addition.name).has_value();
}

void Add(http::HeaderMap& head, const HeaderAddition& addition, std::string_view value) {
  if (addition.id != http::HeaderId::kOther) {
    head.AddView(addition.id, value);
  } else {
    head.AddView(addition.name, value);  // the table outlives the stream
  }
}

void Remove(http::HeaderMap& head, const HeaderAddition& addition) {
  if (addition.id != http::HeaderId::kOther) {
    head.Remove(addition.id);
  } else {
    head.Remove(addition.name);
  }
}

}  // namespace

void HeaderAddition::Apply(http::HeaderMap& head, const FormatInput& input) const {
  const std::string_view value =
      format ? format->Format(input, head.arena()) : std::string_view(literal);
  if (value.empty() && !keep_empty) return;
  switch (action) {
    case HeaderAppendAction::kAppendIfExistsOrAdd: break;
    case HeaderAppendAction::kAddIfAbsent:
      if (Exists(head, *this)) return;
      break;
    case HeaderAppendAction::kOverwriteIfExists:
      if (!Exists(head, *this)) return;
      [[fallthrough]];
    case HeaderAppendAction::kOverwriteIfExistsOrAdd: Remove(head, *this); break;
  }
  Add(head, *this, value);
}

void HeaderEdits::Apply(http::HeaderMap& head, const FormatInput& input) const {
  for (const std::string& name : remove) head.Remove(name);
  for (const HeaderAddition& addition : add) addition.Apply(head, input);
}

void HeaderMutations::Apply(http::HeaderMap& head, const FormatInput& input) const {
  for (const HeaderMutation& step : steps) {
    if (step.add) {
      step.add->Apply(head, input);
    } else if (step.remove_if) {
      head.RemoveIf([&](const http::HeaderEntry& entry) {
        return !http::IsPseudo(entry.id) && entry.id != http::HeaderId::kHost &&
               step.remove_if->Matches(entry.Name());
      });
    } else {
      head.Remove(step.remove);
    }
  }
}

}  // namespace sluice::route
