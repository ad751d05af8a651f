// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/group_aggregate.h"

#include <algorithm>
#include <numeric>

#include "weir/operator/output_queue.h"
#include "weir/state/batchwise_reader.h"
#include "weir/state/key_finder.h"
#include "weir/state/state_ttl.h"

namespace weir {
namespace {

// changed[i] becomes 1 where row old_rows[i] of `old_values` and row new_rows[i] of `new_values`
// differ.
void MarkChanged(const Column& old_values, const std::vector<int32_t>& old_rows,
                 const Column& new_values, const std::vector<int32_t>& new_rows,
                 std::vector<uint8_t>* changed) {
  bool plain = old_values.is_flat() && new_values.is_flat() && !old_values.may_have_nulls() &&
               !new_values.may_have_nulls() && !old_values.type.is_nested() &&
               old_values.type.value_width() == 8;
  if (plain && old_values.type.kind() == TypeKind::kDouble) {
    const auto* a = old_values.data<double>();
    const auto* b = new_values.data<double>();
    for (size_t i = 0; i < old_rows.size(); ++i) {
      double x = a[old_rows[i]], y = b[new_rows[i]];
      (*changed)[i] |= x != y && (x == x || y == y) ? 1 : 0;
    }
    return;
  }
  if (plain) {
    const auto* a = old_values.data<int64_t>();
    const auto* b = new_values.data<int64_t>();
    for (size_t i = 0; i < old_rows.size(); ++i)
      (*changed)[i] |= a[old_rows[i]] != b[new_rows[i]] ? 1 : 0;
    return;
  }
  for (size_t i = 0; i < old_rows.size(); ++i) {
    if ((*changed)[i] == 0 && !SameValue(old_values, old_rows[i], new_values, new_rows[i]))
      (*changed)[i] = 1;
  }
}

// Row rows[i] of `old_values` and, behind its end, of `new_values`.
Result<ColumnPtr> PickRows(const ColumnPtr& old_values, const ColumnPtr& new_values,
                           const std::vector<int32_t>& rows, arrow::MemoryPool* pool) {
  auto is_plain = [](const Column& column) {
    return column.is_flat() && !column.may_have_nulls() && !column.type.is_nested() &&
           column.type.value_width() == 8;
  };
  if (!is_plain(*old_values) || !is_plain(*new_values)) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr both, Concat({old_values, new_values}, pool));
    return Gather(both, rows, pool);
  }
  WEIR_ASSIGN_OR_RETURN(auto picked,
                        MakeFlatColumn(new_values->type, static_cast<int64_t>(rows.size()), pool));
  const auto* olds = old_values->data<int64_t>();
  const auto* news = new_values->data<int64_t>();
  auto* out = reinterpret_cast<int64_t*>(const_cast<uint8_t*>(picked->values->data()));
  const auto num_old = static_cast<int32_t>(old_values->length);
  for (size_t i = 0; i < rows.size(); ++i)
    out[i] = rows[i] < num_old ? olds[rows[i]] : news[rows[i] - num_old];
  return ColumnPtr(std::move(picked));
}

class GroupAggregate : public Operator {
 public:
  GroupAggregate(GroupAggregateSpec spec, OperatorContext& context)
      : spec_(std::move(spec)),
        context_(context),
        queue_(context),
        touched_(context.pool),
        row_counts_(context.pool),
        changed_millis_(context.pool) {
    for (int column : spec_.key_columns) key_types_.push_back(spec_.input[column].type);
    table_.emplace(key_types_, context.pool);
    finder_.emplace(&*table_, context.pool);
  }
  Status Init() {
    WEIR_ASSIGN_OR_RETURN(
        calls_, AggregateCalls::Make({spec_.input, spec_.calls, spec_.functions, spec_.config,
                                      spec_.input_may_retract, !spec_.key_columns.empty()},
                                     context_.pool));
    if (spec_.stage == AggregateStage::kGlobal && !calls_->unsplittable().empty()) {
      return Unsupported("two-phase aggregation of {}", calls_->unsplittable());
    }
    if (spec_.stage == AggregateStage::kGlobal && spec_.input_may_retract) {
      return Unsupported("two-phase aggregation of an input with -U or -D rows");
    }
    needs_old_ = spec_.generate_update_before || spec_.input_may_retract ||
                 (spec_.state_ttl_millis == 0 && !(calls_->always_changes()));
    return Status::OK();
  }

  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    WEIR_RETURN_NOT_OK(FindGroups(batch));
    if (spec_.emit == EmitMode::kAtEnd) {
      WEIR_ASSIGN_OR_RETURN(ChangedRows rows, CountRows(batch));
      WEIR_RETURN_NOT_OK(ApplyRows(batch, rows));
      return Progress::kDone;
    }
    WEIR_RETURN_NOT_OK(EmitNetChanges(batch));
    return queue_.Flush(out);
  }

  Result<Progress> OnWatermark(Watermark watermark, Output& out) override {
    if (watermark.millis == Watermark::kMax) WEIR_RETURN_NOT_OK(BeginFinalRows());
    final_watermark_ = watermark;
    return Continue(out);
  }
  Result<Progress> OnEnd(int, Output& out) override {
    WEIR_RETURN_NOT_OK(BeginFinalRows());
    return Continue(out);
  }
  Result<Progress> Continue(Output& out) override {
    while (true) {
      WEIR_ASSIGN_OR_RETURN(Progress progress, queue_.Flush(out));
      if (progress != Progress::kDone) return progress;
      if (final_position_ < final_slots_.size()) {
        WEIR_RETURN_NOT_OK(QueueFinalRows());
      } else if (final_watermark_.has_value()) {
        queue_.Add(*final_watermark_);
        final_watermark_.reset();
      } else {
        return Progress::kDone;
      }
    }
  }

  int64_t NextTimerMillis() const override {
    return spec_.state_ttl_millis > 0 && table_->size() > 0 ? next_sweep_millis_ : Watermark::kMax;
  }
  Result<Progress> OnTimer(int64_t now_millis, Output&) override {
    if (spec_.state_ttl_millis == 0 || now_millis < next_sweep_millis_) return Progress::kDone;
    std::vector<uint32_t> expired;
    for (uint32_t slot : table_->LiveSlots()) {
      if (changed_millis_[slot] + spec_.state_ttl_millis <= now_millis) expired.push_back(slot);
    }
    WEIR_RETURN_NOT_OK(Forget(expired));
    next_sweep_millis_ = now_millis + SweepMillis();
    return Progress::kDone;
  }

  Status Save(SnapshotWriter& snapshot) override;
  Status Restore(SnapshotReader& snapshot) override;

 private:
  // An expired group is gone for readers at once; its memory follows within a quarter of the TTL.
  int64_t SweepMillis() const { return std::max<int64_t>(1, spec_.state_ttl_millis / 4); }
  int64_t NowMillis() const { return context_.environment->clock->WallMicros() / 1000; }
  ColumnVector KeyColumns(const Batch& batch) const {
    ColumnVector keys;
    for (size_t i = 0; i < spec_.key_columns.size(); ++i) {
      keys.push_back(batch.columns[spec_.stage == AggregateStage::kGlobal
                                       ? i
                                       : static_cast<size_t>(spec_.key_columns[i])]);
    }
    return keys;
  }
  Status FindGroups(const Batch& batch);
  Status FindSlots(const ColumnVector& keys, int64_t num_rows, std::vector<uint32_t>* slots);
  Result<ChangedRows> CountRows(const Batch& batch);
  Status ApplyRows(const Batch& batch, ChangedRows rows);
  Status EmitNetChanges(const Batch& batch);
  Status ExpireTouched();
  Status QueueChanges(const ColumnVector& old_values, const ColumnVector& new_values);
  std::vector<uint8_t> ChangedGroups(const ColumnVector& old_values,
                                     const ColumnVector& new_values) const;
  Status QueueRows(std::vector<uint32_t> slots, const std::vector<int32_t>& rows, KindList* kinds,
                   const ColumnVector& old_values, const ColumnVector& new_values);
  Status Forget(const std::vector<uint32_t>& slots);
  Status BeginFinalRows();
  Status QueueFinalRows();
  Schema GroupSchema() const;

  GroupAggregateSpec spec_;
  OperatorContext& context_;
  OutputQueue queue_;
  std::vector<DataType> key_types_;
  std::optional<KeyedTable> table_;
  std::optional<KeyFinder> finder_;
  std::unique_ptr<AggregateCalls> calls_;
  TouchedSlots touched_;
  PoolVector<int64_t> row_counts_;      // Rows of each group; only where the input retracts.
  PoolVector<int64_t> changed_millis_;  // Only with a TTL.
  int64_t next_sweep_millis_ = 0;
  bool needs_old_ = true;
  // Final rows being put out.
  std::vector<uint32_t> final_slots_;
  size_t final_position_ = 0;
  std::optional<Watermark> final_watermark_;
  bool final_rows_done_ = false;
  // Of the batch at hand.
  std::vector<uint32_t> slots_;
  std::vector<int32_t> inserted_, accumulate_rows_, retract_rows_;
  std::vector<uint8_t> is_new_;  // By position in touched_.
  std::vector<uint32_t> old_slots_, new_slots_;
  std::vector<int32_t> old_positions_;  // By position in touched_: row of the old values, -1.
};

Status GroupAggregate::FindSlots(const ColumnVector& keys, int64_t num_rows,
                                 std::vector<uint32_t>* slots) {
  auto n = static_cast<size_t>(num_rows);
  slots->resize(n);
  inserted_.clear();
  if (n == 0) return Status::OK();
  if (keys.empty()) {
    uint64_t hash = 0;
    uint32_t slot = 0;
    WEIR_RETURN_NOT_OK(table_->FindOrInsert(keys, {&hash, 1}, &slot, &inserted_));
    std::fill(slots->begin(), slots->end(), slot);
  } else {
    WEIR_RETURN_NOT_OK(finder_->FindOrInsert(keys, num_rows, slots->data(), &inserted_));
  }
  int64_t num_slots = table_->num_slots();
  if (spec_.input_may_retract && num_slots > row_counts_.size())
    WEIR_RETURN_NOT_OK(row_counts_.Resize(num_slots));
  if (spec_.state_ttl_millis > 0 && num_slots > changed_millis_.size()) {
    WEIR_RETURN_NOT_OK(changed_millis_.Resize(num_slots));
  }
  return calls_->Resize(num_slots);
}

Status GroupAggregate::FindGroups(const Batch& batch) {
  return FindSlots(KeyColumns(batch), batch.num_rows, &slots_);
}

// Counts the rows of each group and drops retractions for groups that have none.
Result<ChangedRows> GroupAggregate::CountRows(const Batch& batch) {
  if (!spec_.input_may_retract) return ChangedRows{};
  if (batch.is_append_only()) {
    for (uint32_t slot : slots_) ++row_counts_[slot];
    return ChangedRows{};
  }
  accumulate_rows_.clear();
  retract_rows_.clear();
  for (int64_t i = 0; i < batch.num_rows; ++i) {
    int64_t& count = row_counts_[slots_[static_cast<size_t>(i)]];
    if (IsAccumulate(batch.kind(i))) {
      ++count;
      accumulate_rows_.push_back(static_cast<int32_t>(i));
    } else if (count > 0) {
      --count;
      retract_rows_.push_back(static_cast<int32_t>(i));
    }
  }
  return ChangedRows{&accumulate_rows_, &retract_rows_};
}

Status GroupAggregate::ApplyRows(const Batch& batch, ChangedRows rows) {
  if (spec_.stage == AggregateStage::kGlobal) {
    ColumnVector states(batch.columns.begin() + static_cast<int64_t>(key_types_.size()),
                        batch.columns.end());
    return calls_->MergeStates(slots_, states, batch.num_rows);
  }
  return calls_->Apply(batch, slots_, rows);
}

// Groups whose time is over are found as new ones.
Status GroupAggregate::ExpireTouched() {
  int64_t now = NowMillis();
  if (next_sweep_millis_ == 0) next_sweep_millis_ = now + SweepMillis();
  std::vector<uint32_t> expired;
  const std::vector<uint32_t>& touched = touched_.slots();
  for (size_t i = 0; i < touched.size(); ++i) {
    int64_t& changed = changed_millis_[touched[i]];
    if (is_new_[i] == 0 && changed + spec_.state_ttl_millis <= now) {
      is_new_[i] = 1;
      expired.push_back(touched[i]);
      if (spec_.input_may_retract) row_counts_[touched[i]] = 0;
    }
    changed = now;
  }
  return calls_->Reset(expired);
}

Status GroupAggregate::EmitNetChanges(const Batch& batch) {
  WEIR_RETURN_NOT_OK(touched_.Begin(table_->num_slots()));
  if (key_types_.empty()) {
    if (!slots_.empty()) touched_.Touch(slots_[0]);
  } else {
    for (uint32_t slot : slots_) touched_.Touch(slot);
  }
  const std::vector<uint32_t>& touched = touched_.slots();
  is_new_.assign(touched.size(), 0);
  for (int32_t row : inserted_) is_new_[touched_.position(slots_[static_cast<size_t>(row)])] = 1;
  if (spec_.state_ttl_millis > 0) WEIR_RETURN_NOT_OK(ExpireTouched());

  old_slots_.clear();
  old_positions_.assign(touched.size(), -1);
  if (needs_old_) {
    for (size_t i = 0; i < touched.size(); ++i) {
      if (is_new_[i] != 0) continue;
      old_positions_[i] = static_cast<int32_t>(old_slots_.size());
      old_slots_.push_back(touched[i]);
    }
  }
  ColumnVector old_values;
  if (!old_slots_.empty()) {
    WEIR_ASSIGN_OR_RETURN(old_values, calls_->Finish(old_slots_));
  }
  WEIR_ASSIGN_OR_RETURN(ChangedRows rows, CountRows(batch));
  WEIR_RETURN_NOT_OK(ApplyRows(batch, rows));
  new_slots_.clear();
  for (uint32_t slot : touched) {
    if (!spec_.input_may_retract || row_counts_[slot] > 0) new_slots_.push_back(slot);
  }
  WEIR_ASSIGN_OR_RETURN(ColumnVector new_values, calls_->Finish(new_slots_));
  WEIR_RETURN_NOT_OK(QueueChanges(old_values, new_values));
  if (new_slots_.size() == touched.size()) return Status::OK();
  std::vector<uint32_t> gone;
  for (uint32_t slot : touched) {
    if (row_counts_[slot] == 0) gone.push_back(slot);
  }
  return Forget(gone);
}

// By position in touched_: whether a group that was there and still is has another result.
std::vector<uint8_t> GroupAggregate::ChangedGroups(const ColumnVector& old_values,
                                                   const ColumnVector& new_values) const {
  const std::vector<uint32_t>& touched = touched_.slots();
  std::vector<uint8_t> changed(touched.size(), 1);
  if (spec_.state_ttl_millis > 0 || old_slots_.empty()) return changed;
  // Where a result counts all rows, every group touched has another one.
  if (calls_->always_changes()) return changed;
  std::vector<int32_t> old_rows, new_rows, positions;
  int32_t new_row = 0;
  for (size_t i = 0; i < touched.size(); ++i) {
    if (spec_.input_may_retract && row_counts_[touched[i]] == 0) continue;
    if (old_positions_[i] >= 0) {
      old_rows.push_back(old_positions_[i]);
      new_rows.push_back(new_row);
      positions.push_back(static_cast<int32_t>(i));
    }
    ++new_row;
  }
  std::vector<uint8_t> differs(positions.size(), 0);
  for (size_t k = 0; k < old_values.size(); ++k) {
    MarkChanged(*old_values[k], old_rows, *new_values[k], new_rows, &differs);
  }
  for (size_t i = 0; i < positions.size(); ++i)
    changed[static_cast<size_t>(positions[i])] = differs[i];
  return changed;
}

// Puts the changes of the touched groups in the queue: a row is a slot, a row of old_values (from
// 0) or of new_values (behind them), and a kind.
Status GroupAggregate::QueueChanges(const ColumnVector& old_values,
                                    const ColumnVector& new_values) {
  const std::vector<uint32_t>& touched = touched_.slots();
  std::vector<uint8_t> changed = ChangedGroups(old_values, new_values);
  auto num_old = static_cast<int32_t>(old_slots_.size());
  std::vector<uint32_t> slots;
  std::vector<int32_t> rows;
  KindList kinds;
  auto add = [&](uint32_t slot, int32_t row, RowKind kind) {
    slots.push_back(slot);
    rows.push_back(row);
    kinds.Add(kind);
  };
  int32_t new_row = num_old;
  for (size_t i = 0; i < touched.size(); ++i) {
    uint32_t slot = touched[i];
    bool gone = spec_.input_may_retract && row_counts_[slot] == 0;
    if (gone) {
      if (is_new_[i] == 0) add(slot, old_positions_[i], RowKind::kDelete);
      continue;
    }
    if (is_new_[i] != 0) {
      add(slot, new_row, RowKind::kInsert);
    } else if (changed[i] != 0) {
      if (spec_.generate_update_before) add(slot, old_positions_[i], RowKind::kUpdateBefore);
      add(slot, new_row, RowKind::kUpdateAfter);
    }
    ++new_row;
  }
  if (slots.empty()) return Status::OK();
  return QueueRows(std::move(slots), rows, &kinds, old_values, new_values);
}

Status GroupAggregate::QueueRows(std::vector<uint32_t> slots, const std::vector<int32_t>& rows,
                                 KindList* kinds, const ColumnVector& old_values,
                                 const ColumnVector& new_values) {
  Batch batch;
  batch.num_rows = static_cast<int64_t>(slots.size());
  WEIR_ASSIGN_OR_RETURN(batch.columns, table_->Keys(slots));
  auto num_old = static_cast<int32_t>(old_slots_.size());
  // All new rows in order, nothing else: no need to gather.
  bool only_new = num_old == 0 && rows.size() == new_slots_.size();
  for (size_t k = 0; k < new_values.size(); ++k) {
    ColumnPtr column = new_values[k];
    if (!only_new) {
      WEIR_ASSIGN_OR_RETURN(column, num_old > 0
                                        ? PickRows(old_values[k], column, rows, context_.pool)
                                        : Gather(column, rows, context_.pool));
    }
    batch.columns.push_back(std::move(column));
  }
  WEIR_ASSIGN_OR_RETURN(batch.row_kinds, kinds->Finish(context_.pool));
  return queue_.Add(std::move(batch));
}

Status GroupAggregate::Forget(const std::vector<uint32_t>& slots) {
  if (slots.empty()) return Status::OK();
  table_->MarkChanged(slots);
  WEIR_RETURN_NOT_OK(calls_->Reset(slots));
  if (spec_.input_may_retract) {
    for (uint32_t slot : slots) row_counts_[slot] = 0;
  }
  return table_->Erase(slots);
}

Status GroupAggregate::BeginFinalRows() {
  if (spec_.emit != EmitMode::kAtEnd || final_rows_done_) return Status::OK();
  final_rows_done_ = true;
  if (key_types_.empty() && context_.subtask == 0) {
    // An aggregate without keys has a row whatever came.
    std::vector<uint32_t> slot;
    WEIR_RETURN_NOT_OK(FindSlots({}, 1, &slot));
    final_slots_ = slot;
    return Status::OK();
  }
  final_slots_ = table_->LiveSlots();
  if (spec_.input_may_retract) {
    std::erase_if(final_slots_, [&](uint32_t slot) { return row_counts_[slot] == 0; });
  }
  return Status::OK();
}

Status GroupAggregate::QueueFinalRows() {
  size_t count =
      std::min(static_cast<size_t>(context_.batch_rows_max), final_slots_.size() - final_position_);
  std::span<const uint32_t> slots(final_slots_.data() + final_position_, count);
  final_position_ += count;
  Batch batch;
  batch.num_rows = static_cast<int64_t>(count);
  WEIR_ASSIGN_OR_RETURN(batch.columns, table_->Keys(slots));
  WEIR_ASSIGN_OR_RETURN(ColumnVector values, calls_->Finish(slots));
  batch.columns.insert(batch.columns.end(), values.begin(), values.end());
  return queue_.Add(std::move(batch));
}

Schema GroupAggregate::GroupSchema() const {
  Schema schema;
  AppendFields("k", key_types_, &schema);
  if (spec_.input_may_retract) schema.fields.push_back({"rows", DataType::BigInt().NotNull()});
  schema.fields.push_back({"changed", DataType::BigInt().NotNull()});
  AppendFields("s", calls_->state_types(), &schema);
  return schema;
}

Status GroupAggregate::Save(SnapshotWriter& snapshot) {
  std::vector<int> key_columns = ColumnRange(0, key_types_.size());
  auto columns_of = [this](std::span<const uint32_t> slots) -> Result<ColumnVector> {
    WEIR_ASSIGN_OR_RETURN(ColumnVector columns, table_->Keys(slots));
    if (spec_.input_may_retract) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr rows, NumbersOf(row_counts_, slots, context_.pool));
      columns.push_back(std::move(rows));
    }
    // Without a TTL a column of zeros, so that switching it on later costs no state.
    ColumnPtr changed;
    if (spec_.state_ttl_millis > 0) {
      WEIR_ASSIGN_OR_RETURN(changed, NumbersOf(changed_millis_, slots, context_.pool));
    } else {
      WEIR_ASSIGN_OR_RETURN(changed, StateTtl(0, context_.pool).Column(slots, context_.pool));
    }
    columns.push_back(std::move(changed));
    WEIR_ASSIGN_OR_RETURN(ColumnVector states, calls_->States(slots));
    columns.insert(columns.end(), states.begin(), states.end());
    return columns;
  };
  WEIR_RETURN_NOT_OK(table_->Save(snapshot, {"groups", GroupSchema(), columns_of, key_columns}));
  return calls_->SaveDistinct(
      snapshot, key_types_, [this](std::span<const uint32_t> slots) { return table_->Keys(slots); },
      key_columns);
}

Status GroupAggregate::Restore(SnapshotReader& snapshot) {
  auto expect = [&](int64_t num_groups) -> Status {
    WEIR_RETURN_NOT_OK(table_->Reserve(num_groups));
    return calls_->Resize(num_groups);
  };
  auto take = [&](const Batch& batch) -> Status {
    auto next = batch.columns.begin() + static_cast<int64_t>(key_types_.size());
    WEIR_RETURN_NOT_OK(
        FindSlots(ColumnVector(batch.columns.begin(), next), batch.num_rows, &slots_));
    auto restore_numbers = [&](PoolVector<int64_t>* numbers) {
      for (int64_t i = 0; i < batch.num_rows; ++i) {
        (*numbers)[slots_[static_cast<size_t>(i)]] = (*next)->At<int64_t>(i);
      }
      ++next;
    };
    if (spec_.input_may_retract) restore_numbers(&row_counts_);
    if (spec_.state_ttl_millis > 0) {
      restore_numbers(&changed_millis_);
      for (uint32_t slot : slots_) {
        if (changed_millis_[slot] == 0) changed_millis_[slot] = NowMillis();
      }
    } else {
      ++next;
    }
    return calls_->MergeStates(slots_, ColumnVector(next, batch.columns.end()), batch.num_rows);
  };
  WEIR_RETURN_NOT_OK(ReadBatches(snapshot, "groups", GroupSchema(), expect, take));
  return calls_->RestoreDistinct(
      snapshot, key_types_,
      [&](const ColumnVector& keys, int64_t num_rows, std::vector<uint32_t>* slots) {
        return FindSlots(keys, num_rows, slots);
      });
}

}  // namespace

Result<std::unique_ptr<Operator>> MakeGroupAggregate(GroupAggregateSpec spec,
                                                     OperatorContext& context) {
  if (spec.stage == AggregateStage::kLocal) return MakeLocalAggregate(std::move(spec), context);
  auto aggregate = std::make_unique<GroupAggregate>(std::move(spec), context);
  WEIR_RETURN_NOT_OK(aggregate->Init());
  return std::unique_ptr<Operator>(std::move(aggregate));
}

Result<std::vector<DataType>> GroupAggregateTypes(const GroupAggregateSpec& spec,
                                                  arrow::MemoryPool* pool) {
  std::vector<DataType> types;
  for (int column : spec.key_columns) types.push_back(spec.input[column].type);
  WEIR_ASSIGN_OR_RETURN(auto calls,
                        AggregateCalls::Make({spec.input, spec.calls, spec.functions, spec.config,
                                              spec.input_may_retract, !spec.key_columns.empty()},
                                             pool));
  const std::vector<DataType>& more =
      spec.stage == AggregateStage::kLocal ? calls->state_types() : calls->result_types();
  types.insert(types.end(), more.begin(), more.end());
  return types;
}

}  // namespace weir
