// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Output of one event that may be more than there is room for: batches wait here until the operator
// is continued.
//   OnBatch, OnWatermark   queue.Add(batch); return queue.Flush(out);      kMoreOutput while some
//   are left Continue               return queue.Flush(out);
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "weir/operator/operator.h"

namespace weir {

class OutputQueue {
 public:
  explicit OutputQueue(const OperatorContext& context) : context_(context) {}
  /// Cuts `batch` to the longest batch allowed.
  Status Add(Batch batch);
  /// The watermark follows the batches so far.
  void Add(Watermark watermark) { watermark_ = watermark; }
  bool empty() const { return batches_.empty() && !watermark_.has_value(); }
  /// Emits while there is room. kDone when nothing is left.
  Result<Progress> Flush(Output& out);

 private:
  const OperatorContext& context_;
  std::deque<Batch> batches_;
  std::optional<Watermark> watermark_;
};

/// Kinds of rows to come; makes the row kind column, absent when all are +I.
class KindList {
 public:
  void Add(RowKind kind) {
    kinds_.push_back(static_cast<uint8_t>(kind));
    only_inserts_ = only_inserts_ && kind == RowKind::kInsert;
  }
  void Add(RowKind kind, size_t count) {
    kinds_.insert(kinds_.end(), count, static_cast<uint8_t>(kind));
    only_inserts_ = only_inserts_ && (kind == RowKind::kInsert || count == 0);
  }
  size_t size() const { return kinds_.size(); }
  /// The column; empty afterwards.
  Result<BufferPtr> Finish(arrow::MemoryPool* pool);

 private:
  std::vector<uint8_t> kinds_;
  bool only_inserts_ = true;
};

}  // namespace weir
