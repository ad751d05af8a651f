// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include <algorithm>

#include "weir/format/formats.h"

namespace weir {
namespace {

// Known to Flink's users, to come here.
constexpr std::string_view kLaterFormats[] = {
    "avro",       "avro-confluent", "debezium-json", "debezium-avro-confluent",
    "canal-json", "maxwell-json",   "ogg-json",      "protobuf",
    "orc",        "changelog-json", "json-lines",
};

bool EndsWith(std::string_view text, std::string_view ending) {
  return text.size() >= ending.size() && text.substr(text.size() - ending.size()) == ending;
}

}  // namespace

const std::vector<const Format*>& BuiltinFormats() {
  static const std::vector<const Format*>* formats =
      new std::vector<const Format*>{MakeCsvFormat().release(), MakeJsonFormat().release(),
                                     MakeParquetFormat().release(), MakeRawFormat().release()};
  return *formats;
}

const Format* FindFormat(std::string_view name) {
  for (const Format* format : BuiltinFormats()) {
    if (format->name() == name) return format;
  }
  return nullptr;
}

Result<const Format*> LookupFormat(std::string_view name) {
  if (const Format* format = FindFormat(name)) return format;
  for (std::string_view later : kLaterFormats) {
    if (later == name) return Unsupported("the format '{}' is not supported yet", name);
  }
  std::vector<std::string> names;
  for (const Format* format : BuiltinFormats()) names.push_back(format->name());
  std::string nearest = NearestName(name, names);
  return WithHint(InvalidQuery("there is no format '{}'", name),
                  nearest.empty() ? fmt::format("known formats: {}", fmt::join(names, ", "))
                                  : fmt::format("did you mean 'format' = '{}'?", nearest));
}

std::string FormatOfPath(std::string_view path) {
  for (std::string_view packed : {".gz", ".gzip", ".zst", ".zstd", ".bz2"}) {
    if (EndsWith(path, packed)) path.remove_suffix(packed.size());
  }
  if (EndsWith(path, ".json") || EndsWith(path, ".ndjson") || EndsWith(path, ".jsonl"))
    return "json";
  if (EndsWith(path, ".csv") || EndsWith(path, ".tsv")) return "csv";
  if (EndsWith(path, ".parquet")) return "parquet";
  if (EndsWith(path, ".txt") || EndsWith(path, ".log")) return "raw";
  return {};
}

Result<std::unique_ptr<RecordDecoder>> Format::MakeDecoder(const DecodeSpec&) const {
  return Internal("the format '{}' does not decode records", name());
}
Result<std::unique_ptr<RecordEncoder>> Format::MakeEncoder(const EncodeSpec&) const {
  return Internal("the format '{}' does not encode records", name());
}
Result<BulkFileInfo> Format::InspectBulk(std::shared_ptr<ReadableFile>, const BulkReadSpec&) const {
  return Internal("the format '{}' is not a bulk format", name());
}
Result<std::unique_ptr<BulkReader>> Format::OpenBulkReader(std::shared_ptr<ReadableFile>,
                                                           const BulkReadSpec&,
                                                           arrow::MemoryPool*) const {
  return Internal("the format '{}' is not a bulk format", name());
}
Result<std::unique_ptr<BulkWriter>> Format::OpenBulkWriter(WritableFile*, const EncodeSpec&,
                                                           arrow::MemoryPool*) const {
  return Internal("the format '{}' is not a bulk format", name());
}
Result<Schema> Format::InferSchema(std::string_view, bool, const Options&) const {
  return InvalidQuery("the format '{}' cannot tell a table's columns", name());
}

}  // namespace weir
