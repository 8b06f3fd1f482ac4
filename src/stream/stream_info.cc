#include "sluice/stream/stream_info.h"

#include <utility>

namespace sluice::stream {

void FilterState::Set(std::string_view name, std::unique_ptr<FilterStateObject> object) {
  for (auto& [known, present] : objects_) {
    if (known == name) {
      present = std::move(object);
      return;
    }
  }
  objects_.emplace_back(name, std::move(object));
}

const FilterStateObject* FilterState::Find(std::string_view name) const {
  for (const auto& [known, object] : objects_) {
    if (known == name) return object.get();
  }
  return nullptr;
}

FilterState& StreamInfo::filter_state() {
  if (extras_ == nullptr) extras_ = std::make_unique<Extras>();
  return extras_->state;
}

ValueStruct& StreamInfo::dynamic_metadata(std::string_view filter) {
  if (extras_ == nullptr) extras_ = std::make_unique<Extras>();
  ValueStruct& filters = *extras_->metadata.AsStruct();
  auto found = filters.find(filter);
  if (found == filters.end()) {
    found = filters.emplace(std::string(filter), Value(ValueStruct{})).first;
  }
  return *found->second.AsStruct();
}

const FilterStateObject* StreamInfo::FindState(std::string_view name) const {
  if (extras_ != nullptr) {
    if (const FilterStateObject* object = extras_->state.Find(name)) return object;
  }
  return connection == nullptr ? nullptr : connection->filter_state.Find(name);
}

const Value* StreamInfo::FindMetadata(std::string_view filter) const {
  return extras_ == nullptr ? nullptr : extras_->metadata.Find(filter);
}

}  // namespace sluice::stream
