// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Internal to bind/: the parts of a table declaration, shared by CREATE and ALTER.
#pragma once

#include <string>

#include "weir/bind/binder.h"

namespace weir::bind {

Result<TableColumn> ColumnOf(const AstColumn& ast);
/// `column`: the name when the constraint stands inside a column definition, else empty.
Status AddConstraint(const AstConstraint& constraint, const std::string& column,
                     TableDefinition* table);
Status AddWatermark(const AstWatermark& watermark, TableDefinition* table);
/// Resolves computed columns and the watermark; checks names, keys and partitions.
Status CheckTable(TableDefinition* table, const BinderContext& context);

}  // namespace weir::bind
