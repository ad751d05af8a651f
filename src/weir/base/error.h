// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The error model: every fallible function returns Status or Result<T>, which are Arrow's own types
// (one vocabulary, no conversions). What Arrow's lack (who must act, SQL position, hint) travels in
// a StatusDetail made and read here. Per-row failures of expressions are data (see
// expr/row_errors.h), never exceptions.
#pragma once

#include <arrow/result.h>
#include <arrow/status.h>
#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

using arrow::Status;
template <typename T>
using Result = arrow::Result<T>;

/// Who must act on an error.
enum class ErrorCode : uint8_t {
  kInvalidQuery,       // The user: the statement is wrong.
  kInvalidData,        // The user: a row, file or value is wrong.
  kUnavailable,        // The runtime: retry from the last checkpoint.
  kResourceExhausted,  // The administrator: a budget or limit was reached.
  kUnsupported,        // The administrator: known, and not supported (yet).
  kCancelled,          // Nobody: the query was cancelled.
  kCorruption,         // Stop, never retry: stored bytes are damaged.
  kFenced,             // Stop, never retry: a newer run of the job has taken over.
  kInternal,           // Weir's authors: a bug.
};

/// Returns the code's name as printed in reports: "invalid query", "not supported", ...
std::string_view ErrorCodeName(ErrorCode code);

/// A range of bytes [begin, end) in one SQL text.
struct SourceSpan {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool empty() const { return end <= begin; }
};

/// What Weir knows about an error beyond its message.
struct ErrorInfo {
  ErrorCode code = ErrorCode::kInternal;
  std::string
      hint;  // How to fix it; empty when there is nothing better to say. Text to paste goes here.
  std::optional<SourceSpan> span;  // Where in the SQL text.
};

/// Makes an error. `message`: lower case, no full stop, values at the end.
Status MakeError(ErrorInfo info, std::string message);

/// Returns what is known of `status`; an Arrow error without detail maps to the nearest code.
ErrorInfo GetErrorInfo(const Status& status);

/// Returns `status` with `span` added if it has none.
Status WithSpan(const Status& status, SourceSpan span);
/// Returns `status` with `hint` added if it has none.
Status WithHint(const Status& status, std::string hint);
/// Returns `status` with `context + ": "` put before its message; code, hint and span stay.
Status WithContext(const Status& status, std::string_view context);

/// Renders `status` for people: message, then "line L:C", the source line with a caret, then the
/// hint. `sql` is the text that spans refer to; empty when there is none.
std::string RenderError(const Status& status, std::string_view sql);

/// Line and column, both from 1, of byte `offset` in `text`. Columns count UTF-8 code points.
struct LineColumn {
  int line = 1;
  int column = 1;
};
LineColumn LocateOffset(std::string_view text, uint32_t offset);

template <typename... Args>
Status InvalidQuery(fmt::format_string<Args...> format, Args&&... args) {
  return MakeError({ErrorCode::kInvalidQuery, {}, {}},
                   fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
Status InvalidQueryAt(SourceSpan span, fmt::format_string<Args...> format, Args&&... args) {
  return MakeError({ErrorCode::kInvalidQuery, {}, span},
                   fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
Status InvalidData(fmt::format_string<Args...> format, Args&&... args) {
  return MakeError({ErrorCode::kInvalidData, {}, {}},
                   fmt::format(format, std::forward<Args>(args)...));
}
/// "`what` is not supported yet": the one way to refuse a known feature by name.
template <typename... Args>
Status Unsupported(fmt::format_string<Args...> format, Args&&... args) {
  return MakeError({ErrorCode::kUnsupported, {}, {}},
                   fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
Status UnsupportedAt(SourceSpan span, fmt::format_string<Args...> format, Args&&... args) {
  return MakeError({ErrorCode::kUnsupported, {}, span},
                   fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
Status ResourceExhausted(fmt::format_string<Args...> format, Args&&... args) {
  return MakeError({ErrorCode::kResourceExhausted, {}, {}},
                   fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
Status Unavailable(fmt::format_string<Args...> format, Args&&... args) {
  return MakeError({ErrorCode::kUnavailable, {}, {}},
                   fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
Status Corruption(fmt::format_string<Args...> format, Args&&... args) {
  return MakeError({ErrorCode::kCorruption, {}, {}},
                   fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
Status Fenced(fmt::format_string<Args...> format, Args&&... args) {
  return MakeError({ErrorCode::kFenced, {}, {}}, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
Status Internal(fmt::format_string<Args...> format, Args&&... args) {
  return MakeError({ErrorCode::kInternal, {}, {}},
                   fmt::format(format, std::forward<Args>(args)...));
}
Status Cancelled();

/// The candidate nearest to `name` by edit distance, ignoring case, if one is near enough to
/// suggest. `candidates` is any range of strings; returns an empty string when none is near.
template <typename Range>
std::string NearestName(std::string_view name, const Range& candidates);
/// Edit distance with transpositions, ignoring ASCII case.
int EditDistance(std::string_view a, std::string_view b);

template <typename Range>
std::string NearestName(std::string_view name, const Range& candidates) {
  std::string best;
  const int size = static_cast<int>(name.size());
  int best_distance = size < 2 ? 0 : size / 3 + 1;  // One letter is near to every other.
  for (const auto& candidate : candidates) {
    int distance = EditDistance(name, candidate);
    if (distance < best_distance || (distance == best_distance && best.empty())) {
      best_distance = distance;
      best = std::string(candidate);
    }
  }
  return best;
}

}  // namespace weir

#define WEIR_CONCAT_INNER(a, b) a##b
#define WEIR_CONCAT(a, b) WEIR_CONCAT_INNER(a, b)
#define WEIR_RETURN_NOT_OK(expr)                                      \
  do {                                                                \
    ::arrow::Status _weir_status = (expr);                            \
    if (__builtin_expect(!_weir_status.ok(), 0)) return _weir_status; \
  } while (false)
#define WEIR_ASSIGN_OR_RETURN_IMPL(name, lhs, expr)          \
  auto&& name = (expr);                                      \
  if (__builtin_expect(!name.ok(), 0)) return name.status(); \
  lhs = std::move(name).ValueUnsafe();
/// WEIR_ASSIGN_OR_RETURN(auto x, F()): x is F()'s value, or the enclosing function returns F()'s
/// error.
#define WEIR_ASSIGN_OR_RETURN(lhs, expr) \
  WEIR_ASSIGN_OR_RETURN_IMPL(WEIR_CONCAT(_weir_result_, __COUNTER__), lhs, expr)
