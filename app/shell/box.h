// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Rows in a box of ASCII lines. Columns are as wide as their widest cell so far; texts, bytes and
// nested values are cut.
//   +----+---------+
//   | id | name    |
//   +----+---------+
//   |  1 | Alic... |
//   +----+---------+
#pragma once

#include <string>
#include <vector>

#include "weir/session/changelog_fold.h"

namespace weir {

class Box {
 public:
  /// `text_width_max`: of columns of variable length; <= 0: any.
  Box(const Schema& schema, int text_width_max);
  /// A column before those of the schema, for row kinds.
  void AddLeadingColumn(std::string title);

  /// Makes the columns wide enough for `cells` (one a column, the leading one too).
  void Fit(const std::vector<std::string>& cells);
  /// Cuts columns of variable length further, down to a readable width, until a line has
  /// `width_max` columns.
  void Shrink(int width_max);

  void AppendBorder(std::string* out) const;
  void AppendHeader(std::string* out) const;  // With borders above and below.
  void AppendRow(const std::vector<std::string>& cells, std::string* out) const;
  /// A line over all columns: "... 1,234 more rows ...".
  void AppendNote(std::string_view text, std::string* out) const;

 private:
  struct ColumnBox {
    std::string title;
    bool right_aligned = false;
    bool may_cut = false;
    int width = 0;
    int width_max = 0;  // 0: any.
  };
  int LineWidth() const;

  std::vector<ColumnBox> columns_;
  int text_width_max_;
};

}  // namespace weir
