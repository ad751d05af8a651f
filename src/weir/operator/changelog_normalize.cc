// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/changelog_normalize.h"

#include <algorithm>

#include "weir/operator/expr_runner.h"
#include "weir/operator/output_queue.h"
#include "weir/state/state_ttl.h"

namespace weir {
namespace {

// Where the present row of a key is, while a batch is worked on: a row of the batch, one of the
// stored rows (behind them), or nowhere.
constexpr int32_t kNowhere = -1;

class ChangelogNormalize : public Operator {
 public:
  ChangelogNormalize(ChangelogNormalizeSpec spec, OperatorContext& context)
      : spec_(std::move(spec)),
        context_(context),
        queue_(context),
        types_(TypesOf(spec_.input)),
        table_(KeyTypes(), context.pool),
        rows_(types_, context.pool),
        ttl_(spec_.state_ttl_millis, context.pool),
        touched_(context.pool) {}
  Status Init() {
    if (spec_.condition == nullptr) return Status::OK();
    WEIR_ASSIGN_OR_RETURN(
        condition_, ExprRunner::Make({spec_.condition}, spec_.functions, spec_.config, context_));
    return Status::OK();
  }

  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    WEIR_RETURN_NOT_OK(Normalize(batch));
    return queue_.Flush(out);
  }
  Result<Progress> Continue(Output& out) override { return queue_.Flush(out); }

  int64_t NextTimerMillis() const override { return ttl_.next_sweep_millis(); }
  Result<Progress> OnTimer(int64_t now_millis, Output&) override {
    if (now_millis < ttl_.next_sweep_millis()) return Progress::kDone;
    WEIR_RETURN_NOT_OK(Forget(ttl_.Sweep(table_.LiveSlots(), now_millis)));
    return Progress::kDone;
  }

  Status Save(SnapshotWriter& snapshot) override {
    auto columns_of = [this](std::span<const uint32_t> slots) -> Result<ColumnVector> {
      WEIR_ASSIGN_OR_RETURN(ColumnVector columns, rows_.Get(slots));
      WEIR_ASSIGN_OR_RETURN(ColumnPtr written, ttl_.Column(slots, context_.pool));
      columns.push_back(std::move(written));
      return columns;
    };
    return table_.Save(snapshot, {"rows", RowSchema(), columns_of, spec_.key_columns});
  }
  Status Restore(SnapshotReader& snapshot) override {
    WEIR_ASSIGN_OR_RETURN(std::vector<Batch> batches, snapshot.Read("rows", RowSchema()));
    int64_t now = context_.environment->clock->WallMicros() / 1000;
    for (const Batch& batch : batches) {
      WEIR_RETURN_NOT_OK(FindKeys(batch));
      ColumnVector columns(batch.columns.begin(), batch.columns.end() - 1);
      WEIR_RETURN_NOT_OK(rows_.SetMany(slots_, columns, nullptr));
      for (int64_t i = 0; i < batch.num_rows; ++i) {
        ttl_.Restore(slots_[static_cast<size_t>(i)], batch.columns.back()->At<int64_t>(i), now);
      }
    }
    return Status::OK();
  }

 private:
  std::vector<DataType> KeyTypes() const {
    std::vector<DataType> types;
    for (int column : spec_.key_columns) types.push_back(spec_.input[column].type);
    return types;
  }
  Schema RowSchema() const {
    Schema schema;
    AppendFields("c", types_, &schema);
    schema.fields.push_back({"written", DataType::BigInt().NotNull()});
    return schema;
  }
  Status FindKeys(const Batch& batch) {
    ColumnVector keys;
    for (int column : spec_.key_columns) keys.push_back(batch.columns[static_cast<size_t>(column)]);
    WEIR_RETURN_NOT_OK(HashKeys(keys, batch.num_rows, &hashes_));
    slots_.resize(static_cast<size_t>(batch.num_rows));
    inserted_.clear();
    WEIR_RETURN_NOT_OK(table_.FindOrInsert(keys, hashes_, slots_.data(), &inserted_));
    WEIR_RETURN_NOT_OK(rows_.Resize(table_.num_slots()));
    return ttl_.Resize(table_.num_slots());
  }
  Status Normalize(const Batch& batch);
  Result<std::vector<int32_t>> PresentRows(ColumnVector* all);
  Status StorePresent(const Batch& batch, const std::vector<int32_t>& present);
  Status Forget(const std::vector<uint32_t>& slots) {
    table_.MarkChanged(slots);
    WEIR_RETURN_NOT_OK(rows_.Clear(slots));
    return table_.Erase(slots);
  }

  ChangelogNormalizeSpec spec_;
  OperatorContext& context_;
  OutputQueue queue_;
  std::vector<DataType> types_;
  KeyedTable table_;
  SlotRows rows_;
  StateTtl ttl_;
  TouchedSlots touched_;
  std::unique_ptr<ExprRunner> condition_;
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> slots_;
  std::vector<int32_t> inserted_;
};

// By position in touched_: where the key's present row is. `all` become the batch's rows and the
// stored ones behind.
Result<std::vector<int32_t>> ChangelogNormalize::PresentRows(ColumnVector* all) {
  int64_t now = ttl_.is_on() ? context_.environment->clock->WallMicros() / 1000 : 0;
  WEIR_RETURN_NOT_OK(touched_.Begin(table_.num_slots()));
  for (uint32_t slot : slots_) touched_.Touch(slot);
  std::vector<uint8_t> is_new(touched_.slots().size(), 0);
  for (int32_t row : inserted_) is_new[touched_.position(slots_[static_cast<size_t>(row)])] = 1;
  std::vector<int32_t> present(is_new.size(), kNowhere);
  std::vector<uint32_t> stored;
  auto num_rows = static_cast<int32_t>(slots_.size());
  for (size_t i = 0; i < is_new.size(); ++i) {
    uint32_t slot = touched_.slots()[i];
    if (is_new[i] == 0 && !ttl_.IsExpired(slot, now)) {
      present[i] = num_rows + static_cast<int32_t>(stored.size());
      stored.push_back(slot);
    }
    ttl_.Write(slot, now);
  }
  WEIR_ASSIGN_OR_RETURN(ColumnVector stored_columns, rows_.Get(stored));
  for (size_t k = 0; k < all->size(); ++k) {
    WEIR_ASSIGN_OR_RETURN((*all)[k], Concat({(*all)[k], stored_columns[k]}, context_.pool));
  }
  return present;
}

Status ChangelogNormalize::Normalize(const Batch& batch) {
  if (batch.num_rows == 0) return Status::OK();
  std::vector<uint8_t> passes(static_cast<size_t>(batch.num_rows), condition_ == nullptr ? 1 : 0);
  if (condition_ != nullptr) {
    std::vector<int32_t> selected;
    WEIR_RETURN_NOT_OK(condition_->Filter(batch, 0, &selected));
    for (int32_t row : selected) passes[static_cast<size_t>(row)] = 1;
  }
  WEIR_RETURN_NOT_OK(FindKeys(batch));
  ColumnVector all = batch.columns;
  WEIR_ASSIGN_OR_RETURN(std::vector<int32_t> present, PresentRows(&all));
  auto same = [&](int32_t a, int32_t b) {
    return std::all_of(all.begin(), all.end(),
                       [&](const ColumnPtr& column) { return SameValue(*column, a, *column, b); });
  };
  std::vector<int32_t> out_rows;
  KindList kinds;
  auto add = [&](int32_t row, RowKind kind) {
    out_rows.push_back(row);
    kinds.Add(kind);
  };
  for (int64_t i = 0; i < batch.num_rows; ++i) {
    auto row = static_cast<int32_t>(i);
    RowKind kind = batch.kind(i);
    if (kind == RowKind::kUpdateBefore) continue;
    int32_t& now = present[touched_.position(slots_[static_cast<size_t>(i)])];
    bool is_live = kind != RowKind::kDelete && passes[static_cast<size_t>(i)] != 0;
    if (!is_live) {
      if (now != kNowhere) add(now, RowKind::kDelete);
      now = kNowhere;
    } else if (now == kNowhere) {
      add(row, RowKind::kInsert);
      now = row;
    } else if (ttl_.is_on() || !same(now, row)) {
      if (spec_.generate_update_before) add(now, RowKind::kUpdateBefore);
      add(row, RowKind::kUpdateAfter);
      now = row;
    }
  }
  if (!out_rows.empty()) {
    Batch result;
    result.num_rows = static_cast<int64_t>(out_rows.size());
    for (const ColumnPtr& column : all) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr gathered, Gather(column, out_rows, context_.pool));
      result.columns.push_back(std::move(gathered));
    }
    WEIR_ASSIGN_OR_RETURN(result.row_kinds, kinds.Finish(context_.pool));
    WEIR_RETURN_NOT_OK(queue_.Add(std::move(result)));
  }
  return StorePresent(batch, present);
}

Status ChangelogNormalize::StorePresent(const Batch& batch, const std::vector<int32_t>& present) {
  std::vector<uint32_t> changed, gone;
  std::vector<int32_t> rows;
  for (size_t i = 0; i < present.size(); ++i) {
    uint32_t slot = touched_.slots()[i];
    if (present[i] == kNowhere) {
      gone.push_back(slot);
    } else if (present[i] < batch.num_rows) {
      changed.push_back(slot);
      rows.push_back(present[i]);
    }
  }
  WEIR_RETURN_NOT_OK(rows_.SetMany(changed, batch.columns, rows.data()));
  return Forget(gone);
}

}  // namespace

Result<std::unique_ptr<Operator>> MakeChangelogNormalize(ChangelogNormalizeSpec spec,
                                                         OperatorContext& context) {
  auto normalize = std::make_unique<ChangelogNormalize>(std::move(spec), context);
  WEIR_RETURN_NOT_OK(normalize->Init());
  return std::unique_ptr<Operator>(std::move(normalize));
}

}  // namespace weir
