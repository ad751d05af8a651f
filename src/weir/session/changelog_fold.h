// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Folds a changelog into the rows that remain: what a table view shows and what tests compare.
//   +I a 1   -U a 1   +U a 2   +I b 5   -D b 5     ->   a 2
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "weir/data/batch.h"
#include "weir/data/text.h"

namespace weir {

/// One row as text, cell by cell. NULL cells are marked, since a string may read "NULL" too.
struct FoldedRow {
  std::vector<std::string> cells;
  std::vector<bool> nulls;
};

/// The cells of row `row` of `batch`.
FoldedRow RenderRow(const Batch& batch, int64_t row, TextStyle style, const TimeZone* zone);

class ChangelogFold {
 public:
  /// `upsert_key`: columns that identify a row when -U rows are missing; empty: rows are identified
  /// by all cells.
  ChangelogFold(std::vector<int> upsert_key, TextStyle style, const TimeZone* zone)
      : upsert_key_(std::move(upsert_key)), style_(style), zone_(zone) {}

  /// Errors: kInternal when a row is taken away that is not there (the changelog is wrong).
  Status Add(const Batch& batch);
  /// The rows that remain, in the order in which they were added (an updated row keeps its place).
  std::vector<const FoldedRow*> Rows() const;
  int64_t size() const { return live_; }

 private:
  std::string KeyOf(const FoldedRow& row) const;

  std::vector<int> upsert_key_;
  TextStyle style_;
  const TimeZone* zone_;
  std::vector<FoldedRow> rows_;  // Slots; dead ones have no cells and are marked.
  std::vector<bool> alive_;
  std::unordered_map<std::string, std::vector<size_t>> places_;  // Key -> live slots.
  size_t update_slot_ = 0;  // Slot freed by the last -U, reused by the next +U.
  bool has_update_slot_ = false;
  int64_t live_ = 0;
};

}  // namespace weir
