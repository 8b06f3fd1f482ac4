#include "field_lines.h"

#include <limits>

#include "sluice/http/chars.h"

namespace sluice::http1 {
namespace {

using http::HeaderEntry;
using http::HeaderId;
using http::HeaderMap;

// Lowers the name at `at` and returns its end, a colon if the line is one; keeps the original when
// that is wanted and not lower case already.
char* LowerName(char* at, char* end, bool keep, HeaderMap* map, const char** spelling) {
  if (keep && map != nullptr) {
    const char* const colon = http::FindByte(at, end, ':');
    const std::string_view name(at, static_cast<size_t>(colon - at));
    if (http::IsToken(name) && !http::IsLowerToken(name))
      *spelling = map->arena().Copy(name).data();
  }
  return http::LowerUpTo(':', at, end);
}

// Whether the line is to be dropped; or a fault.
Fault CheckUnderscore(const FieldRules& rules, std::string_view name, bool* drop) {
  if (name.find('_') == std::string_view::npos) return Fault::kNone;
  if (rules.underscores == UnderscoreAction::kRejectRequest) {
    rules.counters->requests_rejected_with_underscores_in_headers.Inc();
    return Fault::kUnexpectedUnderscore;
  }
  rules.counters->dropped_headers_with_underscores.Inc();
  *drop = true;
  return Fault::kNone;
}

bool IsFraming(HeaderId id) {
  return id == HeaderId::kContentLength || id == HeaderId::kTransferEncoding;
}

void Keep(const HeaderEntry& entry, const FieldRules& rules, HeaderMap* map, FieldFacts& facts) {
  if (entry.id == HeaderId::kHost && rules.set_host_aside) {
    facts.repeated_host = facts.has_host;
    facts.has_host = true;
    facts.host = entry.Value();
    facts.host_spelling = entry.spelling;
    return;
  }
  if (map == nullptr) return;
  if (IsFraming(entry.id) && map->Has(entry.id)) facts.repeated_framing = true;
  map->AddEntry(entry);
}

}  // namespace

Fault ReadFieldLines(char* at, char* end, const FieldRules& rules, HeaderMap* map,
                     FieldFacts& facts) {
  const char* const last = end - 2;
  uint32_t count = 0;
  while (at != last) {
    HeaderEntry entry;
    entry.name = at;
    char* const name_end = LowerName(at, end, rules.keep_spelling, map, &entry.spelling);
    const std::string_view name(at, static_cast<size_t>(name_end - at));
    entry.id = http::FindHeaderId(name);  // which has good names only
    // Also obs-fold, which begins with white space (RFC 9112 section 5.2), and a name followed by
    // white space (section 5.1): both have been read differently by different parsers.
    if (name_end == end) return Fault::kCodecError;
    if (entry.id == HeaderId::kOther && !http::IsLowerToken(name)) return Fault::kCodecError;
    if (name.size() > std::numeric_limits<uint16_t>::max()) return Fault::kHeadersTooLarge;
    char* value = name_end + 1;
    while (*value == ' ' || *value == '\t') ++value;
    char* const line_end = value + http::FieldValuePrefix(value, static_cast<size_t>(end - value));
    if (line_end[0] != '\r' || line_end[1] != '\n') return Fault::kInvalidCharacters;
    const char* value_end = line_end;
    while (value_end != value && (value_end[-1] == ' ' || value_end[-1] == '\t')) --value_end;
    at = line_end + 2;

    entry.value = value;
    entry.value_size = static_cast<uint32_t>(value_end - value);
    entry.name_size = static_cast<uint16_t>(name.size());
    bool drop = false;
    if (rules.underscores != UnderscoreAction::kAllow) {
      if (Fault fault = CheckUnderscore(rules, entry.Name(), &drop); fault != Fault::kNone) {
        return fault;
      }
    }
    if (drop) continue;
    if (++count > rules.max_count) return Fault::kTooManyHeaders;
    entry.checked = true;
    if (rules.refuse_framing && IsFraming(entry.id)) return Fault::kCodecError;
    Keep(entry, rules, map, facts);
  }
  return Fault::kNone;
}

}  // namespace sluice::http1
