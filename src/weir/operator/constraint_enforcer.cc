// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/constraint_enforcer.h"

#include <string>
#include <utility>

namespace weir {
namespace {

bool HasLength(const DataType& type) {
  switch (type.kind()) {
    case TypeKind::kChar:
    case TypeKind::kBinary:
      return true;
    case TypeKind::kVarchar:
    case TypeKind::kVarbinary:
      return type.length() != DataType::kStringLength;
    default:
      return false;
  }
}
bool IsFixedLength(const DataType& type) {
  return type.kind() == TypeKind::kChar || type.kind() == TypeKind::kBinary;
}

/// Length as the type counts it: code points or bytes.
int64_t LengthOf(std::string_view text, const DataType& type) {
  if (type.is_binary()) return static_cast<int64_t>(text.size());
  int64_t count = 0;
  for (char c : text) count += (static_cast<uint8_t>(c) & 0xC0) != 0x80;
  return count;
}

bool LengthFits(std::string_view text, const DataType& type) {
  // No more bytes than characters allowed: certainly not too long.
  if (!IsFixedLength(type) && static_cast<int64_t>(text.size()) <= type.length()) return true;
  int64_t length = LengthOf(text, type);
  return IsFixedLength(type) ? length == type.length() : length <= type.length();
}

std::string TrimOrPad(std::string_view text, const DataType& type) {
  int64_t length = LengthOf(text, type);
  std::string result(text);
  if (length > type.length()) {
    size_t end = 0;
    for (int64_t count = 0; end < text.size(); ++end) {
      bool starts = type.is_binary() || (static_cast<uint8_t>(text[end]) & 0xC0) != 0x80;
      if (starts && count++ == type.length()) break;
    }
    result.resize(end);
  } else if (IsFixedLength(type)) {
    result.append(static_cast<size_t>(type.length() - length), type.is_binary() ? '\0' : ' ');
  }
  return result;
}

/// Looks through a row's nested value.
class NestedCheck {
 public:
  explicit NestedCheck(const ConstraintSpec& spec) : spec_(spec) {}

  /// Sets *drop when the row must be left out.
  Status Check(const Column& column, int64_t row, const DataType& type, const std::string& path,
               bool* drop) const {
    if (column.encoding == Encoding::kDictionary)
      return Check(column.dictionary(), column.indices()[row], type, path, drop);
    if (column.IsNull(row)) return type.nullable() ? Status::OK() : OnNull(path, drop);
    int64_t at = column.Position(row);
    bool collections = spec_.nested == NestedEnforcer::kRowsAndCollections;
    switch (type.kind()) {
      case TypeKind::kRow:
        for (size_t i = 0; i < type.fields().size(); ++i) {
          const Field& field = type.fields()[i];
          WEIR_RETURN_NOT_OK(
              Check(*column.children[i], at, field.type, path + "." + field.name, drop));
        }
        return Status::OK();
      case TypeKind::kArray:
        return collections ? CheckElements(column, at, 0, type.element(), path, "", drop)
                           : Status::OK();
      case TypeKind::kMultiset:
        return collections ? CheckElements(column, at, 0, type.element(), path, "key", drop)
                           : Status::OK();
      case TypeKind::kMap:
        if (!collections) return Status::OK();
        WEIR_RETURN_NOT_OK(CheckElements(column, at, 0, type.key(), path, "key", drop));
        return CheckElements(column, at, 1, type.value(), path, "value", drop);
      default:
        break;
    }
    if (spec_.length == LengthEnforcer::kError && HasLength(type)) {
      std::string_view text = column.views()[at].view();
      if (!LengthFits(text, type)) return LengthError(path, type, text);
    }
    return Status::OK();
  }

  Status OnNull(const std::string& path, bool* drop) const {
    if (spec_.not_null == NotNullEnforcer::kDrop) {
      *drop = true;
      return Status::OK();
    }
    return InvalidData(
        "Column '{}' is NOT NULL, however, a null value is being written into it. You can set job "
        "configuration "
        "'table.exec.sink.not-null-enforcer'='DROP' to suppress this exception and drop such "
        "records silently.",
        path);
  }
  static Status LengthError(const std::string& path, const DataType& type, std::string_view text) {
    return InvalidData(
        "Column '{}' is {}, however, a string of length {} is being written into it. You can set "
        "job configuration "
        "'table.exec.sink.type-length-enforcer' to control this behaviour.",
        path, type.AsNullable().ToString(), LengthOf(text, type));
  }

 private:
  Status CheckElements(const Column& column, int64_t at, size_t child, const DataType& type,
                       const std::string& path, std::string_view name, bool* drop) const {
    int32_t begin = column.offsets()[at], end = column.offsets()[at + 1];
    for (int32_t i = begin; i < end; ++i) {
      std::string where =
          name.empty() ? fmt::format("{}[{}]", path, i - begin) : fmt::format("{}[{}]", path, name);
      WEIR_RETURN_NOT_OK(Check(*column.children[child], i, type, where, drop));
    }
    return Status::OK();
  }

  const ConstraintSpec& spec_;
};

/// Whether anything at or below `type` can be wrong.
bool NeedsCheck(const DataType& type, const ConstraintSpec& spec) {
  if (!type.nullable()) return true;
  if (HasLength(type)) return spec.length != LengthEnforcer::kIgnore;
  if (!type.is_nested() ||
      (type.kind() != TypeKind::kRow && spec.nested != NestedEnforcer::kRowsAndCollections))
    return false;
  for (const Field& field : type.fields()) {
    if (NeedsCheck(field.type, spec)) return true;
  }
  return false;
}

/// Rebuilds a value with trimmed and padded strings.
void TrimNested(Value* value, const DataType& type, NestedEnforcer nested) {
  if (value->is_null()) return;
  if (HasLength(type)) {
    std::string_view text = value->string_value();
    if (!LengthFits(text, type)) *value = Value::String(TrimOrPad(text, type));
    return;
  }
  if (!type.is_nested()) return;
  bool is_row = type.kind() == TypeKind::kRow;
  if (!is_row && nested != NestedEnforcer::kRowsAndCollections) return;
  ValueList list = value->list();
  for (size_t i = 0; i < list.size(); ++i) {
    if (is_row) {
      TrimNested(&list[i], type.fields()[i].type, nested);
    } else if (type.kind() == TypeKind::kArray) {
      TrimNested(&list[i], type.element(), nested);
    } else {
      ValueList entry = list[i].list();
      TrimNested(&entry[0], type.kind() == TypeKind::kMap ? type.key() : type.element(), nested);
      if (type.kind() == TypeKind::kMap) TrimNested(&entry[1], type.value(), nested);
      list[i] = Value::List(std::move(entry));
    }
  }
  *value = Value::List(std::move(list));
}

Result<ColumnPtr> TrimColumn(const ColumnPtr& column, const DataType& type, NestedEnforcer nested,
                             arrow::MemoryPool* pool) {
  bool fits = HasLength(type);
  for (int64_t i = 0; fits && i < column->length; ++i) {
    fits = column->IsNull(i) || LengthFits(column->At<StringView>(i).view(), type);
  }
  if (fits) return column;
  auto builder = ColumnBuilder::Make(column->type, pool);
  for (int64_t i = 0; i < column->length; ++i) {
    Value value = GetValue(*column, i);
    TrimNested(&value, type, nested);
    WEIR_RETURN_NOT_OK(builder->AppendValue(value));
  }
  return builder->Finish();
}

}  // namespace

ConstraintEnforcer::ConstraintEnforcer(ConstraintSpec spec) : spec_(std::move(spec)) {
  for (const Field& field : spec_.schema.fields) {
    bool nested = false;
    if (field.type.is_nested() && spec_.nested != NestedEnforcer::kIgnore)
      nested = NeedsCheck(field.type.AsNullable(), spec_);
    checks_nested_.push_back(nested);
  }
}

Result<Batch> ConstraintEnforcer::Apply(const Batch& batch, arrow::MemoryPool* pool) const {
  NestedCheck check(spec_);
  Batch result = batch;
  std::vector<bool> dropped;
  auto drop_row = [&](int64_t row) {
    dropped.resize(static_cast<size_t>(batch.num_rows));
    dropped[static_cast<size_t>(row)] = true;
  };
  for (int c = 0; c < spec_.schema.size(); ++c) {
    const Field& field = spec_.schema[c];
    ColumnPtr& column = result.columns[static_cast<size_t>(c)];
    bool nested = checks_nested_[static_cast<size_t>(c)];
    bool length = HasLength(field.type) && spec_.length == LengthEnforcer::kError;
    bool nulls = !field.type.nullable() && column->may_have_nulls();
    if (nested || length || nulls) {
      for (int64_t i = 0; i < batch.num_rows; ++i) {
        bool drop = false;
        if (nested) {
          WEIR_RETURN_NOT_OK(check.Check(*column, i, field.type, field.name, &drop));
        } else if (column->IsNull(i)) {
          if (!field.type.nullable()) WEIR_RETURN_NOT_OK(check.OnNull(field.name, &drop));
        } else if (length) {
          StringView view = column->At<StringView>(i);  // Short texts lie in the view itself.
          std::string_view text = view.view();
          if (!LengthFits(text, field.type))
            return NestedCheck::LengthError(field.name, field.type, text);
        }
        if (drop) drop_row(i);
      }
    }
    if (spec_.length == LengthEnforcer::kTrimPad && (HasLength(field.type) || nested)) {
      WEIR_ASSIGN_OR_RETURN(column, TrimColumn(column, field.type, spec_.nested, pool));
    }
  }
  if (dropped.empty()) return result;
  std::vector<int32_t> kept;
  for (size_t i = 0; i < dropped.size(); ++i) {
    if (!dropped[i]) kept.push_back(static_cast<int32_t>(i));
  }
  return GatherBatch(result, kept, pool);
}

}  // namespace weir
