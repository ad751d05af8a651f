// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What the string families share: strings of a bounded size, and the parts of RegisterString.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "weir/expr/kernel.h"
#include "weir/function/utf8.h"

namespace weir {

/// Room for a result of `size` bytes; fails the row when that is more than one string may have.
inline char* ReserveResult(StringRow& row, size_t size, int64_t bytes_max) {
  if (size > static_cast<size_t>(bytes_max)) {
    row.Fail(fmt::format("a result of {} bytes is longer than the limit of {} bytes for one string",
                         size, bytes_max));
    return nullptr;
  }
  return row.Reserve(size);
}
/// Writes `text` as the result, unless it is too long.
inline void SetResult(StringRow& row, std::string_view text, int64_t bytes_max) {
  if (text.size() > static_cast<size_t>(bytes_max)) {
    ReserveResult(row, text.size(), bytes_max);
  } else {
    row.Set(text);
  }
}

/// StringKernel for results that may be long: apply(args..., row, bytes_max).
template <typename... In, typename Apply>
KernelFactory BoundedStringKernel(Apply apply) {
  return [apply](const CallInfo& call) -> Result<Kernel> {
    int64_t bytes_max =
        call.config == nullptr ? FunctionConfig{}.result_bytes_max : call.config->result_bytes_max;
    return StringKernel<In...>(
        [apply, bytes_max](In... in, StringRow& row) { apply(in..., row, bytes_max); })(call);
  };
}

/// A STRING result, nullable if an argument is; and one that may be NULL by itself.
inline ReturnRule ReturnString() { return ReturnType(DataType::String()); }
inline ReturnRule ReturnNullableString() { return ForceNullable(ReturnType(DataType::String())); }
inline Arg IntegerArg() { return Arg::Exact(DataType::BigInt()); }
inline Arg BytesArg() { return Arg::Of(Arg::Family::kBinary); }

void RegisterStringCase(
    FunctionRegistry* registry);  // UPPER LOWER INITCAP, lengths, REVERSE, IS_ALPHA ...
void RegisterStringParts(
    FunctionRegistry* registry);  // SUBSTRING LEFT RIGHT TRIM SPLIT_INDEX OVERLAY ...
void RegisterStringJoin(
    FunctionRegistry* registry);  // || CONCAT CONCAT_WS LPAD RPAD REPEAT REPLACE TRANSLATE ELT
void RegisterStringSearch(FunctionRegistry* registry);  // POSITION LOCATE INSTR STARTSWITH ENDSWITH
void RegisterStringCode(FunctionRegistry* registry);    // ASCII CHR base64 ENCODE DECODE
void RegisterStringFormat(FunctionRegistry* registry);  // PRINTF

}  // namespace weir
