// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Weir's files as Arrow's, for the Parquet library.
#pragma once

#include <arrow/io/interfaces.h>

#include <memory>

#include "weir/base/environment.h"

namespace weir {

/// Reads `file`. Threads: as ReadableFile::ReadAt.
std::shared_ptr<arrow::io::RandomAccessFile> ToArrowFile(std::shared_ptr<ReadableFile> file,
                                                         arrow::MemoryPool* pool);
/// Writes to `file`, which the caller keeps and closes.
std::shared_ptr<arrow::io::OutputStream> ToArrowStream(WritableFile* file);

}  // namespace weir
