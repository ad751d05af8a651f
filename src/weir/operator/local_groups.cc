// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/local_groups.h"

#include <algorithm>
#include <numeric>

namespace weir {
namespace {

// Groups kept before they are passed on: about what stays in a core's own cache.
constexpr int64_t kLocalGroupsMax = 32 << 10;
// How many rows are looked at before grouping is given up, and after how many more it is tried
// again.
constexpr int64_t kTrialRows = 16 << 10;
constexpr int64_t kBypassRows = 1 << 20;

Status QueueStates(int64_t num_rows, ColumnVector keys, const ColumnVector& states,
                   OutputQueue* queue) {
  Batch batch;
  batch.num_rows = num_rows;
  batch.columns = std::move(keys);
  batch.columns.insert(batch.columns.end(), states.begin(), states.end());
  return queue->Add(std::move(batch));
}

}  // namespace

Result<std::unique_ptr<LocalGroups>> LocalGroups::Make(const GroupAggregateSpec& spec,
                                                       OperatorContext& context) {
  if (spec.input_may_retract)
    return Unsupported("two-phase aggregation of an input with -U or -D rows");
  std::vector<DataType> key_types;
  for (int column : spec.key_columns) key_types.push_back(spec.input[column].type);
  std::unique_ptr<LocalGroups> groups(new LocalGroups(spec, std::move(key_types), context));
  WEIR_ASSIGN_OR_RETURN(groups->calls_,
                        AggregateCalls::Make({spec.input, spec.calls, spec.functions, spec.config,
                                              false, !spec.key_columns.empty()},
                                             context.pool));
  if (!groups->calls_->unsplittable().empty())
    return Unsupported("two-phase aggregation of {}", groups->calls_->unsplittable());
  return groups;
}

bool LocalGroups::is_full() const { return table_.size() >= kLocalGroupsMax; }

Status LocalGroups::FindGroups(const ColumnVector& keys, int64_t num_rows) {
  slots_.resize(static_cast<size_t>(num_rows));
  if (keys.empty()) {
    uint64_t hash = 0;
    uint32_t slot = 0;
    WEIR_RETURN_NOT_OK(table_.FindOrInsert(keys, {&hash, 1}, &slot, nullptr));
    std::fill(slots_.begin(), slots_.end(), slot);
  } else {
    WEIR_RETURN_NOT_OK(finder_.FindOrInsert(keys, num_rows, slots_.data(), nullptr));
  }
  return calls_->Resize(table_.num_slots());
}

Status LocalGroups::Add(const Batch& batch, OutputQueue* queue) {
  if (batch.num_rows == 0) return Status::OK();
  ColumnVector keys;
  for (int column : key_columns_) keys.push_back(batch.columns[static_cast<size_t>(column)]);
  if (bypass_rows_ > 0) return ConvertRows(batch, std::move(keys), queue);
  WEIR_RETURN_NOT_OK(FindGroups(keys, batch.num_rows));
  trial_rows_ += batch.num_rows;
  return calls_->Apply(batch, slots_, {});
}

Status LocalGroups::ConvertRows(const Batch& batch, ColumnVector keys, OutputQueue* queue) {
  bypass_rows_ -= batch.num_rows;
  slots_.resize(static_cast<size_t>(batch.num_rows));
  std::iota(slots_.begin(), slots_.end(), 0);
  WEIR_RETURN_NOT_OK(calls_->Resize(batch.num_rows));
  WEIR_RETURN_NOT_OK(calls_->Apply(batch, slots_, {}));
  WEIR_ASSIGN_OR_RETURN(ColumnVector states, calls_->States(slots_));
  WEIR_RETURN_NOT_OK(calls_->Reset(slots_));
  return QueueStates(batch.num_rows, std::move(keys), states, queue);
}

Status LocalGroups::PassOn(OutputQueue* queue) {
  if (empty()) return Status::OK();
  std::vector<uint32_t> slots = table_.LiveSlots();
  trial_groups_ += table_.size();
  if (trial_rows_ >= kTrialRows) {
    if (trial_groups_ * 10 > trial_rows_ * 8 && !key_types_.empty()) bypass_rows_ = kBypassRows;
    trial_rows_ = trial_groups_ = 0;
  }
  auto rows_max = static_cast<size_t>(context_.batch_rows_max);
  for (size_t begin = 0; begin < slots.size(); begin += rows_max) {
    std::span<const uint32_t> some(slots.data() + begin, std::min(rows_max, slots.size() - begin));
    WEIR_ASSIGN_OR_RETURN(ColumnVector keys, table_.Keys(some));
    WEIR_ASSIGN_OR_RETURN(ColumnVector states, calls_->States(some));
    WEIR_RETURN_NOT_OK(
        QueueStates(static_cast<int64_t>(some.size()), std::move(keys), states, queue));
  }
  WEIR_RETURN_NOT_OK(calls_->Reset(slots));
  return table_.Clear();
}

Schema LocalGroups::GroupSchema() const {
  Schema schema;
  AppendFields("k", key_types_, &schema);
  AppendFields("s", calls_->state_types(), &schema);
  return schema;
}

Status LocalGroups::Save(SnapshotWriter& snapshot) {
  auto columns_of = [this](std::span<const uint32_t> slots) -> Result<ColumnVector> {
    WEIR_ASSIGN_OR_RETURN(ColumnVector columns, table_.Keys(slots));
    WEIR_ASSIGN_OR_RETURN(ColumnVector states, calls_->States(slots));
    columns.insert(columns.end(), states.begin(), states.end());
    return columns;
  };
  return SaveSlots(snapshot,
                   {"groups", GroupSchema(), columns_of, ColumnRange(0, key_types_.size())},
                   table_.LiveSlots());
}

Status LocalGroups::Restore(SnapshotReader& snapshot) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Batch> batches, snapshot.Read("groups", GroupSchema()));
  for (const Batch& batch : batches) {
    auto first_state = batch.columns.begin() + static_cast<int64_t>(key_types_.size());
    if (batch.num_rows == 0) continue;
    WEIR_RETURN_NOT_OK(
        FindGroups(ColumnVector(batch.columns.begin(), first_state), batch.num_rows));
    WEIR_RETURN_NOT_OK(calls_->MergeStates(slots_, ColumnVector(first_state, batch.columns.end()),
                                           batch.num_rows));
  }
  return Status::OK();
}

}  // namespace weir
