// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/checkpoint/data_objects.h"

#include <algorithm>
#include <cstring>

namespace weir {
namespace {

// A section is read, checked and decoded as one.
constexpr int64_t kSectionBytes = 4 << 20;
constexpr int64_t kBlockBytes = 1 << 20;
constexpr int64_t kBlockBytesMin = 4 << 10;

}  // namespace

DataObjects::DataObjects(ObjectStore* objects, int64_t object_bytes_max,
                         std::function<std::string()> next_key)
    : objects_(objects),
      object_bytes_max_(object_bytes_max),
      next_key_(std::move(next_key)),
      builder_(std::clamp(object_bytes_max / 2, kBlockBytesMin, kBlockBytes)) {}

Result<WriterState> DataObjects::Add(const StateWriter& writer, const SubtaskSnapshot& snapshot,
                                     const WriterState* before, int64_t epoch) {
  WriterState state;
  state.subtask = writer.subtask;
  state.watermark_millis = snapshot.watermark_millis;
  std::map<std::string, std::vector<const SubtaskSnapshot::Part*>> tables;
  for (const SubtaskSnapshot::Part& part : snapshot.parts()) {
    std::vector<const SubtaskSnapshot::Part*>& parts = tables[part.table];
    if (!parts.empty() && parts[0]->is_slot_table != part.is_slot_table)
      return Internal("table '{}' is saved with slots and without", part.table);
    if (part.rows.num_rows > 0 || !part.erased.empty()) parts.push_back(&part);
  }
  if (snapshot.is_incremental() && before != nullptr) {
    for (const auto& [name, table] : before->tables) {
      if (table.is_slot_table) state.tables[name] = table;
    }
  }
  for (const auto& [name, parts] : tables) {
    if (parts.empty()) continue;
    TableState& table = state.tables[name];
    bool is_new = table.layers.empty();
    WEIR_RETURN_NOT_OK(AddTable(parts, epoch, &table));
    // Slots erased from a table that has never been written.
    if (is_new && table.schema.fields.empty()) state.tables.erase(name);
  }
  return state;
}

Status DataObjects::AddTable(const std::vector<const SubtaskSnapshot::Part*>& parts, int64_t epoch,
                             TableState* table) {
  table->is_slot_table = parts[0]->is_slot_table;
  for (const SubtaskSnapshot::Part* part : parts) {
    if (part->rows.num_rows == 0) continue;
    if (table->schema.fields.empty()) {
      table->schema = part->schema;
    } else if (StateSchemaText(table->schema) != StateSchemaText(part->schema)) {
      return Internal("table '{}' is saved with two schemas", part->table);
    }
    table->is_keyed |= !part->key_hashes.empty();
    for (uint64_t hash : part->key_hashes) {
      auto prefix = static_cast<uint32_t>(hash >> 32);
      table->hash_min = std::min(table->hash_min, prefix);
      table->hash_max = std::max(table->hash_max, prefix);
    }
  }
  if (table->schema.fields.empty()) return Status::OK();
  TableLayer layer;
  layer.epoch = epoch;
  int64_t section_bytes = std::min(kSectionBytes, object_bytes_max_);
  int64_t rows = 0;
  for (const SubtaskSnapshot::Part* part : parts) {
    // The cache of a restore may hold columns of other pools; encoding needs little and briefly.
    WEIR_RETURN_NOT_OK(builder_.Add(*part, arrow::default_memory_pool()));
    rows += part->rows.num_rows;
    if (builder_.bytes() < section_bytes) continue;
    WEIR_RETURN_NOT_OK(AddSection(table->schema, rows, &layer));
    rows = 0;
  }
  if (!builder_.empty()) WEIR_RETURN_NOT_OK(AddSection(table->schema, rows, &layer));
  table->layers.push_back(std::move(layer));
  return Status::OK();
}

Status DataObjects::AddSection(const Schema& schema, int64_t rows, TableLayer* layer) {
  if (!buffer_.empty() &&
      static_cast<int64_t>(buffer_.size()) + builder_.bytes() > object_bytes_max_)
    WEIR_RETURN_NOT_OK(Flush());
  if (key_.empty()) key_ = next_key_();
  // Growing step by step would copy an object several times.
  if (static_cast<int64_t>(buffer_.size()) >= kSectionBytes)
    buffer_.reserve(static_cast<size_t>(object_bytes_max_ + kSectionBytes));
  SectionPlace place;
  place.object = key_;
  place.offset = static_cast<int64_t>(buffer_.size());
  place.rows = rows;
  WEIR_RETURN_NOT_OK(builder_.Finish(schema, place.object, &buffer_));
  place.length = static_cast<int64_t>(buffer_.size()) - place.offset;
  std::memcpy(&place.checksum, buffer_.data() + buffer_.size() - sizeof(place.checksum),
              sizeof(place.checksum));
  bytes_ += place.length;
  layer->sections.push_back(std::move(place));
  return static_cast<int64_t>(buffer_.size()) >= object_bytes_max_ ? Flush() : Status::OK();
}

Status DataObjects::Flush() {
  if (buffer_.empty()) return Status::OK();
  WEIR_RETURN_NOT_OK(objects_->Put(key_, buffer_));
  buffer_.clear();
  key_.clear();
  return Status::OK();
}

}  // namespace weir
