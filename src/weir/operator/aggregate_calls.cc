// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/aggregate_calls.h"

#include <algorithm>
#include <numeric>

#include "weir/base/check.h"
#include "weir/data/loops.h"

namespace weir {

Result<std::unique_ptr<AggregateCalls>> AggregateCalls::Make(AggregateCallsSpec spec,
                                                             arrow::MemoryPool* pool) {
  WEIR_CHECK(spec.functions != nullptr || spec.calls.empty(),
             "aggregate calls need the function registry");
  std::unique_ptr<AggregateCalls> calls(new AggregateCalls(std::move(spec), pool));
  for (const AggregateCallSpec& call : calls->spec_.calls) WEIR_RETURN_NOT_OK(calls->AddCall(call));
  return calls;
}

Status AggregateCalls::AddCall(const AggregateCallSpec& spec) {
  Call call;
  call.spec = spec;
  call.columns = spec.args;
  call.function = spec_.functions->FindAggregate(spec.function);
  if (call.function == nullptr)
    return InvalidQuery("no aggregate function is called {}", spec.function);
  AggregateCallInfo info;
  info.call.result_type = spec.type;
  info.call.config = &spec_.config;
  for (const auto& [column, descending] : spec.order_by) {
    auto found = std::find(call.columns.begin(), call.columns.end(), column);
    info.order_by.emplace_back(static_cast<int>(found - call.columns.begin()), descending);
    if (found == call.columns.end()) call.columns.push_back(column);
  }
  for (size_t i = 0; i < call.columns.size(); ++i) {
    info.call.arg_types.push_back(spec_.input[call.columns[i]].type);
    bool is_literal =
        i < spec.args.size() && i < spec.literals.size() && spec.literals[i].has_value();
    info.call.literals.push_back(is_literal ? &*spec.literals[i] : nullptr);
  }
  call.distinct = spec.distinct && !call.function->ignores_distinct();
  info.distinct = call.distinct;
  if (call.distinct && call.columns.size() > spec.args.size()) {
    return Unsupported("{}(DISTINCT) ordered by something else than its arguments", spec.function);
  }
  info.may_retract = spec_.input_may_retract;
  info.has_group_keys = spec_.has_group_keys;
  WEIR_ASSIGN_OR_RETURN(std::vector<DataType> states, call.function->StateTypes(info));
  call.num_states = static_cast<int>(states.size());
  if ((states.empty() || call.distinct) && unsplittable_.empty()) {
    unsplittable_ = spec.function + (call.distinct ? "(DISTINCT)" : "");
  }
  WEIR_ASSIGN_OR_RETURN(call.accumulators, call.function->Make(info, pool_));
  state_types_.insert(state_types_.end(), states.begin(), states.end());
  result_types_.push_back(spec.type);
  is_order_sensitive_ |= call.function->is_order_sensitive();
  always_changes_ |= !spec_.input_may_retract && call.function->name() == "COUNT" &&
                     spec.args.empty() && spec.filter < 0 && !spec.distinct;
  calls_.push_back(std::move(call));
  if (calls_.back().distinct) AddDistinct(static_cast<int>(calls_.size()) - 1);
  return Status::OK();
}

// Calls over the same arguments share one table of values.
void AggregateCalls::AddDistinct(int index) {
  const Call& call = calls_[static_cast<size_t>(index)];
  for (auto& values : distinct_) {
    if (values->columns() != call.columns) continue;
    if (int bit = values->BitOf(call.spec.filter); bit >= 0) {
      values->calls(bit).push_back(index);
      return;
    }
  }
  std::vector<DataType> types;
  for (int column : call.columns) types.push_back(spec_.input[column].type);
  distinct_.push_back(
      std::make_unique<DistinctValues>(call.columns, types, spec_.input_may_retract, pool_));
  distinct_.back()->calls(distinct_.back()->BitOf(call.spec.filter)).push_back(index);
}

AggregateCalls::~AggregateCalls() {
  if (budget_ != nullptr && charged_bytes_ > 0)
    (void)budget_->Charge(-charged_bytes_);  // Giving back never fails.
}

Status AggregateCalls::ChargeExtraBytes() {
  constexpr int kBatchesPerCharge = 16;
  if (budget_ == nullptr || batches_until_charge_-- > 0) return Status::OK();
  batches_until_charge_ = kBatchesPerCharge;
  int64_t bytes = 0;
  for (const Call& call : calls_) bytes += call.accumulators->ExtraBytes();
  WEIR_RETURN_NOT_OK(budget_->Charge(bytes - charged_bytes_));
  charged_bytes_ = bytes;
  return Status::OK();
}

Status AggregateCalls::Resize(int64_t num_slots) {
  if (num_slots <= num_slots_) return Status::OK();
  // By half more: Resize of every accumulator is not free.
  num_slots_ = std::max(num_slots, num_slots_ + num_slots_ / 2);
  for (Call& call : calls_) WEIR_RETURN_NOT_OK(call.accumulators->Resize(num_slots_));
  return Status::OK();
}

Result<ColumnPtr> AggregateCalls::ArgColumn(const Batch& batch, int column) {
  const ColumnPtr& given = batch.columns[static_cast<size_t>(column)];
  if (given->encoding != Encoding::kDictionary) return given;
  ColumnPtr& flat = flat_[column];
  if (flat == nullptr) {
    WEIR_ASSIGN_OR_RETURN(flat, Flatten(given, pool_));
  }
  return flat;
}
Result<ColumnVector> AggregateCalls::ArgColumns(const Batch& batch,
                                                const std::vector<int>& columns) {
  ColumnVector args(columns.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    WEIR_ASSIGN_OR_RETURN(args[i], ArgColumn(batch, columns[i]));
  }
  return args;
}

Status AggregateCalls::Filter(const Batch& batch, int filter, const std::vector<int32_t>* rows,
                              std::vector<int32_t>* out) {
  WEIR_ASSIGN_OR_RETURN(ColumnPtr column, ArgColumn(batch, filter));
  if (rows == nullptr && column->is_flat()) {
    out->resize(static_cast<size_t>(batch.num_rows));
    int32_t* end = out->data();
    for (int64_t i = 0; i < batch.num_rows; i += 64) {
      uint64_t word = LoadBits(column->values->data(), i, batch.num_rows) &
                      LoadBits(column->validity_bits(), i, batch.num_rows);
      for (; word != 0; word &= word - 1) *end++ = static_cast<int32_t>(i + std::countr_zero(word));
    }
    out->resize(static_cast<size_t>(end - out->data()));
    return Status::OK();
  }
  auto passes = [&](int32_t row) { return !column->IsNull(row) && column->BoolAt(row); };
  if (rows != nullptr) {
    for (int32_t row : *rows) {
      if (passes(row)) out->push_back(row);
    }
  } else if (batch.num_rows > 0 && passes(0)) {  // A constant.
    out->resize(static_cast<size_t>(batch.num_rows));
    std::iota(out->begin(), out->end(), 0);
  }
  return Status::OK();
}

Result<AggregateCalls::RowLists> AggregateCalls::FilteredRows(const Batch& batch, int filter,
                                                              ChangedRows rows) {
  if (filter < 0) return RowLists{rows.accumulate, rows.retract};
  auto [entry, is_new] = filtered_.try_emplace(filter);
  if (is_new) {
    WEIR_RETURN_NOT_OK(Filter(batch, filter, rows.accumulate, &entry->second.accumulate));
    if (rows.retract != nullptr)
      WEIR_RETURN_NOT_OK(Filter(batch, filter, rows.retract, &entry->second.retract));
  }
  return RowLists{&entry->second.accumulate, &entry->second.retract};
}

Status AggregateCalls::Run(Call& call, std::span<const uint32_t> slots, const ColumnVector& args,
                           int64_t num_rows, RowLists rows) {
  if (rows.accumulate == nullptr || !rows.accumulate->empty()) {
    WEIR_RETURN_NOT_OK(call.accumulators->Accumulate(slots, args, num_rows, rows.accumulate));
  }
  if (rows.retract != nullptr && !rows.retract->empty()) {
    WEIR_RETURN_NOT_OK(call.accumulators->Retract(slots, args, num_rows, rows.retract));
  }
  return Status::OK();
}

Status AggregateCalls::Apply(const Batch& batch, std::span<const uint32_t> slots,
                             ChangedRows rows) {
  flat_.clear();
  filtered_.clear();
  for (Call& call : calls_) {
    if (call.distinct) continue;
    WEIR_ASSIGN_OR_RETURN(RowLists lists, FilteredRows(batch, call.spec.filter, rows));
    WEIR_ASSIGN_OR_RETURN(ColumnVector args, ArgColumns(batch, call.columns));
    WEIR_RETURN_NOT_OK(Run(call, slots, args, batch.num_rows, lists));
  }
  for (auto& values : distinct_) {
    std::vector<const std::vector<int32_t>*> accumulate, retract;
    for (int filter : values->filters()) {
      WEIR_ASSIGN_OR_RETURN(RowLists lists, FilteredRows(batch, filter, rows));
      accumulate.push_back(lists.accumulate);
      retract.push_back(lists.retract);
    }
    WEIR_ASSIGN_OR_RETURN(ColumnVector args, ArgColumns(batch, values->columns()));
    WEIR_RETURN_NOT_OK(values->Apply(slots, args, batch.num_rows, accumulate, retract));
    for (int bit = 0; bit < static_cast<int>(values->filters().size()); ++bit) {
      const DistinctValues::Rows& changed = values->rows(bit);
      for (int call : values->calls(bit)) {
        WEIR_RETURN_NOT_OK(Run(calls_[static_cast<size_t>(call)], slots, args, batch.num_rows,
                               {&changed.accumulate, &changed.retract}));
      }
    }
  }
  flat_.clear();
  return ChargeExtraBytes();
}

Status AggregateCalls::MergeStates(std::span<const uint32_t> slots, const ColumnVector& states,
                                   int64_t num_rows) {
  size_t next = 0;
  for (Call& call : calls_) {
    ColumnVector own;
    for (int i = 0; i < call.num_states; ++i) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr flat, Flatten(states[next++], pool_));
      own.push_back(std::move(flat));
    }
    WEIR_RETURN_NOT_OK(call.accumulators->Merge(slots, own, num_rows));
  }
  return ChargeExtraBytes();
}

Status AggregateCalls::MergeGroups(std::span<const uint32_t> from, std::span<const uint32_t> to) {
  for (Call& call : calls_) {
    if (call.distinct) continue;
    if (call.num_states == 0) return Unsupported("merging windows of {}", call.spec.function);
    WEIR_ASSIGN_OR_RETURN(ColumnVector state, call.accumulators->ToState(from));
    WEIR_RETURN_NOT_OK(call.accumulators->Merge(to, state, static_cast<int64_t>(from.size())));
  }
  for (auto& values : distinct_) {
    for (size_t i = 0; i < from.size(); ++i) {
      ColumnVector args;
      WEIR_RETURN_NOT_OK(values->Merge(from[i], to[i], &args));
      int64_t num_rows = args.empty() ? 0 : args[0]->length;
      std::vector<uint32_t> slots(static_cast<size_t>(num_rows), to[i]);
      for (int bit = 0; bit < static_cast<int>(values->filters().size()); ++bit) {
        for (int call : values->calls(bit)) {
          WEIR_RETURN_NOT_OK(Run(calls_[static_cast<size_t>(call)], slots, args, num_rows,
                                 {&values->rows(bit).accumulate, nullptr}));
        }
      }
    }
  }
  return Status::OK();
}

Result<ColumnVector> AggregateCalls::Finish(std::span<const uint32_t> slots) {
  ColumnVector results;
  for (Call& call : calls_) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr result, call.accumulators->Finish(slots));
    results.push_back(Retype(result, call.spec.type));
  }
  return results;
}

Result<ColumnVector> AggregateCalls::States(std::span<const uint32_t> slots) {
  ColumnVector states;
  for (Call& call : calls_) {
    if (call.num_states == 0) return Unsupported("saving the state of {}", call.spec.function);
    WEIR_ASSIGN_OR_RETURN(ColumnVector state, call.accumulators->ToState(slots));
    states.insert(states.end(), state.begin(), state.end());
  }
  return states;
}

Status AggregateCalls::Reset(std::span<const uint32_t> slots) {
  if (slots.empty()) return Status::OK();
  for (Call& call : calls_) WEIR_RETURN_NOT_OK(call.accumulators->Reset(slots));
  for (auto& values : distinct_) WEIR_RETURN_NOT_OK(values->Reset(slots));
  return Status::OK();
}

Status AggregateCalls::SaveDistinct(SnapshotWriter& snapshot,
                                    const std::vector<DataType>& group_types,
                                    const SlotColumns& columns_of,
                                    const std::vector<int>& key_columns) {
  for (size_t i = 0; i < distinct_.size(); ++i) {
    WEIR_RETURN_NOT_OK(distinct_[i]->Save(snapshot, fmt::format("distinct{}", i), group_types,
                                          columns_of, key_columns));
  }
  return Status::OK();
}
Status AggregateCalls::RestoreDistinct(SnapshotReader& snapshot,
                                       const std::vector<DataType>& group_types,
                                       const GroupSlots& slots_of) {
  for (size_t i = 0; i < distinct_.size(); ++i) {
    WEIR_RETURN_NOT_OK(
        distinct_[i]->Restore(snapshot, fmt::format("distinct{}", i), group_types, slots_of));
  }
  return Status::OK();
}

}  // namespace weir
