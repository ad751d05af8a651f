// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "box.h"

#include <algorithm>

#include "terminal.h"

namespace weir {
namespace {

constexpr int kCutWidthMin = 10;  // Shrunk further, a text says nothing.

/// Types whose texts can be of any length.
bool HasAnyLength(const DataType& type) { return type.is_view() || type.is_nested(); }

void AppendPadded(std::string_view text, int width, bool right_aligned, std::string* out) {
  auto padding = static_cast<size_t>(std::max(0, width - DisplayWidth(text)));
  if (right_aligned) out->append(padding, ' ');
  out->append(text);
  if (!right_aligned) out->append(padding, ' ');
}

}  // namespace

Box::Box(const Schema& schema, int text_width_max) : text_width_max_(text_width_max) {
  for (const Field& field : schema.fields) {
    ColumnBox column;
    column.title = IsCleanText(field.name) ? field.name : CleanText(field.name);
    column.right_aligned = field.type.is_numeric();
    column.may_cut = HasAnyLength(field.type);
    column.width_max = column.may_cut ? std::max(text_width_max_, 0) : 0;
    column.width = DisplayWidth(column.title);
    columns_.push_back(std::move(column));
  }
}

void Box::AddLeadingColumn(std::string title) {
  ColumnBox column;
  column.width = DisplayWidth(title);
  column.title = std::move(title);
  columns_.insert(columns_.begin(), std::move(column));
}

void Box::Fit(const std::vector<std::string>& cells) {
  for (size_t i = 0; i < cells.size(); ++i) {
    ColumnBox& column = columns_[i];
    // The bytes of a text bound its columns, but for control characters, which grow up to four
    // times.
    if (static_cast<int>(cells[i].size()) <= column.width / 4) continue;
    int width = IsCleanText(cells[i]) ? DisplayWidth(cells[i]) : DisplayWidth(CleanText(cells[i]));
    if (column.width_max > 0) width = std::min(width, column.width_max);
    column.width = std::max(column.width, width);
  }
}

int Box::LineWidth() const {
  int width = 1;
  for (const ColumnBox& column : columns_) width += column.width + 3;
  return width;
}

void Box::Shrink(int width_max) {
  for (int over = LineWidth() - width_max; over > 0; over = LineWidth() - width_max) {
    ColumnBox* widest = nullptr;
    for (ColumnBox& column : columns_) {
      int least = std::max(kCutWidthMin, DisplayWidth(column.title));
      if (column.may_cut && column.width > least &&
          (widest == nullptr || column.width > widest->width))
        widest = &column;
    }
    if (widest == nullptr) return;
    --widest->width;
    widest->width_max = widest->width;
  }
}

void Box::AppendBorder(std::string* out) const {
  for (const ColumnBox& column : columns_) {
    *out += '+';
    out->append(static_cast<size_t>(column.width) + 2, '-');
  }
  *out += "+\n";
}

void Box::AppendHeader(std::string* out) const {
  AppendBorder(out);
  for (const ColumnBox& column : columns_) {
    *out += "| ";
    AppendPadded(column.title, column.width, column.right_aligned, out);
    *out += ' ';
  }
  *out += "|\n";
  AppendBorder(out);
}

void Box::AppendRow(const std::vector<std::string>& cells, std::string* out) const {
  for (size_t i = 0; i < columns_.size(); ++i) {
    const ColumnBox& column = columns_[i];
    *out += "| ";
    bool is_short = column.width_max <= 0 || static_cast<int>(cells[i].size()) <= column.width_max;
    if (is_short && IsCleanText(cells[i])) {
      AppendPadded(cells[i], column.width, column.right_aligned, out);
    } else {
      std::string clean = CleanText(cells[i]);
      if (column.width_max > 0) clean = CutText(clean, column.width_max);
      AppendPadded(clean, column.width, column.right_aligned, out);
    }
    *out += ' ';
  }
  *out += "|\n";
}

void Box::AppendNote(std::string_view text, std::string* out) const {
  int inside = LineWidth() - 4;
  *out += "| ";
  AppendPadded(CutText(text, inside), inside, false, out);
  *out += " |\n";
}

}  // namespace weir
