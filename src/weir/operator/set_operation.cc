// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/set_operation.h"

#include <algorithm>

#include "weir/operator/output_queue.h"
#include "weir/state/state_ttl.h"

namespace weir {
namespace {

class SetOperation : public Operator {
 public:
  SetOperation(SetOperationSpec spec, OperatorContext& context)
      : spec_(std::move(spec)),
        context_(context),
        queue_(context),
        types_(TypesOf(spec_.input)),
        table_(types_, context.pool),
        counts_{PoolVector<int64_t>(context.pool), PoolVector<int64_t>(context.pool)},
        ttl_(spec_.state_ttl_millis, context.pool),
        touched_(context.pool) {}

  Result<Progress> OnBatch(int input, const Batch& batch, Output& out) override {
    WEIR_RETURN_NOT_OK(FindRows(batch.columns, batch.num_rows));
    if (spec_.emit == EmitMode::kAtEnd) {
      Count(input, batch);
      return Progress::kDone;
    }
    WEIR_RETURN_NOT_OK(touched_.Begin(table_.num_slots()));
    int64_t now = ttl_.is_on() ? context_.environment->clock->WallMicros() / 1000 : 0;
    std::vector<int64_t> before;
    for (uint32_t slot : slots_) {
      if (!touched_.Touch(slot)) continue;
      if (ttl_.IsExpired(slot, now)) counts_[0][slot] = counts_[1][slot] = 0;
      ttl_.Write(slot, now);
      before.push_back(Times(slot));
    }
    Count(input, batch);
    std::vector<uint32_t> out_slots, unused;
    KindList kinds;
    for (size_t i = 0; i < touched_.slots().size(); ++i) {
      uint32_t slot = touched_.slots()[i];
      int64_t change = Times(slot) - before[i];
      out_slots.insert(out_slots.end(), static_cast<size_t>(std::abs(change)), slot);
      kinds.Add(change > 0 ? RowKind::kInsert : RowKind::kDelete,
                static_cast<size_t>(std::abs(change)));
      if (counts_[0][slot] == 0 && counts_[1][slot] == 0) unused.push_back(slot);
    }
    WEIR_RETURN_NOT_OK(Queue(out_slots, &kinds));
    WEIR_RETURN_NOT_OK(table_.Erase(unused));
    return queue_.Flush(out);
  }

  Result<Progress> OnWatermark(Watermark watermark, Output& out) override {
    if (watermark.millis == Watermark::kMax) BeginFinalRows();
    pass_on_ = watermark;
    return Continue(out);
  }
  Result<Progress> OnEnd(int, Output& out) override {
    if (++ended_ == 2) BeginFinalRows();
    return Continue(out);
  }
  Result<Progress> Continue(Output& out) override {
    while (true) {
      WEIR_ASSIGN_OR_RETURN(Progress progress, queue_.Flush(out));
      if (progress != Progress::kDone) return progress;
      if (final_position_ < final_slots_.size()) {
        WEIR_RETURN_NOT_OK(QueueFinalRows());
      } else if (pass_on_.has_value()) {
        queue_.Add(*pass_on_);
        pass_on_.reset();
      } else {
        return Progress::kDone;
      }
    }
  }

  int64_t NextTimerMillis() const override { return ttl_.next_sweep_millis(); }
  Result<Progress> OnTimer(int64_t now_millis, Output&) override {
    if (now_millis >= ttl_.next_sweep_millis())
      WEIR_RETURN_NOT_OK(table_.Erase(ttl_.Sweep(table_.LiveSlots(), now_millis)));
    return Progress::kDone;
  }

  Status Save(SnapshotWriter& snapshot) override {
    auto columns_of = [this](std::span<const uint32_t> slots) -> Result<ColumnVector> {
      WEIR_ASSIGN_OR_RETURN(ColumnVector columns, table_.Keys(slots));
      for (const PoolVector<int64_t>& counts : counts_) {
        WEIR_ASSIGN_OR_RETURN(ColumnPtr column, NumbersOf(counts, slots, context_.pool));
        columns.push_back(std::move(column));
      }
      WEIR_ASSIGN_OR_RETURN(ColumnPtr written, ttl_.Column(slots, context_.pool));
      columns.push_back(std::move(written));
      return columns;
    };
    return table_.Save(snapshot, {"rows", RowSchema(), columns_of, ColumnRange(0, types_.size())});
  }
  Status Restore(SnapshotReader& snapshot) override {
    WEIR_ASSIGN_OR_RETURN(std::vector<Batch> batches, snapshot.Read("rows", RowSchema()));
    int64_t now = context_.environment->clock->WallMicros() / 1000;
    for (const Batch& batch : batches) {
      ColumnVector columns(batch.columns.begin(), batch.columns.end() - 3);
      WEIR_RETURN_NOT_OK(FindRows(columns, batch.num_rows));
      for (int64_t i = 0; i < batch.num_rows; ++i) {
        uint32_t slot = slots_[static_cast<size_t>(i)];
        counts_[0][slot] = batch.columns[types_.size()]->At<int64_t>(i);
        counts_[1][slot] = batch.columns[types_.size() + 1]->At<int64_t>(i);
        ttl_.Restore(slot, batch.columns[types_.size() + 2]->At<int64_t>(i), now);
      }
    }
    return Status::OK();
  }

 private:
  Schema RowSchema() const {
    Schema schema;
    AppendFields("c", types_, &schema);
    AppendFields("count", {DataType::BigInt().NotNull(), DataType::BigInt().NotNull()}, &schema);
    schema.fields.push_back({"written", DataType::BigInt().NotNull()});
    return schema;
  }
  // How often a row is in the result.
  int64_t Times(uint32_t slot) const {
    int64_t left = counts_[0][slot], right = counts_[1][slot];
    if (spec_.all)
      return spec_.intersect ? std::min(left, right) : std::max<int64_t>(left - right, 0);
    return left > 0 && (right > 0) == spec_.intersect ? 1 : 0;
  }
  Status FindRows(const ColumnVector& columns, int64_t num_rows) {
    WEIR_RETURN_NOT_OK(HashKeys(columns, num_rows, &hashes_));
    slots_.resize(static_cast<size_t>(num_rows));
    inserted_.clear();
    WEIR_RETURN_NOT_OK(table_.FindOrInsert(columns, hashes_, slots_.data(), &inserted_));
    for (PoolVector<int64_t>& counts : counts_) {
      if (table_.num_slots() > counts.size()) WEIR_RETURN_NOT_OK(counts.Resize(table_.num_slots()));
      for (int32_t row : inserted_) counts[slots_[static_cast<size_t>(row)]] = 0;
    }
    return ttl_.Resize(table_.num_slots());
  }
  void Count(int input, const Batch& batch) {
    PoolVector<int64_t>& counts = counts_[input];
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      int64_t& count = counts[slots_[static_cast<size_t>(i)]];
      if (IsAccumulate(batch.kind(i))) {
        ++count;
      } else if (count > 0) {
        --count;
      }
    }
  }
  Status Queue(const std::vector<uint32_t>& slots, KindList* kinds) {
    Batch batch;
    batch.num_rows = static_cast<int64_t>(slots.size());
    WEIR_ASSIGN_OR_RETURN(batch.columns, table_.Keys(slots));
    WEIR_ASSIGN_OR_RETURN(batch.row_kinds, kinds->Finish(context_.pool));
    return queue_.Add(std::move(batch));
  }
  void BeginFinalRows() {
    if (spec_.emit != EmitMode::kAtEnd || final_rows_done_) return;
    final_rows_done_ = true;
    final_slots_ = table_.LiveSlots();
    final_times_ = 0;
  }
  Status QueueFinalRows() {
    std::vector<uint32_t> slots;
    auto rows_max = static_cast<size_t>(context_.batch_rows_max);
    while (final_position_ < final_slots_.size() && slots.size() < rows_max) {
      uint32_t slot = final_slots_[final_position_];
      int64_t times =
          std::min(Times(slot) - final_times_, static_cast<int64_t>(rows_max - slots.size()));
      slots.insert(slots.end(), static_cast<size_t>(times), slot);
      final_times_ += times;
      if (final_times_ == Times(slot)) {
        ++final_position_;
        final_times_ = 0;
      }
    }
    KindList kinds;
    return Queue(slots, &kinds);
  }

  SetOperationSpec spec_;
  OperatorContext& context_;
  OutputQueue queue_;
  std::vector<DataType> types_;
  KeyedTable table_;
  PoolVector<int64_t> counts_[2];  // By row, of each side.
  StateTtl ttl_;
  TouchedSlots touched_;
  std::optional<Watermark> pass_on_;
  int ended_ = 0;
  bool final_rows_done_ = false;
  std::vector<uint32_t> final_slots_;
  size_t final_position_ = 0;
  int64_t final_times_ = 0;  // Copies of the row at final_position_ that are out.
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> slots_;
  std::vector<int32_t> inserted_;
};

}  // namespace

Result<std::unique_ptr<Operator>> MakeSetOperation(SetOperationSpec spec,
                                                   OperatorContext& context) {
  return std::make_unique<SetOperation>(std::move(spec), context);
}

}  // namespace weir
