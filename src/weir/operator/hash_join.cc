// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/hash_join.h"

#include <algorithm>
#include <array>
#include <deque>
#include <numeric>
#include <optional>

#include "weir/operator/expr_runner.h"
#include "weir/operator/output_queue.h"
#include "weir/state/keyed_rows.h"
#include "weir/state/state_ttl.h"

namespace weir {
namespace {

constexpr int kLeft = 0, kRight = 1;

class HashJoin : public Operator {
 public:
  HashJoin(HashJoinSpec spec, OperatorContext& context)
      : spec_(std::move(spec)), context_(context), queue_(context) {
    for (int side : {kLeft, kRight}) {
      const HashJoinSide& given = side == kLeft ? spec_.left : spec_.right;
      std::vector<DataType> key_types;
      for (int column : given.key_columns) key_types.push_back(given.input[column].type);
      sides_[side].emplace(
          Side{given, TypesOf(given.input),
               KeyedRows(key_types, TypesOf(given.input),
                         given.may_retract ? RowLife::kAddAndRemove : RowLife::kAdd, context.pool),
               PoolVector<int64_t>(context.pool), StateTtl(given.state_ttl_millis, context.pool)});
    }
    bool pads_right = spec_.kind == HashJoinKind::kLeft || spec_.kind == HashJoinKind::kFull;
    bool pads_left = spec_.kind == HashJoinKind::kRight || spec_.kind == HashJoinKind::kFull;
    sides_[kLeft]->is_outer = pads_right;
    sides_[kRight]->is_outer = pads_left;
    sides_[kLeft]->is_padded = pads_left;
    sides_[kRight]->is_padded = pads_right;
  }
  Status Init() {
    bool retracts = spec_.left.may_retract || spec_.right.may_retract;
    if (spec_.emit == EmitMode::kAtEnd && retracts) {
      return InvalidQuery(
          "a join that puts out final rows only needs inputs without -U and -D rows");
    }
    if (spec_.condition != nullptr) {
      WEIR_ASSIGN_OR_RETURN(
          condition_, ExprRunner::Make({spec_.condition}, spec_.functions, spec_.config, context_));
    }
    return Status::OK();
  }

  Result<Progress> OnBatch(int input, const Batch& batch, Output& out) override {
    WEIR_RETURN_NOT_OK(BeginBatch(input, batch));
    return Continue(out);
  }
  Result<Progress> OnEnd(int input, Output& out) override {
    EndInput(input);
    return Continue(out);
  }
  Result<Progress> OnWatermark(Watermark watermark, Output& out) override {
    if (watermark.millis == Watermark::kMax) {
      EndInput(kLeft);
      EndInput(kRight);
    }
    pass_on_ = watermark;
    return Continue(out);
  }
  Result<Progress> Continue(Output& out) override {
    while (true) {
      WEIR_ASSIGN_OR_RETURN(Progress progress, queue_.Flush(out));
      if (progress != Progress::kDone) return progress;
      if (in_batch_) {
        WEIR_RETURN_NOT_OK(MatchSome());
      } else if (!final_sides_.empty()) {
        WEIR_RETURN_NOT_OK(QueueFinalRows());
      } else if (pass_on_.has_value()) {
        queue_.Add(*pass_on_);
        pass_on_.reset();
      } else {
        return Progress::kDone;
      }
    }
  }

  int64_t NextTimerMillis() const override {
    return std::min(sides_[kLeft]->ttl.next_sweep_millis(),
                    sides_[kRight]->ttl.next_sweep_millis());
  }
  Result<Progress> OnTimer(int64_t now_millis, Output&) override {
    for (std::optional<Side>& side : sides_) {
      if (now_millis < side->ttl.next_sweep_millis()) continue;
      WEIR_RETURN_NOT_OK(side->rows.EraseSlots(side->ttl.Sweep(side->rows.Live(), now_millis)));
    }
    return Progress::kDone;
  }

  Status Save(SnapshotWriter& snapshot) override;
  Status Restore(SnapshotReader& snapshot) override;

 private:
  struct Side {
    HashJoinSide spec;
    std::vector<DataType> types;
    KeyedRows rows;
    PoolVector<int64_t>
        matches;  // Rows of the other side that each row matches; where it is asked for.
    StateTtl ttl;
    bool is_outer = false;   // Its rows come out without a match too.
    bool is_padded = false;  // Its columns may be NULL for lack of a match.
    bool has_ended = false;
  };
  struct Pair {
    int32_t row;    // Of the batch; -1: none.
    uint32_t slot;  // Of the other side; kNoSlot: none.
  };

  bool is_semi_or_anti() const {
    return spec_.kind == HashJoinKind::kSemi || spec_.kind == HashJoinKind::kAnti;
  }
  bool at_end() const { return spec_.emit == EmitMode::kAtEnd; }
  Side& own() { return *sides_[input_]; }
  Side& other() { return *sides_[1 - input_]; }
  // Whether rows of `side` must know how many they match.
  bool counts_matches(int side) const {
    return sides_[side]->is_outer || (is_semi_or_anti() && side == kLeft);
  }
  bool is_plain() const { return spec_.kind == HashJoinKind::kInner; }

  // The other side's rows have met all that they can meet.
  void EndInput(int input) {
    if (sides_[input]->has_ended) return;
    sides_[input]->has_ended = true;
    int other = 1 - input;
    bool leaves_rows =
        sides_[other]->is_outer || (spec_.kind == HashJoinKind::kAnti && other == kLeft);
    if (at_end() && leaves_rows) {
      final_sides_.push_back(other);
    } else {
      sides_[other]->rows.Clear();
    }
  }
  Status BeginBatch(int input, const Batch& batch);
  Status ForgetExpired();
  Status StoreRows();
  Status MatchSome();
  Status CollectPairs();
  Result<Batch> JoinPairs(const std::vector<Pair>& pairs, bool pad);
  Status QueueInnerPairs();
  void AddPair(const Pair& pair);
  void EndRow(int32_t row);
  Status EndBatch();
  void Emit(Pair pair, RowKind kind, int64_t times) {
    for (int64_t i = 0; i < times; ++i) {
      out_pairs_.push_back(pair);
      kinds_.Add(kind);
    }
  }
  Status QueueOutPairs();
  Status QueueFinalRows();
  Schema SideSchema(int side) const;

  HashJoinSpec spec_;
  OperatorContext& context_;
  OutputQueue queue_;
  std::array<std::optional<Side>, 2> sides_;
  std::unique_ptr<ExprRunner> condition_;

  // The batch at hand.
  bool in_batch_ = false;
  int input_ = 0;
  int64_t now_millis_ = 0;  // Only with a TTL.
  Batch batch_;
  ColumnVector keys_;
  std::vector<uint64_t> hashes_;
  std::vector<int32_t> matchable_;    // Rows whose key can match at all.
  std::vector<uint32_t> own_slots_;   // By row; kNoSlot where the row is not stored.
  std::vector<uint32_t> candidates_;  // By row: the next row of the other side to look at.
  std::vector<int64_t> row_matches_;  // By row.
  int64_t next_row_ = 0;              // Rows before it have been looked at.
  int64_t ended_row_ = 0;             // Rows before it have met all their matches.
  std::vector<Pair> pairs_, out_pairs_;
  KindList kinds_;
  // Rows without a match that are put out at the end.
  std::deque<int> final_sides_;
  bool in_final_rows_ = false;
  std::vector<uint32_t> final_slots_;
  size_t final_position_ = 0;
  std::optional<Watermark> pass_on_;
};

Status HashJoin::BeginBatch(int input, const Batch& batch) {
  in_batch_ = true;
  input_ = input;
  batch_ = batch;
  next_row_ = ended_row_ = 0;
  auto n = static_cast<size_t>(batch.num_rows);
  keys_.clear();
  for (int column : own().spec.key_columns)
    keys_.push_back(batch.columns[static_cast<size_t>(column)]);
  WEIR_RETURN_NOT_OK(HashKeys(keys_, batch.num_rows, &hashes_));
  matchable_.resize(n);
  std::iota(matchable_.begin(), matchable_.end(), 0);
  for (size_t k = 0; k < keys_.size(); ++k) {
    bool null_safe = k < spec_.null_safe.size() && spec_.null_safe[k];
    if (null_safe || !keys_[k]->may_have_nulls()) continue;
    std::erase_if(matchable_, [&](int32_t row) { return keys_[k]->IsNull(row); });
  }
  if (own().ttl.is_on() || other().ttl.is_on())
    now_millis_ = context_.environment->clock->WallMicros() / 1000;
  WEIR_RETURN_NOT_OK(other().rows.FindFirst(keys_, hashes_, matchable_, &candidates_));
  row_matches_.assign(n, 0);
  return StoreRows();
}

// Rows whose time is over are not counted on when equal rows come or go.
Status HashJoin::ForgetExpired() {
  if (!own().ttl.is_on()) return Status::OK();
  std::vector<uint32_t> expired;
  WEIR_RETURN_NOT_OK(own().rows.FindRows(batch_.columns, batch_.num_rows, matchable_, &expired));
  std::erase_if(expired, [&](uint32_t slot) {
    return slot == kNoSlot || !own().ttl.IsExpired(slot, now_millis_);
  });
  std::sort(expired.begin(), expired.end());
  expired.erase(std::unique(expired.begin(), expired.end()), expired.end());
  return own().rows.EraseSlots(expired);
}

Status HashJoin::StoreRows() {
  own_slots_.assign(static_cast<size_t>(batch_.num_rows), kNoSlot);
  if (other().has_ended) return Status::OK();
  WEIR_RETURN_NOT_OK(ForgetExpired());
  std::vector<int32_t> added;
  for (int32_t row : matchable_) {
    if (IsAccumulate(batch_.kind(row))) added.push_back(row);
  }
  WEIR_RETURN_NOT_OK(own().rows.Add(keys_, hashes_, batch_.columns, added, &own_slots_));
  WEIR_RETURN_NOT_OK(own().ttl.Resize(own().rows.num_slots()));
  if (own().ttl.is_on()) {
    for (int32_t row : added) own().ttl.Write(own_slots_[static_cast<size_t>(row)], now_millis_);
  }
  if (!counts_matches(input_)) return Status::OK();
  return own().matches.Resize(std::max(own().matches.size(), own().rows.num_slots()));
}

// Up to a batch of pairs of a row and a candidate for it, by row.
Status HashJoin::CollectPairs() {
  pairs_.clear();
  KeyedRows& rows = other().rows;
  while (next_row_ < batch_.num_rows) {
    uint32_t& candidate = candidates_[static_cast<size_t>(next_row_)];
    while (candidate != kNoSlot && static_cast<int64_t>(pairs_.size()) < context_.batch_rows_max) {
      // An inner join repeats a row by its count here; AddPair does it for others.
      int64_t times = is_plain() ? rows.count(candidate) : 1;
      if (other().ttl.IsExpired(candidate, now_millis_)) times = 0;
      for (int64_t i = 0; i < times; ++i)
        pairs_.push_back({static_cast<int32_t>(next_row_), candidate});
      candidate = rows.Next(candidate);
    }
    if (candidate != kNoSlot) break;
    ++next_row_;
  }
  if (condition_ == nullptr || pairs_.empty() || is_plain()) return Status::OK();
  WEIR_ASSIGN_OR_RETURN(Batch joined, JoinPairs(pairs_, false));
  std::vector<int32_t> selected;
  WEIR_RETURN_NOT_OK(condition_->Filter(joined, 0, &selected));
  for (size_t i = 0; i < selected.size(); ++i) pairs_[i] = pairs_[static_cast<size_t>(selected[i])];
  pairs_.resize(selected.size());
  return Status::OK();
}

// The columns left ++ right of pairs. `pad`: a side may be missing.
Result<Batch> HashJoin::JoinPairs(const std::vector<Pair>& pairs, bool pad) {
  Batch batch;
  batch.num_rows = static_cast<int64_t>(pairs.size());
  std::vector<int32_t> rows;
  std::vector<uint32_t> slots;
  for (const Pair& pair : pairs) {
    rows.push_back(pair.row);
    slots.push_back(pair.slot);
  }
  ColumnVector own_columns, other_columns;
  bool skips_own = pad && is_semi_or_anti() && input_ == kRight;
  bool skips_other = pad && is_semi_or_anti() && input_ == kLeft;
  if (!skips_own) {
    for (const ColumnPtr& column : batch_.columns) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr gathered, Gather(column, rows, context_.pool));
      own_columns.push_back(std::move(gathered));
    }
  }
  if (!skips_other) {
    WEIR_ASSIGN_OR_RETURN(other_columns, other().rows.Get(slots));
  }
  if (pad && own().is_padded) {
    for (ColumnPtr& column : own_columns) column = Retype(column, column->type.AsNullable());
  }
  if (pad && other().is_padded) {
    for (ColumnPtr& column : other_columns) column = Retype(column, column->type.AsNullable());
  }
  ColumnVector& first = input_ == kLeft ? own_columns : other_columns;
  ColumnVector& second = input_ == kLeft ? other_columns : own_columns;
  batch.columns = std::move(first);
  batch.columns.insert(batch.columns.end(), second.begin(), second.end());
  return batch;
}

Status HashJoin::MatchSome() {
  WEIR_RETURN_NOT_OK(CollectPairs());
  if (is_plain()) {
    WEIR_RETURN_NOT_OK(QueueInnerPairs());
    return next_row_ >= batch_.num_rows ? EndBatch() : Status::OK();
  }
  if (counts_matches(1 - input_) && other().rows.tracks_changes()) {
    std::vector<uint32_t> matched;
    matched.reserve(pairs_.size());
    for (const Pair& pair : pairs_) matched.push_back(pair.slot);
    other().rows.MarkChanged(matched);
  }
  for (const Pair& pair : pairs_) {
    while (ended_row_ < pair.row) EndRow(static_cast<int32_t>(ended_row_++));
    AddPair(pair);
  }
  while (ended_row_ < next_row_) EndRow(static_cast<int32_t>(ended_row_++));
  WEIR_RETURN_NOT_OK(QueueOutPairs());
  return next_row_ >= batch_.num_rows ? EndBatch() : Status::OK();
}

Status HashJoin::QueueInnerPairs() {
  if (pairs_.empty()) return Status::OK();
  WEIR_ASSIGN_OR_RETURN(Batch joined, JoinPairs(pairs_, true));
  if (!batch_.is_append_only()) {
    for (const Pair& pair : pairs_) kinds_.Add(batch_.kind(pair.row));
    WEIR_ASSIGN_OR_RETURN(joined.row_kinds, kinds_.Finish(context_.pool));
  }
  if (condition_ != nullptr) {
    std::vector<int32_t> selected;
    WEIR_RETURN_NOT_OK(condition_->Filter(joined, 0, &selected));
    if (static_cast<int64_t>(selected.size()) < joined.num_rows) {
      WEIR_ASSIGN_OR_RETURN(joined, GatherBatch(joined, selected, context_.pool));
    }
  }
  return queue_.Add(std::move(joined));
}

// A row has met a match of the other side.
void HashJoin::AddPair(const Pair& pair) {
  bool adds = IsAccumulate(batch_.kind(pair.row));
  int64_t times = other().rows.count(pair.slot);
  // Equal rows of the other side are one slot, but come and go one by one.
  row_matches_[static_cast<size_t>(pair.row)] += times;
  // The other row's first match, or its last one that goes.
  bool turns = false;
  if (counts_matches(1 - input_)) {
    int64_t& matches = other().matches[pair.slot];
    turns = adds ? matches++ == 0 : --matches == 0;
    other().ttl.Write(pair.slot, now_millis_);
  }
  if (is_semi_or_anti()) {
    if (!turns || input_ == kLeft) return;
    RowKind kind = batch_.kind(pair.row);
    if (spec_.kind == HashJoinKind::kAnti) {
      if (at_end()) return;
      kind = adds ? RowKind::kDelete : RowKind::kInsert;
    }
    Emit({-1, pair.slot}, kind, times);
    return;
  }
  Pair alone{-1, pair.slot};
  if (turns && adds && !at_end()) Emit(alone, RowKind::kDelete, times);
  Emit(pair, adds ? RowKind::kInsert : RowKind::kDelete, times);
  if (turns && !adds) Emit(alone, RowKind::kInsert, times);
}

// A row has met all its matches.
void HashJoin::EndRow(int32_t row) {
  RowKind kind = batch_.kind(row);
  int64_t matches = row_matches_[static_cast<size_t>(row)];
  uint32_t slot = own_slots_[static_cast<size_t>(row)];
  if (slot != kNoSlot && counts_matches(input_)) own().matches[slot] = matches;
  bool is_stored = slot != kNoSlot && at_end();  // Its time comes when the other side has ended.
  if (is_semi_or_anti()) {
    if (input_ == kRight) return;
    bool is_out = (spec_.kind == HashJoinKind::kSemi) == (matches > 0);
    if (is_out && !(spec_.kind == HashJoinKind::kAnti && is_stored)) Emit({row, kNoSlot}, kind, 1);
    return;
  }
  if (own().is_outer && matches == 0 && !is_stored) {
    Emit({row, kNoSlot}, IsAccumulate(kind) ? RowKind::kInsert : RowKind::kDelete, 1);
  }
}

Status HashJoin::QueueOutPairs() {
  if (out_pairs_.empty()) return Status::OK();
  WEIR_ASSIGN_OR_RETURN(Batch batch, JoinPairs(out_pairs_, true));
  WEIR_ASSIGN_OR_RETURN(batch.row_kinds, kinds_.Finish(context_.pool));
  out_pairs_.clear();
  return queue_.Add(std::move(batch));
}

Status HashJoin::EndBatch() {
  in_batch_ = false;
  if (!batch_.is_append_only() && !other().has_ended) {
    std::vector<int32_t> removed;
    for (int32_t row : matchable_) {
      if (!IsAccumulate(batch_.kind(row))) removed.push_back(row);
    }
    WEIR_RETURN_NOT_OK(own().rows.Remove(batch_.columns, batch_.num_rows, removed));
  }
  batch_ = Batch();
  keys_.clear();
  return Status::OK();
}

Status HashJoin::QueueFinalRows() {
  const int final_side = final_sides_.front();
  Side& side = *sides_[final_side];
  if (!in_final_rows_) {
    in_final_rows_ = true;
    final_slots_ = side.rows.Live();
    std::erase_if(final_slots_, [&](uint32_t slot) { return side.matches[slot] != 0; });
    final_position_ = 0;
  }
  if (final_position_ >= final_slots_.size()) {
    in_final_rows_ = false;
    side.rows.Clear();  // First: a snapshot that is being copied still wants the matches.
    side.matches.Clear();
    final_sides_.pop_front();
    return Status::OK();
  }
  size_t count =
      std::min(static_cast<size_t>(context_.batch_rows_max), final_slots_.size() - final_position_);
  std::span<const uint32_t> slots(final_slots_.data() + final_position_, count);
  final_position_ += count;
  Batch batch;
  batch.num_rows = static_cast<int64_t>(count);
  WEIR_ASSIGN_OR_RETURN(ColumnVector own_columns, side.rows.Get(slots));
  ColumnVector nulls;
  if (!is_semi_or_anti()) {
    for (const DataType& type : sides_[1 - final_side]->types) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr column,
                            MakeNullColumn(type.AsNullable(), batch.num_rows, context_.pool));
      nulls.push_back(std::move(column));
    }
  }
  if (side.is_padded) {
    for (ColumnPtr& column : own_columns) column = Retype(column, column->type.AsNullable());
  }
  batch.columns = final_side == kLeft ? own_columns : nulls;
  const ColumnVector& second = final_side == kLeft ? nulls : own_columns;
  batch.columns.insert(batch.columns.end(), second.begin(), second.end());
  return queue_.Add(std::move(batch));
}

Schema HashJoin::SideSchema(int side) const {
  Schema schema;
  AppendFields("c", sides_[side]->types, &schema);
  schema.fields.push_back({"count", DataType::BigInt().NotNull()});
  schema.fields.push_back({"matches", DataType::BigInt().NotNull()});
  schema.fields.push_back({"written", DataType::BigInt().NotNull()});
  return schema;
}

Status HashJoin::Save(SnapshotWriter& snapshot) {
  for (int side : {kLeft, kRight}) {
    Side& rows = *sides_[side];
    auto columns_of = [this, side, &rows](auto slots) -> Result<ColumnVector> {
      WEIR_ASSIGN_OR_RETURN(ColumnVector columns, rows.rows.Get(slots));
      PoolVector<int64_t> counts(context_.pool), matches(context_.pool);
      std::vector<uint32_t> order;
      for (uint32_t slot : slots) {
        order.push_back(static_cast<uint32_t>(order.size()));
        WEIR_RETURN_NOT_OK(counts.Append(rows.rows.count(slot)));
        WEIR_RETURN_NOT_OK(matches.Append(counts_matches(side) ? rows.matches[slot] : 0));
      }
      for (const PoolVector<int64_t>* numbers : {&counts, &matches}) {
        WEIR_ASSIGN_OR_RETURN(ColumnPtr column, NumbersOf(*numbers, order, context_.pool));
        columns.push_back(std::move(column));
      }
      WEIR_ASSIGN_OR_RETURN(ColumnPtr written, rows.ttl.Column(slots, context_.pool));
      columns.push_back(std::move(written));
      return columns;
    };
    WEIR_RETURN_NOT_OK(rows.rows.Save(snapshot, {side == kLeft ? "left" : "right", SideSchema(side),
                                                 columns_of, rows.spec.key_columns}));
  }
  return Status::OK();
}

Status HashJoin::Restore(SnapshotReader& snapshot) {
  int64_t now_millis = context_.environment->clock->WallMicros() / 1000;
  for (int side : {kLeft, kRight}) {
    Side& rows = *sides_[side];
    WEIR_ASSIGN_OR_RETURN(std::vector<Batch> batches,
                          snapshot.Read(side == kLeft ? "left" : "right", SideSchema(side)));
    for (const Batch& batch : batches) {
      ColumnVector columns(batch.columns.begin(), batch.columns.end() - 3);
      ColumnVector keys;
      for (int column : rows.spec.key_columns) keys.push_back(columns[static_cast<size_t>(column)]);
      WEIR_RETURN_NOT_OK(HashKeys(keys, batch.num_rows, &hashes_));
      std::vector<int32_t> all(static_cast<size_t>(batch.num_rows));
      std::iota(all.begin(), all.end(), 0);
      std::vector<uint32_t> slots;
      WEIR_RETURN_NOT_OK(rows.rows.Add(keys, hashes_, columns, all, &slots));
      WEIR_RETURN_NOT_OK(rows.ttl.Resize(rows.rows.num_slots()));
      if (counts_matches(side)) {
        WEIR_RETURN_NOT_OK(
            rows.matches.Resize(std::max(rows.matches.size(), rows.rows.num_slots())));
      }
      for (int64_t i = 0; i < batch.num_rows; ++i) {
        uint32_t slot = slots[static_cast<size_t>(i)];
        if (rows.spec.may_retract)
          rows.rows.set_count(slot, batch.columns[columns.size()]->At<int64_t>(i));
        if (counts_matches(side))
          rows.matches[slot] = batch.columns[columns.size() + 1]->At<int64_t>(i);
        rows.ttl.Restore(slot, batch.columns[columns.size() + 2]->At<int64_t>(i), now_millis);
      }
    }
  }
  return Status::OK();
}

}  // namespace

Result<std::unique_ptr<Operator>> MakeHashJoin(HashJoinSpec spec, OperatorContext& context) {
  auto join = std::make_unique<HashJoin>(std::move(spec), context);
  WEIR_RETURN_NOT_OK(join->Init());
  return std::unique_ptr<Operator>(std::move(join));
}

}  // namespace weir
