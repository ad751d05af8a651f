// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Columns that do not lie in a file but in its path or its metadata.
#include "weir/connector/filesystem/file_table.h"
#include "weir/data/precision.h"
#include "weir/data/text.h"

namespace weir {
namespace {

Result<Value> PartitionValue(const std::string& text, const Field& field,
                             const std::string& default_name) {
  if (text == default_name) return Value::Null();
  auto made = [&](auto parsed) -> Result<Value> {
    if (!parsed)
      return InvalidData("'{}' in the path is not a value of partition column '{}' {}", text,
                         field.name, field.type.ToString());
    return Value::Int(*parsed);
  };
  const DataType& type = field.type;
  switch (type.kind()) {
    case TypeKind::kChar:
    case TypeKind::kVarchar:
      return Value::String(text);
    case TypeKind::kBoolean:
      if (auto parsed = ParseBoolean(text)) return Value::Bool(*parsed);
      return made(std::optional<int64_t>());
    case TypeKind::kTinyInt:
    case TypeKind::kSmallInt:
    case TypeKind::kInt:
    case TypeKind::kBigInt:
      return made(ParseInteger(text));
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      if (auto parsed = ParseDouble(text)) return Value::Double(*parsed);
      return made(std::optional<int64_t>());
    case TypeKind::kDecimal:
      if (auto parsed = ParseDecimal(text, type.precision(), type.scale()))
        return Value::Decimal(*parsed);
      return made(std::optional<int64_t>());
    case TypeKind::kDate:
      return made(ParseDate(text));
    case TypeKind::kTime:
      if (auto parsed = ParseTime(text)) return Value::Int(CutTime(*parsed, type.precision()));
      return made(std::optional<int64_t>());
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      if (auto parsed = ParseTimestamp(text, type.precision())) return Value::Ticks(*parsed, type);
      return made(std::optional<int64_t>());
    default:
      return Unsupported("partition columns of type {} are not supported", type.ToString());
  }
}

Value MetadataValue(const InputFile& file, const std::string& key) {
  if (key == "file.path") return Value::String(file.path);
  if (key == "file.name") return Value::String(file.path.substr(file.path.rfind('/') + 1));
  if (key == "file.size") return Value::Int(file.size_bytes);
  return Value::Int(file.modified_micros / 1000 * 1000);
}

}  // namespace

Result<ColumnAssembler> ColumnAssembler::Make(const FileTable& table, const InputFile& file) {
  ColumnAssembler assembler;
  assembler.columns_ = &table.columns;
  for (const ColumnOrigin& column : table.columns) {
    Value value;
    if (column.kind == ColumnOrigin::Kind::kPartition) {
      auto found = file.partition.find(column.field.name);
      if (found == file.partition.end()) {
        return InvalidData("'{}' is not in a directory of partition column '{}' ({}=...)",
                           file.path, column.field.name, column.field.name);
      }
      WEIR_ASSIGN_OR_RETURN(value,
                            PartitionValue(found->second, column.field, table.default_partition));
    } else if (column.kind == ColumnOrigin::Kind::kMetadata) {
      value = MetadataValue(file, column.field.name);
    }
    assembler.values_.push_back(std::move(value));
  }
  return assembler;
}

Status ColumnAssembler::Assemble(Batch* batch, arrow::MemoryPool* pool) const {
  ColumnVector columns;
  for (size_t i = 0; i < columns_->size(); ++i) {
    const ColumnOrigin& origin = (*columns_)[i];
    if (origin.kind == ColumnOrigin::Kind::kFile) {
      columns.push_back(batch->columns[static_cast<size_t>(origin.index)]);
    } else {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr column,
                            MakeConstant(values_[i], origin.field.type, batch->num_rows, pool));
      columns.push_back(std::move(column));
    }
  }
  batch->columns = std::move(columns);
  return Status::OK();
}

}  // namespace weir
