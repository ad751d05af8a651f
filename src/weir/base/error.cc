// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/base/error.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "weir/base/check.h"

namespace weir {
namespace {

class ErrorDetail : public arrow::StatusDetail {
 public:
  explicit ErrorDetail(ErrorInfo info) : info(std::move(info)) {}
  const char* type_id() const override { return kTypeId; }
  std::string ToString() const override { return std::string(ErrorCodeName(info.code)); }

  static constexpr const char* kTypeId = "weir";
  ErrorInfo info;
};

arrow::StatusCode ToArrowCode(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidQuery:
    case ErrorCode::kInvalidData:
      return arrow::StatusCode::Invalid;
    case ErrorCode::kUnavailable:
    case ErrorCode::kCorruption:
    case ErrorCode::kFenced:
      return arrow::StatusCode::IOError;
    case ErrorCode::kResourceExhausted:
      return arrow::StatusCode::OutOfMemory;
    case ErrorCode::kUnsupported:
      return arrow::StatusCode::NotImplemented;
    case ErrorCode::kCancelled:
      return arrow::StatusCode::Cancelled;
    case ErrorCode::kInternal:
      return arrow::StatusCode::UnknownError;
  }
  return arrow::StatusCode::UnknownError;
}

ErrorCode FromArrowCode(arrow::StatusCode code) {
  switch (code) {
    case arrow::StatusCode::OutOfMemory:
    case arrow::StatusCode::CapacityError:
      return ErrorCode::kResourceExhausted;
    case arrow::StatusCode::NotImplemented:
      return ErrorCode::kUnsupported;
    case arrow::StatusCode::Cancelled:
      return ErrorCode::kCancelled;
    case arrow::StatusCode::IOError:
      return ErrorCode::kUnavailable;
    case arrow::StatusCode::Invalid:
    case arrow::StatusCode::TypeError:
    case arrow::StatusCode::SerializationError:
      return ErrorCode::kInvalidData;
    default:
      return ErrorCode::kInternal;
  }
}

Status Rebuild(const Status& status, ErrorInfo info, std::string message) {
  return Status(status.code(), std::move(message), std::make_shared<ErrorDetail>(std::move(info)));
}

}  // namespace

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidQuery:
      return "invalid query";
    case ErrorCode::kInvalidData:
      return "invalid data";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kResourceExhausted:
      return "resource exhausted";
    case ErrorCode::kUnsupported:
      return "not supported";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kCorruption:
      return "corruption";
    case ErrorCode::kFenced:
      return "fenced";
    case ErrorCode::kInternal:
      return "internal error";
  }
  return "internal error";
}

Status MakeError(ErrorInfo info, std::string message) {
  arrow::StatusCode code = ToArrowCode(info.code);
  return Status(code, std::move(message), std::make_shared<ErrorDetail>(std::move(info)));
}

Status Cancelled() { return MakeError({ErrorCode::kCancelled, {}, {}}, "cancelled"); }

ErrorInfo GetErrorInfo(const Status& status) {
  const auto& detail = status.detail();
  if (detail != nullptr && detail->type_id() == ErrorDetail::kTypeId) {
    return static_cast<const ErrorDetail&>(*detail).info;
  }
  return {FromArrowCode(status.code()), {}, {}};
}

Status WithSpan(const Status& status, SourceSpan span) {
  if (status.ok() || span.empty()) return status;
  ErrorInfo info = GetErrorInfo(status);
  if (info.span) return status;
  info.span = span;
  return Rebuild(status, std::move(info), status.message());
}

Status WithHint(const Status& status, std::string hint) {
  if (status.ok()) return status;
  ErrorInfo info = GetErrorInfo(status);
  if (!info.hint.empty()) return status;
  info.hint = std::move(hint);
  return Rebuild(status, std::move(info), status.message());
}

Status WithContext(const Status& status, std::string_view context) {
  if (status.ok()) return status;
  return Rebuild(status, GetErrorInfo(status), fmt::format("{}: {}", context, status.message()));
}

LineColumn LocateOffset(std::string_view text, uint32_t offset) {
  LineColumn at;
  for (size_t i = 0; i < offset && i < text.size(); ++i) {
    if (text[i] == '\n') {
      ++at.line;
      at.column = 1;
    } else if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) {
      ++at.column;
    }
  }
  return at;
}

std::string RenderError(const Status& status, std::string_view sql) {
  ErrorInfo info = GetErrorInfo(status);
  std::string out = status.message();
  if (info.code == ErrorCode::kInternal) out = "internal error: " + out;
  if (info.span && !sql.empty() && info.span->begin <= sql.size()) {
    LineColumn at = LocateOffset(sql, info.span->begin);
    out += fmt::format("\n  at line {}:{}", at.line, at.column);
    size_t line_begin =
        info.span->begin == 0 ? std::string_view::npos : sql.rfind('\n', info.span->begin - 1);
    line_begin = line_begin == std::string_view::npos ? 0 : line_begin + 1;
    size_t line_end = std::min(sql.find('\n', info.span->begin), sql.size());
    // A very long line is shown around the place only.
    constexpr size_t kContextBytes = 100;
    size_t shown_begin = line_begin;
    if (info.span->begin - line_begin > kContextBytes) {
      shown_begin = info.span->begin - kContextBytes;
      while (shown_begin > line_begin &&
             (static_cast<unsigned char>(sql[shown_begin]) & 0xC0) == 0x80)
        --shown_begin;
    }
    size_t shown_end = std::min(line_end, info.span->begin + kContextBytes);
    while (shown_end < line_end && (static_cast<unsigned char>(sql[shown_end]) & 0xC0) == 0x80)
      ++shown_end;
    std::string line(sql.substr(shown_begin, shown_end - shown_begin));
    for (char& c : line) {
      if (c == '\t' || c == '\r') c = ' ';
    }
    auto count_points = [&](size_t from, size_t to) {
      size_t points = 0;
      for (size_t i = from; i < to && i < sql.size(); ++i) {
        points += (static_cast<unsigned char>(sql[i]) & 0xC0) != 0x80;
      }
      return points;
    };
    size_t indent = count_points(shown_begin, info.span->begin);
    size_t width = count_points(info.span->begin, std::min<size_t>(info.span->end, shown_end));
    out += fmt::format("\n  | {}\n  | {}{}", line, std::string(indent, ' '),
                       std::string(std::max<size_t>(width, 1), '^'));
  }
  if (!info.hint.empty()) out += "\n  hint: " + info.hint;
  return out;
}

int EditDistance(std::string_view a, std::string_view b) {
  constexpr size_t kLengthMax =
      64;  // Longer names are never typing mistakes of each other worth suggesting.
  if (a.size() > kLengthMax || b.size() > kLengthMax) return static_cast<int>(kLengthMax);
  std::vector<int> before_previous(b.size() + 1), previous(b.size() + 1), current(b.size() + 1);
  auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  for (size_t j = 0; j <= b.size(); ++j) previous[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    current[0] = static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      int substitution = previous[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]));
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, substitution});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1])) {
        current[j] = std::min(current[j], before_previous[j - 2] + 1);
      }
    }
    std::swap(before_previous, previous);
    std::swap(previous, current);
  }
  return previous[b.size()];
}

void CheckFailed(const char* file, int line, const char* condition, const char* why) {
  std::fprintf(stderr, "%s:%d: check failed: %s (%s)\n", file, line, condition, why);
  std::abort();
}

}  // namespace weir
