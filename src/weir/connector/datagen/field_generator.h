// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#pragma once

#include <memory>
#include <optional>

#include "weir/connector/connector.h"
#include "weir/connector/random_stream.h"
#include "weir/format/column_slots.h"

namespace weir {

/// What one row's values are made from.
struct GeneratedRow {
  int64_t number = 0;  // From 0.
  int64_t wall_micros = 0;
  RandomStream random{0, 0};  // Of this field.
};

/// Makes the values of one field (and of what is below it).
class FieldGenerator {
 public:
  virtual ~FieldGenerator() = default;
  virtual Status Generate(const GeneratedRow& row, ColumnSlot& slot, int64_t position,
                          BatchSlots* batch) const = 0;
  /// Rows until the field runs out; empty: never.
  virtual std::optional<int64_t> rows_max() const { return std::nullopt; }
};

/// Reads the options "<prefix>.kind", "<prefix>.min", ... of a field. Errors name the option.
Result<std::unique_ptr<FieldGenerator>> MakeFieldGenerator(const DataType& type,
                                                           const std::string& prefix,
                                                           const Options& options);

}  // namespace weir
