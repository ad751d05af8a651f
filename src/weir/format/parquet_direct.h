// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Parquet columns without repetition, and ROWs of such, straight from pages into Weir's columns:
// one pass from the decoder to the column's buffers, without Arrow arrays between. What is repeated
// or of a rarer type goes through Arrow's reader (parquet_format.cc).
//
//   levels  3 3 1 3 0   values a b c      column  a b NULL c NULL     (leaf: 3; its ROW is not NULL
//   from 1 on)
//
// Exceptions of the Parquet library pass through: callers catch them.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "weir/data/column.h"

namespace parquet {
class ColumnReader;
class RowGroupReader;
namespace schema {
class GroupNode;
class Node;
}  // namespace schema
class SchemaDescriptor;
}  // namespace parquet

namespace weir {

class ParquetLeaf;

/// One column of a query over one file. Threads: one.
class ParquetDirectColumn {
 public:
  ~ParquetDirectColumn();
  ParquetDirectColumn(ParquetDirectColumn&&) noexcept;
  ParquetDirectColumn& operator=(ParquetDirectColumn&&) noexcept;
  /// Plans `type` over the file's field `node`. Empty: Arrow's reader is needed.
  static std::optional<ParquetDirectColumn> Plan(const parquet::schema::Node& node,
                                                 const DataType& type,
                                                 const parquet::SchemaDescriptor& schema);

  void StartGroup(parquet::RowGroupReader& group);
  /// Passes over the next `rows` rows of the group.
  void Skip(int64_t rows);
  /// The next `rows` rows of the group, which must have them.
  Result<ColumnPtr> Read(int64_t rows, arrow::MemoryPool* pool);

 private:
  struct Node {
    DataType type;
    int16_t level = 0;  // Not NULL from this definition level on.
    int leaf = -1;      // Of leaves_: its values, or (ROW) levels to tell NULLs by.
    std::vector<Node> children;
    bool missing = false;  // Not in the file.
  };
  ParquetDirectColumn();
  bool PlanNode(const parquet::schema::Node& node, const DataType& type, int16_t level,
                const parquet::SchemaDescriptor& schema, Node* out);
  Result<ColumnPtr> Assemble(const Node& node, int64_t rows, arrow::MemoryPool* pool);

  Node root_;
  std::vector<std::unique_ptr<ParquetLeaf>> leaves_;
};

}  // namespace weir
