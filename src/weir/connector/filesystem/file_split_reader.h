// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#pragma once

#include <memory>

#include "weir/connector/filesystem/file_split.h"
#include "weir/connector/filesystem/file_table.h"

namespace weir {

/// Reads `split` on from its position. Errors: kInvalidData when the file is not the one any more
/// that the position was taken in.
Result<std::unique_ptr<SplitReader>> OpenFileSplit(std::shared_ptr<const FileTable> table,
                                                   const SourceSplit& split);

}  // namespace weir
