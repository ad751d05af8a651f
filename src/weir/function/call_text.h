// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// For tests: evaluates a call written as text, in the small part of SQL that needs no parser.
//   Eval("CONCAT('a', UPPER('b'))")                         ->  "aB"
//   Eval("TIMESTAMPADD('DAY', 1, DATE '2016-06-15')")       ->  "2016-06-16"
//   Eval("ARRAY_CONTAINS(ARRAY[1, 2], NULL AS INT)")        ->  "FALSE"
//   Eval("REPEAT('a', 1000000000)")                         ->  "error: a result of ..."
// Literals: 'text', X'00', 1, 1.5 (DECIMAL), 1.5e0, TRUE, FALSE, NULL [AS type], DATE '..', TIME
// '..', TIMESTAMP '..', INTERVAL '..' SECOND or MONTH (counts), ARRAY[..], MAP[..], ROW(..); any of
// them "AS type" is cast.
#pragma once

#include <string>
#include <string_view>

#include "weir/expr/function_registry.h"

namespace weir {

/// The registry with all built-in functions.
const FunctionRegistry& AllFunctions();
/// The value as CAST(.. AS STRING) prints it, or "error: " and the message.
std::string Eval(std::string_view call, const FunctionConfig& config = {});
/// The type of the result, or "error: ".
std::string TypeOfCall(std::string_view call, const FunctionConfig& config = {});

}  // namespace weir
