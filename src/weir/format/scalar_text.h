// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Scalars as text in every form that a column's type can be read from, as Flink's json and csv
// formats read them: the slow and complete way behind the fast paths of the decoders.
#pragma once

#include <string>
#include <string_view>

#include "weir/format/column_slots.h"
#include "weir/format/fast_parse.h"

namespace weir {

struct ScalarText {
  std::string_view text;  // Decoded string, or a number or literal as written.
  bool is_string = false;
};

struct ScalarReader {
  char time_separator = '\0';  // Between date and time: ' ', 'T', or either ('\0').
  DateReader dates;

  /// Stores `scalar` as row `row` of `slot`; false with a reason when it is no value of the slot's
  /// type.
  bool Store(const ScalarText& scalar, ColumnSlot& slot, int64_t row, BatchSlots* batch,
             std::string* reason);
};

/// Whether `text` is a number, true, false or null by the grammar of RFC 8259.
bool IsJsonScalar(std::string_view text);
/// Copies valid JSON without the white space between tokens; `out` has room for all of it. Returns
/// the size.
size_t CompactJson(std::string_view text, char* out);

}  // namespace weir
