// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// --output table: the rows that remain at the end, in a box. On a terminal (settings.rows_max) a
// long result is cut in the middle; elsewhere all rows are printed, those of an append-only result
// as soon as the columns' widths are known. (print_table.cc also has --output changelog and
// markdown.)
#pragma once

#include "box.h"
#include "printers.h"
#include "row_store.h"

namespace weir {

class TablePrinter : public ResultPrinter {
 public:
  TablePrinter(const QueryResult& result, const PrintSettings& settings, OutputStream* out);
  Status OnBatch(const Batch& batch) override;
  Status OnEnd(const PrintEnd& end) override;

  const RowStore& rows() const { return rows_; }

 private:
  /// EXPLAIN and SHOW CREATE answer with lines of text, which a box would only disturb.
  bool IsPlainText() const;
  Status Begin();
  Status AppendRows(const Batch& batch);

  Schema schema_;
  bool is_query_;
  PrintSettings settings_;
  OutputStream* out_;
  RowStore rows_;
  Box box_;
  bool is_begun_ = false;
  int64_t total_ = 0;
};

}  // namespace weir
