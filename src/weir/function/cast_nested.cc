// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Casts of ARRAY, MAP, MULTISET and ROW: their children are cast as columns of their own. A child
// that cannot be converted makes the whole value fail.
#include <algorithm>

#include "weir/function/cast.h"

namespace weir {

void ReportOwners(const Column& column, int64_t n, const RowErrors& errors, RowErrors* out) {
  if (errors.empty()) return;
  bool lists = column.type.kind() != TypeKind::kRow;
  for (int64_t row : errors.rows()) {
    const std::string& message = errors.first_message();
    if (column.is_constant()) {
      for (int64_t i = 0; i < n; ++i) out->Add(i, message);
      return;
    }
    int64_t owner = row;
    if (lists) {
      const int32_t* ends = column.offsets() + 1;
      owner = std::upper_bound(ends, ends + n, static_cast<int32_t>(row)) - ends;
    }
    if (owner < n && !column.IsNull(owner) && (!lists || column.offsets()[owner] <= row))
      out->Add(owner, message);
  }
}

Result<Kernel> MakeNestedCast(const CastCall& cast) {
  if (cast.from.fields().size() != cast.to.fields().size()) {
    return InvalidQuery("Cast function cannot convert value of type {} to type {}",
                        cast.from.ToString(), cast.to.ToString());
  }
  std::vector<Kernel> children;
  for (size_t i = 0; i < cast.from.fields().size(); ++i) {
    CastCall child = cast;
    child.from = cast.from.fields()[i].type;
    child.to = cast.to.fields()[i].type;
    WEIR_ASSIGN_OR_RETURN(Kernel kernel, MakeCastKernel(child));
    children.push_back(std::move(kernel));
  }
  return Kernel([children, to = cast.to](KernelContext& context, const ColumnVector& args,
                                         int64_t n, ColumnPtr* out) -> Status {
    const Column& in = *args[0];
    auto column = std::make_shared<Column>(in);
    column->type = to;
    for (size_t i = 0; i < in.children.size() && i < children.size(); ++i) {
      RowErrors errors;
      KernelContext inner = context;
      inner.errors = &errors;
      WEIR_ASSIGN_OR_RETURN(column->children[i],
                            CastColumn(children[i], inner, in.children[i], to.fields()[i].type));
      ReportOwners(in, n, errors, context.errors);
    }
    *out = std::move(column);
    return Status::OK();
  });
}

}  // namespace weir
