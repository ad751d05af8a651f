// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/data/batch.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace weir {
namespace {

// Whether the indices are `indices[0]`, `indices[0]` + 1, ...
bool AreConsecutive(std::span<const int32_t> indices) {
  if (indices.empty() ||
      indices.back() - indices.front() != static_cast<int64_t>(indices.size()) - 1)
    return false;
  for (size_t i = 1; i < indices.size(); ++i) {
    if (indices[i] != indices[i - 1] + 1) return false;
  }
  return true;
}

}  // namespace

std::string_view RowKindText(RowKind kind) {
  switch (kind) {
    case RowKind::kInsert:
      return "+I";
    case RowKind::kUpdateBefore:
      return "-U";
    case RowKind::kUpdateAfter:
      return "+U";
    case RowKind::kDelete:
      return "-D";
  }
  return "??";
}

Result<RowKind> ParseRowKind(std::string_view text) {
  for (RowKind kind :
       {RowKind::kInsert, RowKind::kUpdateBefore, RowKind::kUpdateAfter, RowKind::kDelete}) {
    if (RowKindText(kind) == text) return kind;
  }
  return WithHint(InvalidData("unknown row kind \"{}\"", text.substr(0, 20)),
                  "row kinds are +I, -U, +U and -D");
}

Result<Batch> GatherBatch(const Batch& batch, std::span<const int32_t> indices,
                          arrow::MemoryPool* pool) {
  if (AreConsecutive(indices))
    return SliceBatch(batch, indices[0], static_cast<int64_t>(indices.size()), pool);
  Batch out;
  out.num_rows = static_cast<int64_t>(indices.size());
  out.columns.reserve(batch.columns.size());
  for (const ColumnPtr& column : batch.columns) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr gathered, Gather(column, indices, pool));
    out.columns.push_back(std::move(gathered));
  }
  if (batch.row_kinds != nullptr) {
    WEIR_ASSIGN_OR_RETURN(auto kinds, AllocateBuffer(out.num_rows, pool));
    const uint8_t* from = batch.row_kinds->data();
    uint8_t* to = kinds->mutable_data();
    for (size_t i = 0; i < indices.size(); ++i) to[i] = from[indices[i]];
    out.row_kinds = std::move(kinds);
  }
  return out;
}

Result<Batch> SliceBatch(const Batch& batch, int64_t offset, int64_t length,
                         arrow::MemoryPool* pool) {
  if (offset == 0 && length == batch.num_rows) return batch;
  Batch out;
  out.num_rows = length;
  out.columns.reserve(batch.columns.size());
  for (const ColumnPtr& column : batch.columns) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr slice, Slice(column, offset, length, pool));
    out.columns.push_back(std::move(slice));
  }
  if (batch.row_kinds != nullptr)
    out.row_kinds = arrow::SliceBuffer(batch.row_kinds, offset, length);
  return out;
}

Result<Batch> ConcatBatches(const std::vector<Batch>& batches, const Schema& schema,
                            arrow::MemoryPool* pool) {
  if (batches.size() == 1) return batches[0];
  Batch out;
  bool append_only = true;
  for (const Batch& batch : batches) {
    out.num_rows += batch.num_rows;
    append_only = append_only && batch.is_append_only();
  }
  for (size_t c = 0; c < schema.fields.size(); ++c) {
    if (batches.empty()) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr empty, MakeEmptyColumn(schema.fields[c].type, pool));
      out.columns.push_back(std::move(empty));
      continue;
    }
    ColumnVector parts;
    for (const Batch& batch : batches) parts.push_back(batch.columns[c]);
    WEIR_ASSIGN_OR_RETURN(ColumnPtr whole, Concat(parts, pool));
    out.columns.push_back(std::move(whole));
  }
  if (append_only) return out;
  WEIR_ASSIGN_OR_RETURN(auto kinds, AllocateBuffer(out.num_rows, pool));
  uint8_t* to = kinds->mutable_data();
  for (const Batch& batch : batches) {
    if (batch.num_rows == 0) continue;
    const auto rows = static_cast<size_t>(batch.num_rows);
    if (batch.row_kinds != nullptr) {
      std::memcpy(to, batch.row_kinds->data(), rows);
    } else {
      std::memset(to, static_cast<int>(RowKind::kInsert), rows);
    }
    to += rows;
  }
  out.row_kinds = std::move(kinds);
  return out;
}

int64_t BatchBytes(const Batch& batch) {
  int64_t bytes = batch.row_kinds ? batch.row_kinds->size() : 0;
  for (const ColumnPtr& column : batch.columns) bytes += ColumnBytes(*column);
  return bytes;
}

BatchBuilder::BatchBuilder(const Schema& schema, arrow::MemoryPool* pool) : pool_(pool) {
  for (const Field& field : schema.fields)
    columns_.push_back(ColumnBuilder::Make(field.type, pool));
}

void BatchBuilder::EndRow(RowKind kind) {
  ++num_rows_;
  only_inserts_ = only_inserts_ && kind == RowKind::kInsert;
  kinds_.push_back(static_cast<uint8_t>(kind));
}

Status BatchBuilder::AppendRow(const ValueList& values, RowKind kind) {
  if (values.size() != columns_.size()) {
    return Internal("a row of {} values was appended to {} columns", values.size(),
                    columns_.size());
  }
  for (size_t i = 0; i < values.size(); ++i)
    WEIR_RETURN_NOT_OK(columns_[i]->AppendValue(values[i]));
  EndRow(kind);
  return Status::OK();
}

Status BatchBuilder::AppendRowFrom(const Batch& batch, int64_t row, RowKind kind) {
  for (size_t i = 0; i < columns_.size(); ++i)
    WEIR_RETURN_NOT_OK(columns_[i]->AppendFrom(*batch.columns[i], row));
  EndRow(kind);
  return Status::OK();
}

Result<Batch> BatchBuilder::Finish() {
  Batch batch;
  batch.num_rows = num_rows_;
  for (auto& column : columns_) {
    if (column->length() != num_rows_)
      return Internal("a column has {} values for {} rows", column->length(), num_rows_);
    WEIR_ASSIGN_OR_RETURN(ColumnPtr finished, column->Finish());
    batch.columns.push_back(std::move(finished));
  }
  if (!only_inserts_) {
    WEIR_ASSIGN_OR_RETURN(auto kinds, AllocateBuffer(num_rows_, pool_));
    std::memcpy(kinds->mutable_data(), kinds_.data(), kinds_.size());
    batch.row_kinds = std::move(kinds);
  }
  num_rows_ = 0;
  only_inserts_ = true;
  kinds_.clear();
  return batch;
}

}  // namespace weir
