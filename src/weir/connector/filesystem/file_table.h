// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What the source and the readers of a table of files share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weir/connector/filesystem/bad_records.h"
#include "weir/connector/filesystem/file_list.h"
#include "weir/connector/filesystem/file_source.h"
#include "weir/format/format.h"

namespace weir {

/// Where a column that a query wants comes from.
struct ColumnOrigin {
  enum class Kind : uint8_t { kFile, kPartition, kMetadata } kind = Kind::kFile;
  int index = 0;  // In the file schema that is read.
  Field field;
};

struct FileTable {
  TableContext context;
  const Format* format = nullptr;
  Options format_options;
  std::string path;
  Schema file_schema;  // All columns in the files.
  Schema read_schema;  // Those that are read.
  std::vector<ColumnOrigin> columns;
  std::vector<BulkFilter> filters;
  std::optional<int64_t> limit;
  BadRecordPolicy bad_records;
  int64_t record_bytes_max = 16 << 20;
  std::string default_partition;
  StandardInput* standard_input = nullptr;  // The connector's.

  FileSystem& files() const { return *context.environment->files; }
};

/// Puts the columns that are the same for a whole file beside those read from it.
class ColumnAssembler {
 public:
  /// `table` outlives the assembler.
  static Result<ColumnAssembler> Make(const FileTable& table, const InputFile& file);
  Status Assemble(Batch* batch, arrow::MemoryPool* pool) const;

 private:
  const std::vector<ColumnOrigin>* columns_ = nullptr;  // The table's.
  std::vector<Value> values_;
};

}  // namespace weir
