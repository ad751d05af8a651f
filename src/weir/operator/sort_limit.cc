// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/sort_limit.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "weir/operator/output_queue.h"
#include "weir/state/keyed_table.h"

namespace weir {
namespace {

constexpr int64_t kNoEnd = std::numeric_limits<int64_t>::max();

/// A row that is kept: a row of a shared batch.
struct KeptRow {
  std::shared_ptr<const Batch> batch;
  int32_t row = 0;
  uint32_t slot = 0;  // In snapshots; grows with the order of arrival.
};

bool SameRow(const KeptRow& a, const Batch& batch, int64_t row) {
  for (size_t i = 0; i < batch.columns.size(); ++i) {
    if (!SameValue(*a.batch->columns[i], a.row, *batch.columns[i], row)) return false;
  }
  return true;
}

/// Rows in order of key, then of arrival. Ranks are found by walking from the nearer end, so ranges
/// near the front (or the back) are cheap however many rows there are.
class RankedRows {
 public:
  using Map = std::map<std::string, std::deque<KeptRow>, std::less<>>;

  int64_t size() const { return size_; }
  const std::string* greatest_key() const {
    return rows_.empty() ? nullptr : &rows_.rbegin()->first;
  }

  /// Adds a row behind its equals; returns its rank, from 0, counted up to `rank_max` (not past it
  /// by walking).
  int64_t Add(std::string_view key, KeptRow row, int64_t rank_max) {
    auto at = rows_.find(key);
    if (at == rows_.end()) at = rows_.emplace(std::string(key), std::deque<KeptRow>()).first;
    at->second.push_back(std::move(row));
    ++size_;
    return RankOf(at, rank_max) + static_cast<int64_t>(at->second.size()) - 1;
  }
  /// Removes a row like row `row` of `batch`, the last to come; returns its rank, or -1 if there is
  /// none.
  int64_t Remove(std::string_view key, const Batch& batch, int64_t row, int64_t rank_max,
                 KeptRow* removed) {
    auto at = rows_.find(key);
    if (at == rows_.end()) return -1;
    std::deque<KeptRow>& equals = at->second;
    auto found = std::find_if(equals.rbegin(), equals.rend(),
                              [&](const KeptRow& kept) { return SameRow(kept, batch, row); });
    if (found == equals.rend()) return -1;
    int64_t rank = RankOf(at, rank_max) + (equals.rend() - found) - 1;
    *removed = *found;
    equals.erase(std::next(found).base());
    if (equals.empty()) rows_.erase(at);
    --size_;
    return rank;
  }
  uint32_t RemoveLast() {
    auto last = std::prev(rows_.end());
    uint32_t slot = last->second.back().slot;
    last->second.pop_back();
    if (last->second.empty()) rows_.erase(last);
    --size_;
    return slot;
  }
  /// The row of rank `rank`, which exists.
  const KeptRow& At(int64_t rank) const {
    if (rank >= size_ / 2) {
      int64_t behind = size_ - 1 - rank;
      for (auto at = rows_.rbegin();; ++at) {
        auto count = static_cast<int64_t>(at->second.size());
        if (behind < count) return at->second[static_cast<size_t>(count - 1 - behind)];
        behind -= count;
      }
    }
    for (auto at = rows_.begin();; ++at) {
      auto count = static_cast<int64_t>(at->second.size());
      if (rank < count) return at->second[static_cast<size_t>(rank)];
      rank -= count;
    }
  }
  Map& rows() { return rows_; }

 private:
  int64_t RankOf(Map::const_iterator at, int64_t rank_max) const {
    int64_t rank = 0;
    for (auto before = rows_.begin(); before != at && rank < rank_max; ++before) {
      rank += static_cast<int64_t>(before->second.size());
    }
    return rank;
  }

  Map rows_;
  int64_t size_ = 0;
};

class SortLimitOperator : public Operator {
 public:
  SortLimitOperator(SortLimitSpec spec, OperatorContext& context)
      : spec_(std::move(spec)), context_(context), queue_(context) {
    end_ =
        !spec_.fetch || *spec_.fetch > kNoEnd - spec_.offset ? kNoEnd : spec_.offset + *spec_.fetch;
  }

  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    if (end_ == 0) return Progress::kEnough;
    WEIR_ASSIGN_OR_RETURN(SortKeys keys, SortKeys::Make(batch, spec_.columns, context_.pool));
    std::vector<int32_t> kept;
    WEIR_ASSIGN_OR_RETURN(auto stored, Store(batch, keys, &kept));
    BatchBuilder changes(spec_.input, context_.pool);
    for (size_t i = 0; i < kept.size(); ++i) {
      int64_t row = kept[i];
      if (IsAccumulate(batch.kind(row))) {
        WEIR_RETURN_NOT_OK(Add(keys.key(row), {stored, static_cast<int32_t>(i), 0}, changes));
      } else {
        WEIR_RETURN_NOT_OK(Remove(keys.key(row), batch, row, changes));
      }
    }
    WEIR_ASSIGN_OR_RETURN(Batch result, changes.Finish());
    WEIR_RETURN_NOT_OK(queue_.Add(std::move(result)));
    return queue_.Flush(out);
  }
  Result<Progress> Continue(Output& out) override { return queue_.Flush(out); }

  Status Save(SnapshotWriter& snapshot) override;
  Status Restore(SnapshotReader& snapshot) override {
    WEIR_ASSIGN_OR_RETURN(auto batches, snapshot.Read("rows", RowSchema()));
    for (Batch& batch : batches) {
      WEIR_ASSIGN_OR_RETURN(SortKeys keys, SortKeys::Make(batch, spec_.columns, context_.pool));
      auto stored = std::make_shared<const Batch>(std::move(batch));
      for (int64_t i = 0; i < stored->num_rows; ++i)
        ranked_.Add(keys.key(i), {stored, static_cast<int32_t>(i), next_slot_++}, 0);
    }
    return Status::OK();
  }

 private:
  /// Whether a new row of this key cannot come into the range, nor ever will.
  bool IsBehind(std::string_view key) const {
    return spec_.changes == InputChanges::kAppendOnly && ranked_.size() >= end_ &&
           key >= *ranked_.greatest_key();
  }

  /// Copies the rows that matter, so that the input can be freed; fills `kept` with which they are.
  Result<std::shared_ptr<const Batch>> Store(const Batch& batch, const SortKeys& keys,
                                             std::vector<int32_t>* kept) const {
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      if (!IsBehind(keys.key(i))) kept->push_back(static_cast<int32_t>(i));
    }
    WEIR_ASSIGN_OR_RETURN(Batch stored, GatherBatch(batch, *kept, context_.pool));
    for (ColumnPtr& column : stored.columns) {
      WEIR_ASSIGN_OR_RETURN(column, Compact(column, context_.pool));
    }
    stored.row_kinds = nullptr;
    return std::make_shared<const Batch>(std::move(stored));
  }

  /// Ranks from here on are all the same: without an end, only the offset counts.
  int64_t RankMax() const { return end_ == kNoEnd ? spec_.offset : end_; }

  Status Change(const KeptRow& row, RowKind kind, BatchBuilder& changes) {
    return changes.AppendRowFrom(*row.batch, row.row, kind);
  }

  Status Add(std::string_view key, KeptRow row, BatchBuilder& changes) {
    if (IsBehind(key)) return Status::OK();  // The range has filled up within this batch.
    row.slot = next_slot_++;
    int64_t rank = ranked_.Add(key, row, RankMax());
    if (rank < end_) {
      if (ranked_.size() > end_ && end_ > spec_.offset) {
        WEIR_RETURN_NOT_OK(Change(ranked_.At(end_), RowKind::kDelete, changes));
      }
      if (rank >= spec_.offset) {
        WEIR_RETURN_NOT_OK(Change(row, RowKind::kInsert, changes));
      } else if (ranked_.size() > spec_.offset && end_ > spec_.offset) {
        WEIR_RETURN_NOT_OK(Change(ranked_.At(spec_.offset), RowKind::kInsert, changes));
      }
    }
    if (spec_.changes == InputChanges::kAppendOnly && ranked_.size() > end_)
      Erased(ranked_.RemoveLast());
    return Status::OK();
  }

  Status Remove(std::string_view key, const Batch& batch, int64_t row, BatchBuilder& changes) {
    KeptRow removed, left;
    // The first row of the range, which moves out of it when one before the range goes.
    if (ranked_.size() > spec_.offset) left = ranked_.At(spec_.offset);
    int64_t rank = ranked_.Remove(key, batch, row, RankMax(), &removed);
    if (rank >= 0) Erased(removed.slot);
    if (rank < 0 || rank >= end_ || end_ == spec_.offset) return Status::OK();
    if (rank >= spec_.offset) {
      WEIR_RETURN_NOT_OK(Change(removed, RowKind::kDelete, changes));
    } else if (left.batch != nullptr) {
      WEIR_RETURN_NOT_OK(Change(left, RowKind::kDelete, changes));
    }
    if (ranked_.size() >= end_)
      WEIR_RETURN_NOT_OK(Change(ranked_.At(end_ - 1), RowKind::kInsert, changes));
    return Status::OK();
  }

  Schema RowSchema() const {
    Schema schema;  // Names of the query may change.
    AppendFields("c", TypesOf(spec_.input), &schema);
    return schema;
  }
  void Erased(uint32_t slot) {
    if (slot < saved_slots_) erased_.push_back(slot);
  }

  SortLimitSpec spec_;
  OperatorContext& context_;
  int64_t end_;
  RankedRows ranked_;
  OutputQueue queue_;
  // Slots below saved_slots_ are in a snapshot; those of them in erased_ hold nothing any more.
  uint32_t next_slot_ = 0, saved_slots_ = 0;
  std::vector<uint32_t> erased_;
};

// A full snapshot numbers the rows anew, in their order, so that slots never run out.
Status SortLimitOperator::Save(SnapshotWriter& snapshot) {
  if (!snapshot.is_incremental()) next_slot_ = saved_slots_ = 0;
  struct Changed {
    uint32_t slot;
    const KeptRow* row;
  };
  std::vector<Changed> changed;
  for (auto& [key, rows] : ranked_.rows()) {
    for (KeptRow& row : rows) {
      if (!snapshot.is_incremental()) row.slot = next_slot_++;
      if (row.slot >= saved_slots_) changed.push_back({row.slot, &row});
    }
  }
  std::sort(changed.begin(), changed.end(),
            [](const Changed& a, const Changed& b) { return a.slot < b.slot; });
  BatchBuilder builder(spec_.input, context_.pool);
  std::vector<uint32_t> slots;
  auto write = [&]() -> Status {
    WEIR_ASSIGN_OR_RETURN(Batch rows, builder.Finish());
    // Rows have no key; equal hashes keep them together, and in order.
    std::vector<uint64_t> hashes(slots.size(), 0);
    WEIR_RETURN_NOT_OK(snapshot.WriteSlots("rows", RowSchema(), rows, hashes, slots));
    slots.clear();
    return Status::OK();
  };
  for (const Changed& one : changed) {
    WEIR_RETURN_NOT_OK(builder.AppendRowFrom(*one.row->batch, one.row->row, RowKind::kInsert));
    slots.push_back(one.slot);
    if (static_cast<int64_t>(slots.size()) == kSnapshotRowsMax) WEIR_RETURN_NOT_OK(write());
  }
  if (!slots.empty()) WEIR_RETURN_NOT_OK(write());
  if (snapshot.is_incremental()) WEIR_RETURN_NOT_OK(snapshot.EraseSlots("rows", erased_));
  erased_.clear();
  saved_slots_ = next_slot_;
  return Status::OK();
}

}  // namespace

Result<std::unique_ptr<Operator>> MakeSortLimit(SortLimitSpec spec, OperatorContext& context) {
  for (const SortColumn& column : spec.columns) {
    const DataType& type = spec.input[column.column].type;
    if (!IsSortable(type)) return Unsupported("sorting by {} is not supported", type.ToString());
  }
  return std::make_unique<SortLimitOperator>(std::move(spec), context);
}

}  // namespace weir
