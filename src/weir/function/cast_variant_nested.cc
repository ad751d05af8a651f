// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Casts of VARIANT to ARRAY, MAP and ROW, and back. The parts of all rows become a column of their
// own, which is cast as such, so that a leaf follows the rules of cast_variant.cc; what fails in a
// part fails the whole value.
//   CAST(PARSE_JSON('{"a": 1, "b": [2, null]}') AS ROW<a BIGINT, b ARRAY<INT>>) = (1, [2, NULL])
//   CAST(MAP['k', 1] AS VARIANT) is {"k":1}
// Fields of a ROW are found by name, case counts; one that is missing is an error, others are
// ignored. A null within a variant is NULL, but stays where the part is a VARIANT. Text leaves are
// the bare text, although CAST(variant AS STRING) is the JSON.
// Source: Flink 2.4's rules (VariantToArrayCastRule and its kind, ToVariantConverter); 2.2 has none
// of these casts.
#include "weir/function/cast.h"
#include "weir/function/list_builder.h"
#include "weir/function/variant.h"

namespace weir {
namespace {

using sv = std::string_view;

std::string NameOf(const DataType& type) { return type.AsNullable().ToString(); }

/// The kernel that makes parts, which PartColumn wrote, values of `to`; empty: they are already.
Result<Kernel> MakePartKernel(const CastCall& cast, const DataType& to) {
  if (to.kind() == TypeKind::kVariant) return Kernel();
  CastCall part = cast;
  part.from = to.is_character() ? DataType::String() : DataType::Variant();
  part.to = to;
  if (IsFreeCast(part.from, to, cast.legacy)) return Kernel();
  return MakeCastKernel(part);
}

/// A child of the result: parts of variants in the order of its rows.
class PartColumn {
 public:
  PartColumn(const DataType& type, int64_t rows, arrow::MemoryPool* pool)
      : type_(type), rows_(rows), writer_(rows, pool) {}

  void SetNull(int64_t row) { writer_.SetNull(row); }
  /// False: it is NULL, which the type does not allow, or cannot be encoded.
  bool Set(int64_t row, const Variant& part) {
    if (type_.kind() != TypeKind::kVariant && part.kind() == VariantKind::kNull) {
      writer_.SetNull(row);
      return type_.nullable();
    }
    if (type_.is_character()) {
      SetText(row, part);
      return true;
    }
    auto bytes = encoder_.Encode(part);
    if (bytes.ok()) writer_.Set(row, *bytes);
    return bytes.ok();
  }
  Result<ColumnPtr> Finish(const Kernel& kernel, KernelContext& context) {
    const DataType parts = type_.is_character() ? DataType::String() : DataType::Variant();
    WEIR_ASSIGN_OR_RETURN(ColumnPtr column, writer_.Finish(parts));
    if (!kernel || rows_ == 0)
      return rows_ == 0 ? MakeEmptyColumn(type_, context.pool) : Retype(column, type_);
    WEIR_ASSIGN_OR_RETURN(column, CastColumn(kernel, context, column, type_));
    return Flatten(column, context.pool);
  }

 private:
  void SetText(int64_t row, const Variant& part) {
    if (part.kind() == VariantKind::kString || part.kind() == VariantKind::kBytes)
      return writer_.Set(row, part.text());
    if (part.kind() == VariantKind::kBoolean)
      return writer_.Set(row, part.bool_value() ? "TRUE" : "FALSE");
    std::string json;
    AppendVariantJson(part, &json);
    sv text = json;
    bool quoted = part.kind() != VariantKind::kObject && text.size() > 1 && text.front() == '"';
    writer_.Set(row, quoted ? text.substr(1, text.size() - 2) : text);
  }

  DataType type_;
  int64_t rows_;
  StringColumnWriter writer_;
  VariantPartWriter encoder_;
};

/// Opens the variant of a row; empty: the row is NULL or failed.
std::optional<Variant> OpenShape(sv bytes, VariantKind shape, const DataType& to, KernelRow& row) {
  auto variant = Variant::Open(bytes);
  if (!variant) {
    row.Fail("malformed variant");
  } else if (variant->kind() == VariantKind::kNull) {  // As in casts to scalar types.
    if (to.nullable()) {
      row.SetNull();
    } else {
      row.Fail(
          fmt::format("Cannot cast a VARIANT null value to {}, which has no NULL", to.ToString()));
    }
  } else if (variant->kind() != shape) {
    row.Fail(fmt::format("Cannot cast a VARIANT {} value to {}: it takes an {}",
                         VariantKindName(variant->kind()), NameOf(to),
                         shape == VariantKind::kArray ? "array" : "object"));
  } else {
    return variant;
  }
  return std::nullopt;
}

/// Calls visit(row, variant) for the rows whose variant has the shape, in order.
template <typename Visit>
Result<BufferPtr> VisitShapes(KernelContext& context, const Column& in, int64_t n,
                              VariantKind shape, const DataType& to, const Visit& visit) {
  WEIR_ASSIGN_OR_RETURN(auto valid,
                        ArgumentValidity({std::make_shared<Column>(in)}, n, context.pool));
  KernelRow row(context, n);
  Reader<sv> bytes(in);
  VisitSetBits(valid ? valid->data() : nullptr, n, [&](int64_t i) {
    row.MoveTo(i);
    auto variant = OpenShape(bytes[i], shape, to, row);
    if (variant) visit(i, *variant, row);
  });
  return row.TakeValidity();
}

/// A flat list column without children.
Result<std::shared_ptr<Column>> MakeLists(const DataType& to, const std::vector<int64_t>& sizes,
                                          arrow::MemoryPool* pool) {
  auto lists = std::make_shared<Column>();
  lists->type = to;
  lists->length = static_cast<int64_t>(sizes.size());
  WEIR_ASSIGN_OR_RETURN(auto buffer,
                        AllocateBuffer((lists->length + 1) * int64_t{sizeof(int32_t)}, pool));
  auto* offsets = reinterpret_cast<int32_t*>(buffer->mutable_data());
  int64_t end = 0;
  *offsets++ = 0;
  for (int64_t size : sizes) {
    end += size;
    if (end > INT32_MAX) return ResourceExhausted("a batch has more than 2^31 elements");
    *offsets++ = static_cast<int32_t>(end);
  }
  lists->values = std::move(buffer);
  return lists;
}

/// Casts a child and blames the rows that own what fails.
Status AddChild(KernelContext& context, Column* out, int64_t n, PartColumn* parts,
                const Kernel& kernel) {
  RowErrors errors;
  KernelContext inner = context;
  inner.errors = &errors;
  WEIR_ASSIGN_OR_RETURN(ColumnPtr child, parts->Finish(kernel, inner));
  out->children.push_back(std::move(child));
  ReportOwners(*out, n, errors, context.errors);
  return Status::OK();
}

/// The lists that rows of an array or object become, and those rows' values, in order.
struct OpenLists {
  std::shared_ptr<Column> lists;  // Without children.
  std::vector<std::pair<int64_t, Variant>> values;
};
Result<OpenLists> OpenListsOf(KernelContext& context, const Column& in, int64_t n, VariantKind kind,
                              const DataType& to) {
  OpenLists open;
  std::vector<int64_t> sizes(static_cast<size_t>(n), 0);
  WEIR_ASSIGN_OR_RETURN(
      BufferPtr validity,
      VisitShapes(context, in, n, kind, to, [&](int64_t i, const Variant& variant, KernelRow&) {
        sizes[static_cast<size_t>(i)] = variant.size();
        open.values.emplace_back(i, variant);
      }));
  WEIR_ASSIGN_OR_RETURN(open.lists, MakeLists(to, sizes, context.pool));
  open.lists->validity = std::move(validity);
  return open;
}

Status ToArray(KernelContext& context, const Column& in, int64_t n, const DataType& to,
               const Kernel& kernel, ColumnPtr* out) {
  WEIR_ASSIGN_OR_RETURN(auto open, OpenListsOf(context, in, n, VariantKind::kArray, to));
  auto& [lists, arrays] = open;
  PartColumn parts(to.fields()[0].type, lists->offsets()[n], context.pool);
  int64_t at = 0;
  for (const auto& [row, variant] : arrays) {
    for (int i = 0; i < variant.size(); ++i) {
      if (!parts.Set(at++, variant.element(i))) {
        context.errors->Add(row, fmt::format("Cannot cast a VARIANT null array element to {}",
                                             to.fields()[0].type.ToString()));
      }
    }
  }
  WEIR_RETURN_NOT_OK(AddChild(context, lists.get(), n, &parts, kernel));
  *out = std::move(lists);
  return Status::OK();
}

Status ToMap(KernelContext& context, const Column& in, int64_t n, const DataType& to,
             const std::vector<Kernel>& kernels, ColumnPtr* out) {
  WEIR_ASSIGN_OR_RETURN(auto open, OpenListsOf(context, in, n, VariantKind::kObject, to));
  auto& [lists, objects] = open;
  const int64_t entries = lists->offsets()[n];
  StringColumnWriter names(entries, context.pool);
  PartColumn values(to.fields()[1].type, entries, context.pool);
  int64_t at = 0;
  for (const auto& [row, variant] : objects) {
    for (int i = 0; i < variant.size(); ++i, ++at) {
      names.Set(at, variant.key(i));
      if (!values.Set(at, variant.element(i))) {
        context.errors->Add(row, fmt::format("Cannot cast a VARIANT null object value to {}",
                                             to.fields()[1].type.ToString()));
      }
    }
  }
  WEIR_ASSIGN_OR_RETURN(ColumnPtr keys, names.Finish());
  lists->children.push_back(Retype(keys, to.fields()[0].type));
  WEIR_RETURN_NOT_OK(AddChild(context, lists.get(), n, &values, kernels[1]));
  *out = std::move(lists);
  return Status::OK();
}

Status ToRow(KernelContext& context, const Column& in, int64_t n, const DataType& to,
             const std::vector<Kernel>& kernels, ColumnPtr* out) {
  const std::vector<Field>& fields = to.fields();
  std::vector<std::unique_ptr<PartColumn>> parts;
  for (const Field& field : fields) {
    parts.push_back(std::make_unique<PartColumn>(field.type, n, context.pool));
  }
  std::vector<char> is_object(static_cast<size_t>(n), 0);
  auto visit = [&](int64_t i, const Variant& object, KernelRow& row) {
    is_object[static_cast<size_t>(i)] = 1;
    for (size_t f = 0; f < fields.size(); ++f) {
      auto field = object.Find(fields[f].name);
      if (!field) {
        parts[f]->SetNull(i);
        row.Fail(fmt::format("Cannot cast the VARIANT object to {}: it has no field '{}'",
                             NameOf(to), fields[f].name));
      } else if (!parts[f]->Set(i, *field)) {
        row.Fail(fmt::format(
            "Cannot cast the VARIANT object to {}: the field '{}' is null and may not be",
            NameOf(to), fields[f].name));
      }
    }
  };
  auto rows = std::make_shared<Column>();
  rows->type = to;
  rows->length = n;
  WEIR_ASSIGN_OR_RETURN(rows->validity,
                        VisitShapes(context, in, n, VariantKind::kObject, to, visit));
  for (int64_t i = 0; i < n; ++i) {
    for (auto& part : parts) {
      if (is_object[static_cast<size_t>(i)] == 0) part->SetNull(i);
    }
  }
  for (size_t f = 0; f < fields.size(); ++f)
    WEIR_RETURN_NOT_OK(AddChild(context, rows.get(), n, parts[f].get(), kernels[f]));
  *out = std::move(rows);
  return Status::OK();
}

// ---- To VARIANT ----

/// Adds a row of a VARIANT column; NULL is a variant null.
void AddRow(const Column& column, int64_t row, VariantBuilder* builder) {
  if (column.IsNull(row)) return builder->AddNull();
  const auto bytes = column.At<StringView>(row);  // Short ones lie in it.
  auto variant = Variant::Open(bytes.view());
  variant ? builder->AddVariant(*variant) : builder->AddNull();
}

/// Adds row `i` of `in`, whose children are `parts` as VARIANT (the keys of a MAP as they are).
/// False: a key is NULL.
bool AddNested(const Column& in, int64_t i, const ColumnVector& parts, VariantBuilder* builder) {
  const int64_t at = in.Position(i);
  if (in.type.kind() == TypeKind::kRow) {
    builder->BeginObject();
    for (size_t f = 0; f < parts.size(); ++f) {
      builder->AddKey(in.type.fields()[f].name);
      AddRow(*parts[f], at, builder);
    }
    builder->End();
    return true;
  }
  const ElementRange range = ElementsOf(in, i);
  const bool is_map = in.type.kind() == TypeKind::kMap;
  is_map ? builder->BeginObject() : builder->BeginArray();
  for (int64_t e = range.begin; e < range.end; ++e) {
    if (is_map) {
      if (parts[0]->IsNull(e)) return false;
      builder->AddKey(parts[0]->At<StringView>(e).view());
    }
    AddRow(*parts.back(), e, builder);
  }
  builder->End();
  return true;
}

Status FromNested(KernelContext& context, const ColumnPtr& arg, int64_t n,
                  const std::vector<Kernel>& kernels, ColumnPtr* out) {
  const Column& in = *arg;
  ColumnVector parts = in.children;
  for (size_t f = 0; f < kernels.size() && f < parts.size(); ++f) {
    if (!kernels[f]) continue;
    RowErrors errors;
    KernelContext inner = context;
    inner.errors = &errors;
    WEIR_ASSIGN_OR_RETURN(parts[f], CastColumn(kernels[f], inner, parts[f], DataType::Variant()));
    ReportOwners(in, n, errors, context.errors);
  }
  WEIR_ASSIGN_OR_RETURN(auto valid, ArgumentValidity({arg}, n, context.pool));
  StringColumnWriter writer(n, context.pool);
  VariantBuilder builder(VariantBuilder::DuplicateKeys::kKeepLast);
  std::string bytes;
  VisitSetBits(valid ? valid->data() : nullptr, n, [&](int64_t i) {
    builder.Clear();
    bytes.clear();
    if (!AddNested(in, i, parts, &builder)) {
      return context.errors->Add(
          i, fmt::format("Cannot cast a value of {} to VARIANT: a key is NULL", NameOf(in.type)));
    }
    Status status = builder.Finish(&bytes);
    if (!status.ok()) return context.errors->Add(i, status.message());
    writer.Set(i, bytes);
  });
  WEIR_ASSIGN_OR_RETURN(*out, writer.Finish(DataType::Variant()));
  return Status::OK();
}

}  // namespace

Result<Kernel> MakeVariantToNested(const CastCall& cast) {
  const DataType& to = cast.to;
  std::vector<Kernel> kernels;
  for (const Field& field : to.fields()) {
    WEIR_ASSIGN_OR_RETURN(Kernel kernel, MakePartKernel(cast, field.type));
    kernels.push_back(std::move(kernel));
  }
  if (to.kind() == TypeKind::kMap && kernels[0]) {  // Cut names could be equal.
    return Unsupported(
        "a cast of VARIANT to a MAP with keys of {} is not supported yet, of STRING is",
        NameOf(to.fields()[0].type));
  }
  return Kernel([to, kernels](KernelContext& context, const ColumnVector& args, int64_t n,
                              ColumnPtr* out) -> Status {
    if (to.kind() == TypeKind::kArray) return ToArray(context, *args[0], n, to, kernels[0], out);
    if (to.kind() == TypeKind::kMap) return ToMap(context, *args[0], n, to, kernels, out);
    return ToRow(context, *args[0], n, to, kernels, out);
  });
}

Result<Kernel> MakeVariantFromNested(const CastCall& cast) {
  std::vector<Kernel> kernels;
  for (size_t f = 0; f < cast.from.fields().size(); ++f) {
    CastCall part = cast;
    part.from = cast.from.fields()[f].type;
    part.to = DataType::Variant();
    Kernel kernel;
    bool is_key = cast.from.kind() == TypeKind::kMap && f == 0;
    if (!is_key && part.from.kind() != TypeKind::kVariant) {
      WEIR_ASSIGN_OR_RETURN(kernel, MakeCastKernel(part));
    }
    kernels.push_back(std::move(kernel));
  }
  return Kernel(
      [kernels](KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
        return FromNested(context, args[0], n, kernels, out);
      });
}

}  // namespace weir
