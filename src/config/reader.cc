#include "sluice/config/reader.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/core.h>

#include "expand_env.h"
#include "file.h"
#include "json_reader.h"
#include "sluice/config/parse.h"
#include "text_check.h"
#include "yaml_reader.h"

namespace sluice::config {
namespace {

// Formats that Envoy or others know and we do not; read as YAML they would only confuse.
constexpr std::string_view kOtherFormats[] = {
    ".toml", ".pb", ".pb_text", ".pbtxt", ".txtpb", ".textproto", ".xml", ".ini", ".prototxt"};

// What is wrong with a text that has the suffix of another format.
std::string OtherFormatHint(std::string_view text, Format format) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  const bool other = first != std::string_view::npos && text[first] != '{' && text[first] != '[';
  return format == Format::kJson && other ? "if it is YAML, name it .yaml" : "";
}

std::string TooLarge(size_t limit) {
  return fmt::format("the text is larger than {} MiB", limit >> 20);
}

}  // namespace

std::optional<Node> ReadText(std::string source_name, std::string text, Format format,
                             const ReadOptions& options, Problems& problems) {
  const uint32_t source = problems.AddSource(std::move(source_name), "");
  if (text.size() > options.max_bytes) {
    problems.Add({Mark{source, 0, 0}, {}}, TooLarge(options.max_bytes));
    return std::nullopt;
  }
  problems.SetSourceText(source, text);
  if (!CheckText(text, source, problems)) return std::nullopt;
  if (options.expand_env && !ExpandEnv(text, source, ProcessEnvironment, problems)) {
    return std::nullopt;
  }
  problems.SetSourceText(source, text);
  const size_t before = problems.errors();
  try {
    Node root = format == Format::kJson ? ReadJson(text, source, options, problems)
                                        : ReadYaml(text, source, options, problems);
    if (problems.errors() != before) return std::nullopt;
    if (!options.any_root && !root.IsMap() && !root.IsNull()) {
      problems.Add({root.mark, {}}, "the document is " +
                                        std::string(root.IsList() ? "a list" : "text") +
                                        ", expected a map of fields");
      return std::nullopt;
    }
    if (!root.mark.known()) root.mark = Mark{source, 1, 1};
    return root;
  } catch (const Stop& stop) {
    problems.Add({stop.mark, {}}, stop.message,
                 stop.hint.empty() ? OtherFormatHint(text, format) : stop.hint);
    return std::nullopt;
  }
}

std::optional<Node> ReadFile(const std::string& path, const ReadOptions& options,
                             Problems& problems) {
  for (const std::string_view suffix : kOtherFormats) {
    if (!path.ends_with(suffix)) continue;
    const uint32_t source = problems.AddSource(path, "");
    problems.Add({Mark{source, 0, 0}, {}},
                 fmt::format("the file's name ends in {}, which is neither YAML nor JSON", suffix),
                 "write it as .yaml, .yml or .json");
    return std::nullopt;
  }
  std::string text;
  const int error = ReadAll(path, options.max_bytes, text);
  if (error != 0) {
    const uint32_t source = problems.AddSource(path, "");
    problems.Add({Mark{source, 0, 0}, {}},
                 error == EFBIG ? TooLarge(options.max_bytes)
                                : fmt::format("cannot read the file: {}", std::strerror(error)));
    return std::nullopt;
  }
  const Format format = path.ends_with(".json") ? Format::kJson : Format::kYaml;
  return ReadText(path, std::move(text), format, options, problems);
}

std::optional<Node> ReadConfig(const Message& schema, const std::string& path,
                               const std::string& yaml, const ReadOptions& options,
                               Problems& problems) {
  std::optional<Node> root;
  if (!path.empty()) root = ReadFile(path, options, problems);
  std::optional<Node> overlay;
  if (!yaml.empty()) overlay = ReadText("--config-yaml", yaml, Format::kYaml, options, problems);
  if (!problems.ok()) return std::nullopt;
  // Each is looked at by itself, so that the headline names the right one.
  if (root && !RefuseV2(*root, problems)) return std::nullopt;
  if (overlay && !RefuseV2(*overlay, problems)) return std::nullopt;
  if (!root) return overlay;
  if (overlay) Merge(schema, *root, *overlay);
  return root;
}

}  // namespace sluice::config
