// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/checkpoint/subtask_snapshot.h"

namespace weir {
namespace {

Status CheckRows(std::string_view name, const Schema& schema, const Batch& rows,
                 std::span<const uint64_t> key_hashes) {
  if (schema.size() != static_cast<int>(rows.columns.size())) {
    return Internal("table '{}' is saved with {} columns and a schema of {}", name,
                    rows.columns.size(), schema.size());
  }
  for (int i = 0; i < schema.size(); ++i) {
    const Column& column = *rows.columns[static_cast<size_t>(i)];
    if (column.length != rows.num_rows) {
      return Internal("table '{}' is saved with {} rows and {} in column '{}'", name, rows.num_rows,
                      column.length, schema[i].name);
    }
    if (column.type.kind() != schema[i].type.kind()) {
      return Internal("column '{}' of table '{}' is saved as {} and has the type {}",
                      schema[i].name, name, column.type.ToString(), schema[i].type.ToString());
    }
  }
  if (!key_hashes.empty() && static_cast<int64_t>(key_hashes.size()) != rows.num_rows) {
    return Internal("table '{}' is saved with {} rows and {} hashes", name, rows.num_rows,
                    key_hashes.size());
  }
  return Status::OK();
}

}  // namespace

SubtaskSnapshot::~SubtaskSnapshot() {
  for (const auto& save : deferred_) save->Abandon();
}

Status SubtaskSnapshot::Defer(std::shared_ptr<SlotSave> save) {
  deferred_.push_back(std::move(save));
  return Status::OK();
}

Status SubtaskSnapshot::Continue(int64_t rows_max) {
  if (deferred_.empty()) return Status::OK();
  WEIR_RETURN_NOT_OK(deferred_.back()->Continue(rows_max));
  if (deferred_.back()->is_done()) deferred_.pop_back();
  return Status::OK();
}

Status SubtaskSnapshot::Write(std::string_view name, const Schema& schema, const Batch& rows,
                              std::span<const uint64_t> key_hashes) {
  WEIR_RETURN_NOT_OK(CheckRows(name, schema, rows, key_hashes));
  parts_.push_back({.table = std::string(name),
                    .schema = schema,
                    .rows = rows,
                    .key_hashes = {key_hashes.begin(), key_hashes.end()},
                    .slots = {},
                    .erased = {},
                    .is_slot_table = false});
  return Status::OK();
}

Status SubtaskSnapshot::WriteSlots(std::string_view name, const Schema& schema, const Batch& rows,
                                   std::span<const uint64_t> key_hashes,
                                   std::span<const uint32_t> slots) {
  WEIR_RETURN_NOT_OK(CheckRows(name, schema, rows, key_hashes));
  if (static_cast<int64_t>(slots.size()) != rows.num_rows) {
    return Internal("table '{}' is saved with {} rows and {} slots", name, rows.num_rows,
                    slots.size());
  }
  parts_.push_back({.table = std::string(name),
                    .schema = schema,
                    .rows = rows,
                    .key_hashes = {key_hashes.begin(), key_hashes.end()},
                    .slots = {slots.begin(), slots.end()},
                    .erased = {},
                    .is_slot_table = true});
  return Status::OK();
}

Status SubtaskSnapshot::EraseSlots(std::string_view name, std::span<const uint32_t> slots) {
  if (!is_incremental_) {
    return Internal("table '{}' erases slots in a snapshot that holds everything", name);
  }
  if (slots.empty()) return Status::OK();
  parts_.push_back({.table = std::string(name),
                    .schema = {},
                    .rows = {},
                    .key_hashes = {},
                    .slots = {},
                    .erased = {slots.begin(), slots.end()},
                    .is_slot_table = true});
  return Status::OK();
}

}  // namespace weir
