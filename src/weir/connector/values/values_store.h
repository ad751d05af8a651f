// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Rows that tests hand to tables of the values connector, and rows that its sinks received, by
// name.
//   store.PutRows("orders", rows)      read by a table WITH ('connector' = 'values', 'data-id' =
//   'orders') store.Received("`c`.`d`.`sink`")   what a sink table got, in order, row kinds
//   included
// Threads: all methods may be called from any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/data/batch.h"

namespace weir {

/// One row, or an explicit watermark between rows.
struct ValuesEvent {
  RowKind kind = RowKind::kInsert;
  ValueList values;  // Physical columns in declared order, then metadata columns.
  std::optional<int64_t> watermark_ms;  // Set: no row.
};
using ValuesRows = std::vector<ValuesEvent>;

/// Rows that a source reads, and the position of the first.
struct GivenRows {
  std::shared_ptr<const ValuesRows> rows;
  int64_t first_position = 0;
};

class ValuesStore {
 public:
  /// `first_position` is greater than 0 when the rows go on from others that are gone: a source
  /// restored at it reads them from their first, one restored before it has lost rows.
  void PutRows(const std::string& id, ValuesRows rows, int64_t first_position = 0);
  /// Rows are null when there are none under `id`.
  GivenRows FindRows(const std::string& id) const;

  /// Readers of rows given here. A reader waits once it was asked for more than there is, hence
  /// after what it had given has been taken.
  struct Readers {
    int opened = 0;
    int waiting = 0;
  };
  Readers readers() const;
  void CountOpened();
  void CountWaiting();

  /// What the sink `id` ('data-id' of its table, else the table's full name) received so far.
  ValuesRows Received(const std::string& id) const;
  void Clear(const std::string& id);
  void Append(const std::string& id, const Batch& batch);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, GivenRows> given_;
  Readers readers_;
  std::map<std::string, ValuesRows> received_;
};

/// Reads rows from JSON text: an array of rows, or one row a line. A row is an array of values in
/// the order of `columns`, {"op": "+I", "values": [...]}, or {"watermark": millis}. Values: NULL
/// null; DECIMAL a string; BYTES hex digits; TIMESTAMP 'yyyy-MM-dd HH:mm:ss[.f]'; TIMESTAMP_LTZ the
/// same in UTC with Z; INTERVAL months or milliseconds; ROW a list of its fields; MAP and MULTISET
/// a list of [key, value]; VARIANT {"t": kind, "v": value} or any JSON. Errors: kInvalidData naming
/// row and column.
Result<ValuesRows> ParseValuesRows(std::string_view json_text, const std::vector<Field>& columns);

}  // namespace weir
