// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Drops -U rows, for readers that go by key.
//   in   +I a 1  -U a 1  +U a 2        out  +I a 1  +U a 2
#pragma once

#include <memory>

#include "weir/operator/operator.h"

namespace weir {

struct DropUpdateBeforeSpec {
  /// -U rows become -D instead: for input where a -U may come without its +U, such as a filter's.
  bool as_delete = false;
};

/// `batch` without its -U rows; itself when it has none.
Result<Batch> WithoutUpdateBefore(const Batch& batch, arrow::MemoryPool* pool);

Result<std::unique_ptr<Operator>> MakeDropUpdateBefore(DropUpdateBeforeSpec spec,
                                                       OperatorContext& context);

}  // namespace weir
