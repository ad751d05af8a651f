// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/checkpoint/manifest.h"

#include <nlohmann/json.hpp>

#include "weir/checkpoint/section.h"
#include "weir/data/text.h"

namespace weir {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;
constexpr std::string_view kManifestFormat = "weir-manifest";
constexpr std::string_view kRecordFormat = "weir-epoch";
constexpr std::string_view kHead = "{\"checksum\":\"";
constexpr std::string_view kMiddle = "\",\"content\":";
constexpr std::string_view kTail = "}\n";
constexpr size_t kChecksumDigits = 16;
constexpr std::string_view kKindNames[] = {"checkpoint", "savepoint", "final", "fence"};

std::string Seal(const Json& content, std::string_view object) {
  // Ids are texts; were one not, its name would be readable at least.
  std::string body = content.dump(-1, ' ', false, Json::error_handler_t::replace);
  return fmt::format("{}{:016x}{}{}{}", kHead, PlaceChecksum(body, object, 0), kMiddle, body,
                     kTail);
}

// A file of a newer version is named as such, whatever else has changed in it.
Status NewerOrDamaged(std::string_view bytes, std::string_view object, std::string_view why) {
  Json all = Json::parse(bytes, nullptr, /*allow_exceptions=*/false);
  if (all.is_object()) {
    const Json& content = all.contains("content") ? all["content"] : all;
    if (content.is_object() && content.contains("version") &&
        content["version"].is_number_integer() && content["version"].get<int64_t>() > kVersion) {
      return Unsupported(
          "'{}' has format version {}, which is not supported: this program reads up to version {}",
          object, content["version"].get<int64_t>(), kVersion);
    }
  }
  return Corruption("'{}' is damaged: {}", object, why);
}

Result<Json> Unseal(std::string_view bytes, std::string_view object, std::string_view format) {
  size_t body_begin = kHead.size() + kChecksumDigits + kMiddle.size();
  if (bytes.size() < body_begin + kTail.size() || !bytes.starts_with(kHead) ||
      !bytes.ends_with(kTail) ||
      bytes.substr(kHead.size() + kChecksumDigits, kMiddle.size()) != kMiddle) {
    return NewerOrDamaged(bytes, object,
                          "it has not the form of a manifest or a record of the epoch log");
  }
  std::string_view body = bytes.substr(body_begin, bytes.size() - body_begin - kTail.size());
  if (bytes.substr(kHead.size(), kChecksumDigits) !=
      fmt::format("{:016x}", PlaceChecksum(body, object, 0))) {
    return NewerOrDamaged(bytes, object, "its checksum is wrong");
  }
  Json content = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!content.is_object() || content.value("format", Json()) != Json(format))
    return Corruption("'{}' is not of the kind '{}'", object, format);
  const Json version = content.value("version", Json());
  if (version != Json(kVersion)) return NewerOrDamaged(bytes, object, "it has no version");
  return content;
}

// Reads members strictly; the first error sticks, and later reads give defaults.
class Members {
 public:
  explicit Members(const Json& object) : object_(object), ok_(object.is_object()) {}

  const Json* Find(const char* key) {
    if (!ok_) return nullptr;
    auto at = object_.find(key);
    if (at == object_.end()) ok_ = false;
    return ok_ ? &*at : nullptr;
  }
  int64_t Int(const char* key, int64_t least = std::numeric_limits<int64_t>::min(),
              int64_t greatest = std::numeric_limits<int64_t>::max()) {
    const Json* at = Find(key);
    if (at == nullptr || !at->is_number_integer()) return Fail(least);
    if (at->is_number_unsigned() &&
        at->get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
      return Fail(least);
    auto value = at->get<int64_t>();
    return value < least || value > greatest ? Fail(least) : value;
  }
  bool Bool(const char* key) {
    const Json* at = Find(key);
    if (at == nullptr || !at->is_boolean()) return Fail(0) != 0;
    return at->get<bool>();
  }
  std::string Text(const char* key) {
    const Json* at = Find(key);
    if (at == nullptr || !at->is_string()) {
      Fail(0);
      return {};
    }
    return at->get<std::string>();
  }
  const Json& Object(const char* key) { return Container(key, &Json::is_object); }
  const Json& Array(const char* key) { return Container(key, &Json::is_array); }
  int64_t Fail(int64_t value) {
    ok_ = false;
    return value;
  }
  bool ok() const { return ok_; }

 private:
  const Json& Container(const char* key, bool (Json::*is_kind)() const noexcept) {
    static const Json kEmpty;
    const Json* at = Find(key);
    if (at != nullptr && (at->*is_kind)()) return *at;
    ok_ = false;
    return kEmpty;
  }

  const Json& object_;
  bool ok_;
};

Status BadMember(std::string_view what) { return Corruption("{} cannot be read", what); }

// Opaque bytes: a string where they are text, else hexadecimal digits.
Json BytesJson(std::string_view bytes) {
  if (IsValidUtf8(bytes)) return Json(bytes);
  std::string digits;
  for (char c : bytes) digits += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return Json{{"hex", digits}};
}
int HexDigit(char c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
Result<std::string> JsonBytes(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  Members members(json);
  std::string digits = members.Text("hex"), bytes;
  if (!members.ok() || digits.size() % 2 != 0) return BadMember("a string");
  for (size_t i = 0; i < digits.size(); i += 2) {
    int high = HexDigit(digits[i]), low = HexDigit(digits[i + 1]);
    if (high < 0 || low < 0) return BadMember("a string");
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

Json ListJson(const std::vector<std::string>& items) {
  Json list = Json::array();
  for (const std::string& item : items) list.push_back(BytesJson(item));
  return list;
}
Result<std::vector<std::string>> JsonList(const Json& json) {
  std::vector<std::string> items;
  for (const Json& item : json) {
    WEIR_ASSIGN_OR_RETURN(std::string bytes, JsonBytes(item));
    items.push_back(std::move(bytes));
  }
  return items;
}

Json TableJson(const TableState& table) {
  Json layers = Json::array();
  for (const TableLayer& layer : table.layers) {
    Json sections = Json::array();
    for (const SectionPlace& place : layer.sections) {
      sections.push_back({{"object", place.object},
                          {"offset", place.offset},
                          {"length", place.length},
                          {"rows", place.rows},
                          {"checksum", fmt::format("{:016x}", place.checksum)}});
    }
    layers.push_back({{"epoch", layer.epoch}, {"sections", std::move(sections)}});
  }
  Json json{{"schema", Json::parse(StateSchemaText(table.schema), nullptr, false)},
            {"slots", table.is_slot_table},
            {"keyed", table.is_keyed},
            {"layers", std::move(layers)}};
  if (table.is_keyed) json["hashes"] = {table.hash_min, table.hash_max};
  return json;
}

Result<SectionPlace> ReadPlace(const Json& json) {
  Members members(json);
  SectionPlace place;
  place.object = members.Text("object");
  place.offset = members.Int("offset", 0);
  place.length = members.Int("length", 0);
  place.rows = members.Int("rows", 0);
  std::string checksum = members.Text("checksum");
  if (!members.ok() || checksum.size() != kChecksumDigits) return BadMember("a section's place");
  for (char c : checksum) {
    int digit = HexDigit(c);
    if (digit < 0) return BadMember("a section's place");
    place.checksum = place.checksum * 16 + static_cast<uint64_t>(digit);
  }
  return place;
}

Result<TableState> ReadTable(const Json& json) {
  Members members(json);
  TableState table;
  const Json& schema = members.Array("schema");
  table.is_slot_table = members.Bool("slots");
  table.is_keyed = members.Bool("keyed");
  const Json& layers = members.Array("layers");
  if (table.is_keyed) {
    const Json& hashes = members.Array("hashes");
    if (!members.ok() || hashes.size() != 2 || !hashes[0].is_number_unsigned() ||
        !hashes[1].is_number_unsigned())
      return BadMember("a table");
    table.hash_min = hashes[0].get<uint32_t>();
    table.hash_max = hashes[1].get<uint32_t>();
  }
  if (!members.ok()) return BadMember("a table");
  WEIR_ASSIGN_OR_RETURN(table.schema, ParseStateSchema(schema.dump()));
  for (const Json& item : layers) {
    Members layer_members(item);
    TableLayer layer;
    layer.epoch = layer_members.Int("epoch", 0);
    for (const Json& place : layer_members.Array("sections")) {
      WEIR_ASSIGN_OR_RETURN(SectionPlace read, ReadPlace(place));
      layer.sections.push_back(std::move(read));
    }
    if (!layer_members.ok()) return BadMember("a layer");
    table.layers.push_back(std::move(layer));
  }
  if (!table.is_slot_table && table.layers.size() > 1) return BadMember("a table");
  return table;
}

Json NodeJson(const NodeState& node, const std::string& name) {
  Json writers = Json::array();
  for (const WriterState& writer : node.writers) {
    Json tables = Json::object();
    for (const auto& [table_name, table] : writer.tables) tables[table_name] = TableJson(table);
    writers.push_back({{"subtask", writer.subtask},
                       {"finished", writer.is_finished},
                       {"watermark", writer.watermark_millis},
                       {"tables", std::move(tables)}});
  }
  return {{"name", BytesJson(name)},
          {"parallelism", node.parallelism},
          {"writers", std::move(writers)}};
}

Result<NodeState> ReadNode(const Json& json, std::string* name) {
  Members members(json);
  NodeState node;
  const Json* name_json = members.Find("name");
  node.parallelism = static_cast<int>(members.Int("parallelism", 0, 1 << 20));
  const Json& writers = members.Array("writers");
  if (!members.ok()) return BadMember("a node");
  WEIR_ASSIGN_OR_RETURN(*name, JsonBytes(*name_json));
  for (const Json& item : writers) {
    Members writer_members(item);
    WriterState writer;
    writer.subtask = static_cast<int>(writer_members.Int("subtask", 0, 1 << 20));
    writer.is_finished = writer_members.Bool("finished");
    writer.watermark_millis = writer_members.Int("watermark");
    for (const auto& [table_name, table] : writer_members.Object("tables").items()) {
      WEIR_ASSIGN_OR_RETURN(writer.tables[table_name], ReadTable(table));
    }
    if (!writer_members.ok()) return BadMember("a writer");
    node.writers.push_back(std::move(writer));
  }
  return node;
}

int KindOf(std::string_view name) {
  for (int i = 0; i < 4; ++i) {
    if (kKindNames[i] == name) return i;
  }
  return -1;
}

Result<Manifest> ReadManifest(const Json& content) {
  Members members(content);
  Manifest manifest;
  manifest.epoch = members.Int("epoch", 0);
  manifest.generation = members.Int("generation", 0);
  manifest.created_micros = members.Int("created_micros");
  int kind = KindOf(members.Text("kind"));
  if (!members.ok() || kind < 0) return BadMember("its head");
  manifest.kind = static_cast<EpochKind>(kind);
  for (const auto& [id, node] : members.Object("nodes").items()) {
    std::string name;
    WEIR_ASSIGN_OR_RETURN(manifest.nodes[id], ReadNode(node, &name));
    if (!name.empty()) manifest.facts.node_names[id] = std::move(name);
  }
  for (const auto& [id, state] : members.Object("sources").items()) {
    WEIR_ASSIGN_OR_RETURN(manifest.facts.sources[id], JsonBytes(state));
  }
  for (const auto& [id, sink] : members.Object("sinks").items()) {
    Members sink_members(sink);
    const Json& committables = sink_members.Array("committables");
    const Json& in_progress = sink_members.Array("in_progress");
    if (!sink_members.ok()) return BadMember("a sink");
    SinkState& state = manifest.facts.sinks[id];
    WEIR_ASSIGN_OR_RETURN(state.committables, JsonList(committables));
    WEIR_ASSIGN_OR_RETURN(state.in_progress, JsonList(in_progress));
  }
  if (!members.ok()) return BadMember("its list of nodes, sources or sinks");
  return manifest;
}

}  // namespace

std::string_view EpochKindName(EpochKind kind) { return kKindNames[static_cast<int>(kind)]; }

std::string SealManifest(const Manifest& manifest, std::string_view object) {
  Json nodes = Json::object();
  std::map<std::string, NodeState> all = manifest.nodes;
  for (const auto& [id, name] : manifest.facts.node_names) all.try_emplace(id);
  for (const auto& [id, node] : all) {
    auto name = manifest.facts.node_names.find(id);
    nodes[id] = NodeJson(node, name == manifest.facts.node_names.end() ? "" : name->second);
  }
  Json sources = Json::object(), sinks = Json::object();
  for (const auto& [id, state] : manifest.facts.sources) sources[id] = BytesJson(state);
  for (const auto& [id, state] : manifest.facts.sinks) {
    sinks[id] = {{"committables", ListJson(state.committables)},
                 {"in_progress", ListJson(state.in_progress)}};
  }
  return Seal({{"format", kManifestFormat},
               {"version", kVersion},
               {"epoch", manifest.epoch},
               {"generation", manifest.generation},
               {"kind", EpochKindName(manifest.kind)},
               {"created_micros", manifest.created_micros},
               {"nodes", std::move(nodes)},
               {"sources", std::move(sources)},
               {"sinks", std::move(sinks)}},
              object);
}

Result<Manifest> OpenManifest(std::string_view bytes, std::string_view object) {
  WEIR_ASSIGN_OR_RETURN(Json content, Unseal(bytes, object, kManifestFormat));
  Result<Manifest> manifest = ReadManifest(content);
  if (manifest.ok()) return manifest;
  return Corruption("'{}' is damaged: {}", object, manifest.status().message());
}

std::string SealRecord(const EpochRecord& record, std::string_view object) {
  return Seal({{"format", kRecordFormat},
               {"version", kVersion},
               {"kind", EpochKindName(record.kind)},
               {"epoch", record.epoch},
               {"generation", record.generation},
               {"manifest", record.manifest},
               {"nonce", record.nonce}},
              object);
}

Result<EpochRecord> OpenRecord(std::string_view bytes, std::string_view object) {
  WEIR_ASSIGN_OR_RETURN(Json content, Unseal(bytes, object, kRecordFormat));
  Members members(content);
  EpochRecord record;
  int kind = KindOf(members.Text("kind"));
  record.kind = static_cast<EpochKind>(kind);
  record.epoch = members.Int("epoch", 0);
  record.generation = members.Int("generation", 0);
  record.manifest = members.Text("manifest");
  record.nonce = members.Text("nonce");
  if (!members.ok() || kind < 0) return Corruption("'{}' is damaged: a member is wrong", object);
  return record;
}

}  // namespace weir
