// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "row_store.h"

#include <algorithm>

namespace weir {

RowStore::RowStore(const QueryResult& result, const TimeZone* zone, int64_t rows_max)
    : zone_(zone),
      append_only_(result.changes().append_only()),
      head_max_(rows_max - rows_max / 2),
      tail_max_(rows_max / 2),
      fold_(result.upsert_key(), TextStyle::kDisplay, zone) {}

Status RowStore::Add(const Batch& batch) {
  return append_only_ ? AddAppended(batch) : fold_.Add(batch);
}

Status RowStore::AddAppended(const Batch& batch) {
  bool limited = head_max_ > 0;
  for (int64_t row = 0; row < batch.num_rows; ++row) {
    if (!limited || static_cast<int64_t>(head_.size()) < head_max_) {
      head_.push_back(RenderRow(batch, row, TextStyle::kDisplay, zone_));
      continue;
    }
    if (batch.num_rows - row > tail_max_)
      row = batch.num_rows - tail_max_;  // The rows between are never shown.
    if (row >= batch.num_rows) break;
    if (static_cast<int64_t>(tail_.size()) == tail_max_) tail_.pop_front();
    tail_.push_back(RenderRow(batch, row, TextStyle::kDisplay, zone_));
  }
  total_ += batch.num_rows;
  return Status::OK();
}

RowStore::View RowStore::AllRows() const {
  return Rows(std::numeric_limits<int64_t>::max() / 2, std::numeric_limits<int64_t>::max() / 2);
}

RowStore::View RowStore::Rows(int64_t head_max, int64_t tail_max) const {
  View view;
  if (append_only_) {
    for (const FoldedRow& row : head_) view.head.push_back(&row);
    for (const FoldedRow& row : tail_) view.tail.push_back(&row);
    view.omitted = total_ - static_cast<int64_t>(head_.size() + tail_.size());
  } else {
    view.head = fold_.Rows();
  }
  auto kept = static_cast<int64_t>(view.head.size() + view.tail.size());
  if (kept + std::min<int64_t>(view.omitted, 1) <= head_max + tail_max) return view;
  // Moves the cut: the head loses rows at its end, the tail at its front.
  std::vector<const FoldedRow*> all = std::move(view.head);
  if (view.omitted == 0) {
    all.insert(all.end(), view.tail.begin(), view.tail.end());
    view.tail.clear();
  }
  auto take_tail = [&](const std::vector<const FoldedRow*>& from) {
    int64_t count = std::min<int64_t>(tail_max, static_cast<int64_t>(from.size()));
    return std::vector<const FoldedRow*>(from.end() - count, from.end());
  };
  view.tail = take_tail(view.omitted == 0 ? all : view.tail);
  all.resize(static_cast<size_t>(std::min<int64_t>(head_max, static_cast<int64_t>(all.size()))));
  view.head = std::move(all);
  view.omitted = total() - static_cast<int64_t>(view.head.size() + view.tail.size());
  return view;
}

}  // namespace weir
