// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/sort.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "weir/state/keyed_table.h"

namespace weir {
namespace {

// With FETCH, rows beyond this many times those wanted (and beyond a fair batch) are thrown away
// early.
constexpr int64_t kPruneFactor = 4;
constexpr int64_t kPruneRowsMin = 1 << 16;

/// Takes the rows away that later rows retract: row by row, the last equal row before goes.
Result<Batch> WithoutRetracted(const Batch& batch, arrow::MemoryPool* pool) {
  std::vector<uint64_t> hashes(static_cast<size_t>(batch.num_rows));
  WEIR_RETURN_NOT_OK(HashColumns(batch.columns, batch.num_rows, hashes.data()));
  std::unordered_map<uint64_t, std::vector<int32_t>> alive;
  std::vector<bool> kept(static_cast<size_t>(batch.num_rows));
  auto same = [&](int64_t a, int64_t b) {
    return std::all_of(batch.columns.begin(), batch.columns.end(),
                       [&](const ColumnPtr& column) { return SameValue(*column, a, *column, b); });
  };
  for (int64_t i = 0; i < batch.num_rows; ++i) {
    std::vector<int32_t>& rows = alive[hashes[static_cast<size_t>(i)]];
    if (IsAccumulate(batch.kind(i))) {
      rows.push_back(static_cast<int32_t>(i));
      kept[static_cast<size_t>(i)] = true;
      continue;
    }
    auto found =
        std::find_if(rows.rbegin(), rows.rend(), [&](int32_t row) { return same(row, i); });
    if (found == rows.rend()) continue;  // Nothing to take away.
    kept[static_cast<size_t>(*found)] = false;
    rows.erase(std::next(found).base());
  }
  std::vector<int32_t> rows;
  for (size_t i = 0; i < kept.size(); ++i) {
    if (kept[i]) rows.push_back(static_cast<int32_t>(i));
  }
  Batch inserts = batch;
  inserts.row_kinds = nullptr;
  return GatherBatch(inserts, rows, pool);
}

class SortOperator : public Operator {
 public:
  SortOperator(SortSpec spec, OperatorContext& context)
      : spec_(std::move(spec)), context_(context) {}

  Result<Progress> OnBatch(int, const Batch& batch, Output&) override {
    if (num_rows_ + batch.num_rows > std::numeric_limits<int32_t>::max()) {
      return ResourceExhausted("one sort holds at most {} rows",
                               std::numeric_limits<int32_t>::max());
    }
    batches_.push_back(batch);
    num_rows_ += batch.num_rows;
    changes_ = changes_ || !batch.is_append_only();
    int64_t wanted = Wanted();
    if (wanted >= 0 && !changes_ && num_rows_ > std::max(wanted * kPruneFactor, kPruneRowsMin)) {
      WEIR_RETURN_NOT_OK(SortRows(wanted));
      WEIR_ASSIGN_OR_RETURN(Batch pruned, GatherBatch(sorted_, order_, context_.pool));
      num_rows_ = pruned.num_rows;
      batches_ = {std::move(pruned)};
      is_rewritten_ = true;
    }
    return Progress::kDone;
  }

  Result<Progress> OnWatermark(Watermark watermark, Output& out) override {
    // The last watermark follows the rows: the runtime sends it at the end.
    if (watermark.millis != Watermark::kMax) WEIR_RETURN_NOT_OK(out.Emit(watermark));
    return Progress::kDone;
  }

  Result<Progress> OnEnd(int, Output& out) override {
    WEIR_RETURN_NOT_OK(SortRows(Wanted()));
    next_ = std::min(spec_.offset, static_cast<int64_t>(order_.size()));
    return Continue(out);
  }

  Result<Progress> OnBarrier(Output& out) override {
    if (spec_.stage != SortStage::kLocal || num_rows_ == 0) return Progress::kDone;
    WEIR_RETURN_NOT_OK(SortRows(Wanted()));
    num_rows_ = 0;
    next_ = 0;
    is_at_barrier_ = true;
    return Continue(out);
  }

  Result<Progress> Continue(Output& out) override {
    auto end = static_cast<int64_t>(order_.size());
    while (next_ < end) {
      if (!out.HasRoom()) return Progress::kMoreOutput;
      int64_t count = std::min(context_.batch_rows_max, end - next_);
      std::span<const int32_t> rows(order_.data() + next_, static_cast<size_t>(count));
      WEIR_ASSIGN_OR_RETURN(Batch batch, GatherBatch(sorted_, rows, context_.pool));
      WEIR_RETURN_NOT_OK(out.Emit(std::move(batch)));
      next_ += count;
    }
    sorted_ = Batch();
    order_.clear();
    if (std::exchange(is_at_barrier_, false)) return Progress::kDone;
    WEIR_RETURN_NOT_OK(out.Emit(Watermark{Watermark::kMax}));
    return Progress::kDone;
  }

  Status Save(SnapshotWriter& snapshot) override;
  Status Restore(SnapshotReader& snapshot) override;

 private:
  Schema StateSchema() const {
    Schema schema;  // Names of the query may change.
    AppendFields("c", TypesOf(spec_.input), &schema);
    schema.fields.push_back({"row_kind", DataType::TinyInt().NotNull()});
    return schema;
  }
  // Rows are saved by their position: a slot.
  Status SaveRows(const Batch& batch, int64_t position, SnapshotWriter& snapshot) const {
    WEIR_ASSIGN_OR_RETURN(
        auto kinds, MakeFlatColumn(DataType::TinyInt().NotNull(), batch.num_rows, context_.pool));
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      const_cast<uint8_t*>(kinds->values->data())[i] = static_cast<uint8_t>(batch.kind(i));
    }
    Batch rows = batch;
    rows.row_kinds = nullptr;
    rows.columns.push_back(std::move(kinds));
    std::vector<uint32_t> slots(static_cast<size_t>(batch.num_rows));
    std::iota(slots.begin(), slots.end(), static_cast<uint32_t>(position));
    // Rows have no key; equal hashes keep them together, and in order.
    std::vector<uint64_t> hashes(slots.size(), 0);
    return snapshot.WriteSlots("rows", StateSchema(), rows, hashes, slots);
  }
  /// Rows wanted from the front; below 0 all.
  int64_t Wanted() const {
    if (!spec_.fetch || *spec_.fetch > std::numeric_limits<int64_t>::max() / 8 - spec_.offset)
      return -1;
    return spec_.offset + *spec_.fetch;
  }
  Status SortRows(int64_t limit) {
    WEIR_ASSIGN_OR_RETURN(sorted_, ConcatBatches(batches_, spec_.input, context_.pool));
    batches_.clear();
    if (changes_) {
      WEIR_ASSIGN_OR_RETURN(sorted_, WithoutRetracted(sorted_, context_.pool));
    }
    sorted_.row_kinds = nullptr;
    WEIR_ASSIGN_OR_RETURN(order_, SortedRows(sorted_, spec_.columns, limit, context_.pool));
    return Status::OK();
  }

  SortSpec spec_;
  OperatorContext& context_;
  std::vector<Batch> batches_;
  int64_t num_rows_ = 0;
  // Of the last Save: how many rows it left in the state, and whether others have taken their
  // place.
  int64_t saved_rows_ = 0;
  bool is_rewritten_ = false;
  bool changes_ = false;
  Batch sorted_;
  std::vector<int32_t> order_;
  int64_t next_ = 0;
  bool is_at_barrier_ = false;
};

// Rows are only added, but for pruning: then all are written again.
Status SortOperator::Save(SnapshotWriter& snapshot) {
  if (spec_.stage == SortStage::kLocal) return Status::OK();
  int64_t first = snapshot.is_incremental() && !is_rewritten_ ? saved_rows_ : 0;
  int64_t position = 0;
  for (const Batch& batch : batches_) {
    // What an earlier snapshot holds ends with a batch.
    if (position >= first) WEIR_RETURN_NOT_OK(SaveRows(batch, position, snapshot));
    position += batch.num_rows;
  }
  if (snapshot.is_incremental() && position < saved_rows_) {
    std::vector<uint32_t> erased(static_cast<size_t>(saved_rows_ - position));
    std::iota(erased.begin(), erased.end(), static_cast<uint32_t>(position));
    WEIR_RETURN_NOT_OK(snapshot.EraseSlots("rows", erased));
  }
  saved_rows_ = position;
  is_rewritten_ = false;
  return Status::OK();
}

Status SortOperator::Restore(SnapshotReader& snapshot) {
  if (spec_.stage == SortStage::kLocal) return Status::OK();
  WEIR_ASSIGN_OR_RETURN(auto batches, snapshot.Read("rows", StateSchema()));
  for (Batch& batch : batches) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr kinds, Flatten(batch.columns.back(), context_.pool));
    batch.columns.pop_back();
    bool changes = false;
    for (int64_t i = 0; i < batch.num_rows; ++i) changes = changes || kinds->data<int8_t>()[i] != 0;
    if (changes) batch.row_kinds = kinds->values;
    changes_ = changes_ || changes;
    num_rows_ += batch.num_rows;
    batches_.push_back(std::move(batch));
  }
  return Status::OK();
}

}  // namespace

Result<std::unique_ptr<Operator>> MakeSort(SortSpec spec, OperatorContext& context) {
  for (const SortColumn& column : spec.columns) {
    const DataType& type = spec.input[column.column].type;
    if (!IsSortable(type)) return Unsupported("sorting by {} is not supported", type.ToString());
  }
  return std::make_unique<SortOperator>(std::move(spec), context);
}

}  // namespace weir
