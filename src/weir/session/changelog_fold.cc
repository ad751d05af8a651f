// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/session/changelog_fold.h"

namespace weir {

FoldedRow RenderRow(const Batch& batch, int64_t row, TextStyle style, const TimeZone* zone) {
  FoldedRow out;
  for (const ColumnPtr& column : batch.columns) {
    std::string cell;
    AppendValueText(*column, row, style, zone, &cell);
    out.cells.push_back(std::move(cell));
    out.nulls.push_back(column->IsNull(row));
  }
  return out;
}

std::string ChangelogFold::KeyOf(const FoldedRow& row) const {
  std::string key;
  auto add = [&](size_t i) {
    key += row.nulls[i] ? 'n' : 'v';
    key += std::to_string(row.cells[i].size());
    key += ':';
    key += row.cells[i];
  };
  if (upsert_key_.empty()) {
    for (size_t i = 0; i < row.cells.size(); ++i) add(i);
  } else {
    for (int i : upsert_key_) add(static_cast<size_t>(i));
  }
  return key;
}

Status ChangelogFold::Add(const Batch& batch) {
  for (int64_t i = 0; i < batch.num_rows; ++i) {
    FoldedRow row = RenderRow(batch, i, style_, zone_);
    RowKind kind = batch.kind(i);
    std::vector<size_t>& slots = places_[KeyOf(row)];
    if (!IsAccumulate(kind)) {
      if (slots.empty()) {
        if (!upsert_key_.empty())
          continue;  // The delete of a key that never came: nothing to show.
        return Internal("the changelog takes away a row that is not there: {}",
                        fmt::join(row.cells, ", "));
      }
      size_t slot = slots.back();
      slots.pop_back();
      alive_[slot] = false;
      --live_;
      has_update_slot_ = kind == RowKind::kUpdateBefore;
      update_slot_ = slot;
      continue;
    }
    if (!upsert_key_.empty() && !slots.empty()) {
      rows_[slots.back()] = std::move(row);
      continue;
    }
    size_t slot = rows_.size();
    if (kind == RowKind::kUpdateAfter && has_update_slot_) {
      slot = update_slot_;
      rows_[slot] = std::move(row);
      alive_[slot] = true;
    } else {
      rows_.push_back(std::move(row));
      alive_.push_back(true);
    }
    has_update_slot_ = false;
    slots.push_back(slot);
    ++live_;
  }
  return Status::OK();
}

std::vector<const FoldedRow*> ChangelogFold::Rows() const {
  std::vector<const FoldedRow*> live;
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (alive_[i]) live.push_back(&rows_[i]);
  }
  return live;
}

}  // namespace weir
