// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Values as the json and csv formats write them, and guesses of types from texts, shared by both.
#pragma once

#include <string>
#include <string_view>

#include "weir/data/column.h"
#include "weir/data/json_text.h"

namespace weir {

/// "2026-01-31 10:08:09[.f]" with `separator` between date and time, trailing zeros of f dropped.
void AppendShortTimestamp(Int128 ticks, const DataType& type, char separator, std::string* out);
/// "10:08:09[.f]", trailing zeros of f dropped.
void AppendShortTime(int32_t millis, std::string* out);
/// As java.math.BigDecimal.toString ("1E-7"), or plain ("0.0000001").
void AppendJavaDecimal(Int128 unscaled, int scale, bool plain, std::string* out);

/// What a text looks like. Guesses of many texts are merged to one type.
enum class TextGuess : uint8_t {
  kNothing,
  kBoolean,
  kBigInt,
  kDouble,
  kDate,
  kTimestamp3,
  kTimestamp6,
  kTimestampLtz3,
  kTimestampLtz6,
  kString
};
/// Dates and times only, for JSON strings.
TextGuess GuessTime(std::string_view text);
/// Everything, for CSV fields; empty is kNothing.
TextGuess GuessField(std::string_view text);
TextGuess MergeGuess(TextGuess a, TextGuess b);
DataType TypeOfGuess(TextGuess guess);

}  // namespace weir
