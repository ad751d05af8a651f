// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include <numeric>

#include "weir/operator/group_aggregate.h"
#include "weir/operator/output_queue.h"

namespace weir {
namespace {

// Groups that a batch query keeps before it passes them on: about what stays in a core's own cache.
constexpr int64_t kLocalGroupsMax = 32 << 10;
// How many rows are looked at before grouping is given up, and after how many more it is tried
// again.
constexpr int64_t kTrialRows = 16 << 10;
constexpr int64_t kBypassRows = 1 << 20;

class LocalAggregate : public Operator {
 public:
  LocalAggregate(GroupAggregateSpec spec, OperatorContext& context)
      : spec_(std::move(spec)), context_(context), queue_(context) {
    for (int column : spec_.key_columns) key_types_.push_back(spec_.input[column].type);
    table_.emplace(key_types_, context.pool);
  }
  Status Init() {
    WEIR_ASSIGN_OR_RETURN(
        calls_, AggregateCalls::Make({spec_.input, spec_.calls, spec_.functions, spec_.config,
                                      false, !spec_.key_columns.empty()},
                                     context_.pool));
    if (!calls_->unsplittable().empty()) {
      return Unsupported("two-phase aggregation of {}", calls_->unsplittable());
    }
    return Status::OK();
  }

  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    auto n = static_cast<size_t>(batch.num_rows);
    slots_.resize(n);
    ColumnVector keys;
    for (int column : spec_.key_columns) keys.push_back(batch.columns[static_cast<size_t>(column)]);
    if (bypass_rows_ > 0) {
      bypass_rows_ -= batch.num_rows;
      std::iota(slots_.begin(), slots_.end(), 0);
      WEIR_RETURN_NOT_OK(calls_->Resize(batch.num_rows));
      WEIR_RETURN_NOT_OK(calls_->Apply(batch, slots_, {}));
      WEIR_ASSIGN_OR_RETURN(ColumnVector states, calls_->States(slots_));
      WEIR_RETURN_NOT_OK(calls_->Reset(slots_));
      WEIR_RETURN_NOT_OK(Queue(batch.num_rows, std::move(keys), states));
      return queue_.Flush(out);
    }
    WEIR_RETURN_NOT_OK(HashKeys(keys, batch.num_rows, &hashes_));
    WEIR_RETURN_NOT_OK(table_->FindOrInsert(keys, hashes_, slots_.data(), nullptr));
    WEIR_RETURN_NOT_OK(calls_->Resize(table_->num_slots()));
    WEIR_RETURN_NOT_OK(calls_->Apply(batch, slots_, {}));
    trial_rows_ += batch.num_rows;
    if (spec_.emit == EmitMode::kChanges || table_->size() >= kLocalGroupsMax)
      WEIR_RETURN_NOT_OK(PassOn());
    return queue_.Flush(out);
  }

  Result<Progress> OnWatermark(Watermark watermark, Output& out) override {
    if (watermark.millis == Watermark::kMax) WEIR_RETURN_NOT_OK(PassOn());
    queue_.Add(watermark);
    return queue_.Flush(out);
  }
  Result<Progress> OnEnd(int, Output& out) override {
    WEIR_RETURN_NOT_OK(PassOn());
    return queue_.Flush(out);
  }
  Result<Progress> Continue(Output& out) override { return queue_.Flush(out); }

  Status Save(SnapshotWriter& snapshot) override {
    return SaveSlots(
        snapshot, "groups", GroupSchema(), table_->LiveSlots(),
        [&](std::span<const uint32_t> slots) -> Result<ColumnVector> {
          WEIR_ASSIGN_OR_RETURN(ColumnVector columns, table_->Keys(slots));
          WEIR_ASSIGN_OR_RETURN(ColumnVector states, calls_->States(slots));
          columns.insert(columns.end(), states.begin(), states.end());
          return columns;
        },
        ColumnRange(0, key_types_.size()));
  }
  Status Restore(SnapshotReader& snapshot) override {
    WEIR_ASSIGN_OR_RETURN(std::vector<Batch> batches, snapshot.Read("groups", GroupSchema()));
    for (const Batch& batch : batches) {
      auto n = static_cast<size_t>(batch.num_rows);
      slots_.resize(n);
      auto first_state = batch.columns.begin() + static_cast<int64_t>(key_types_.size());
      ColumnVector keys(batch.columns.begin(), first_state);
      WEIR_RETURN_NOT_OK(HashKeys(keys, batch.num_rows, &hashes_));
      WEIR_RETURN_NOT_OK(table_->FindOrInsert(keys, hashes_, slots_.data(), nullptr));
      WEIR_RETURN_NOT_OK(calls_->Resize(table_->num_slots()));
      WEIR_RETURN_NOT_OK(calls_->MergeStates(slots_, ColumnVector(first_state, batch.columns.end()),
                                             batch.num_rows));
    }
    return Status::OK();
  }

 private:
  Schema GroupSchema() const {
    Schema schema;
    AppendFields("k", key_types_, &schema);
    AppendFields("s", calls_->state_types(), &schema);
    return schema;
  }
  Status Queue(int64_t num_rows, ColumnVector keys, const ColumnVector& states) {
    Batch batch;
    batch.num_rows = num_rows;
    batch.columns = std::move(keys);
    batch.columns.insert(batch.columns.end(), states.begin(), states.end());
    return queue_.Add(std::move(batch));
  }
  Status PassOn() {
    if (table_->size() == 0) return Status::OK();
    std::vector<uint32_t> slots = table_->LiveSlots();
    trial_groups_ += table_->size();
    if (trial_rows_ >= kTrialRows) {
      if (trial_groups_ * 10 > trial_rows_ * 8 && !key_types_.empty()) bypass_rows_ = kBypassRows;
      trial_rows_ = trial_groups_ = 0;
    }
    auto rows_max = static_cast<size_t>(context_.batch_rows_max);
    for (size_t begin = 0; begin < slots.size(); begin += rows_max) {
      std::span<const uint32_t> some(slots.data() + begin,
                                     std::min(rows_max, slots.size() - begin));
      WEIR_ASSIGN_OR_RETURN(ColumnVector keys, table_->Keys(some));
      WEIR_ASSIGN_OR_RETURN(ColumnVector states, calls_->States(some));
      WEIR_RETURN_NOT_OK(Queue(static_cast<int64_t>(some.size()), std::move(keys), states));
    }
    WEIR_RETURN_NOT_OK(calls_->Reset(slots));
    return table_->Clear();
  }

  GroupAggregateSpec spec_;
  OperatorContext& context_;
  OutputQueue queue_;
  std::vector<DataType> key_types_;
  std::unique_ptr<AggregateCalls> calls_;
  std::optional<KeyedTable> table_;
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> slots_;
  int64_t trial_rows_ = 0;
  int64_t trial_groups_ = 0;
  int64_t bypass_rows_ = 0;
};

}  // namespace

Result<std::unique_ptr<Operator>> MakeLocalAggregate(GroupAggregateSpec spec,
                                                     OperatorContext& context) {
  if (spec.input_may_retract)
    return Unsupported("two-phase aggregation of an input with -U or -D rows");
  auto aggregate = std::make_unique<LocalAggregate>(std::move(spec), context);
  WEIR_RETURN_NOT_OK(aggregate->Init());
  return std::unique_ptr<Operator>(std::move(aggregate));
}

}  // namespace weir
