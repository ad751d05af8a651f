// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The SQL/JSON functions. The binder lowers their clauses to literal arguments:
//   JSON_EXISTS(json, path, on_error)             on_error: 'TRUE' 'FALSE' 'UNKNOWN' 'ERROR'
//   JSON_VALUE(json, path, on_empty, default_on_empty, on_error, default_on_error)
//                                                 on_..: 'NULL' 'ERROR' 'DEFAULT'; the type of the
//                                                 defaults, typed NULLs where there are none, is
//                                                 RETURNING's: STRING BOOLEAN INT DOUBLE
//   JSON_QUERY(json, path, wrapper, on_empty, on_error, returning)
//                                                 wrapper: 'WITHOUT' 'CONDITIONAL' 'UNCONDITIONAL';
//                                                 on_..: 'NULL' 'ERROR' 'EMPTY ARRAY' 'EMPTY
//                                                 OBJECT'; returning: a typed NULL
//   IS JSON(json, kind)                           kind: 'VALUE' 'SCALAR' 'ARRAY' 'OBJECT'
//   JSON_OBJECT(on_null, key, value, ...)         on_null: 'NULL' 'ABSENT'
//   JSON_ARRAY(on_null, value, ...)
//   JSON_OBJECTAGG(key, value, on_null), JSON_ARRAYAGG(value, on_null)
// JSON_OBJECT and JSON_ARRAY become $JSON_OBJECT(shapes, on_null, ...) and $JSON_ARRAY: `shapes`
// has a letter a value, 'v' for a value, 'r' for the text of a nested constructor, 'j' for the
// argument of JSON(..).
#pragma once

#include "weir/expr/function_registry.h"

namespace weir {

void RegisterJsonQueries(FunctionRegistry* registry);  // JSON_VALUE JSON_QUERY JSON_EXISTS IS JSON
void RegisterJsonConstructors(
    FunctionRegistry* registry);  // JSON_OBJECT JSON_ARRAY JSON_STRING JSON_QUOTE JSON_UNQUOTE

}  // namespace weir
