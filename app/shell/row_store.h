// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The rows that a box shows: an append-only result as it is, a changelog folded. With a limit, an
// append-only result keeps only its first and last rows, so that any number may pass.
//   limit 4:  1 2 3 4 5 6 7   ->   head 1 2   omitted 3   tail 6 7
// Threads: one at a time.
#pragma once

#include <deque>
#include <vector>

#include "weir/session/changelog_fold.h"
#include "weir/session/session.h"

namespace weir {

class RowStore {
 public:
  /// `rows_max`: 0 keeps every row.
  RowStore(const QueryResult& result, const TimeZone* zone, int64_t rows_max);

  Status Add(const Batch& batch);
  int64_t total() const { return append_only_ ? total_ : fold_.size(); }
  /// Whether rows are only ever added: the last ones are then the news.
  bool is_append_only() const { return append_only_; }

  /// Pointers are good until the next Add.
  struct View {
    std::vector<const FoldedRow*> head;
    int64_t omitted = 0;
    std::vector<const FoldedRow*> tail;
  };
  /// All rows, or the first `head_max` and the last `tail_max`.
  View Rows(int64_t head_max, int64_t tail_max) const;
  View AllRows() const;

 private:
  Status AddAppended(const Batch& batch);

  const TimeZone* zone_;
  bool append_only_;
  int64_t head_max_, tail_max_;  // 0 and 0: no limit, all rows are in head_.
  int64_t total_ = 0;
  std::deque<FoldedRow> head_, tail_;
  ChangelogFold fold_;
};

}  // namespace weir
