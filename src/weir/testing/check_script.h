// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The script of an operator test (testing/operator_check.h) as data.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "weir/data/batch.h"

namespace weir {

struct CheckStep {
  enum class Kind : uint8_t { kIn, kOut, kWatermark, kTime, kCheckpoint, kEnd, kError };
  Kind kind = Kind::kIn;
  int input = -1;                  // kIn; kEnd: -1 for all.
  int64_t number = 0;              // kWatermark, kTime.
  std::string text;                // Rows; the error.
  std::vector<std::string> items;  // kOut: one a row, as FormatRow writes it.
  std::string line;                // As written, for messages.
  int first_line = 0;              // Of the script, from 0.
  int num_lines = 1;
};

struct CheckScript {
  std::vector<Schema> inputs;
  std::optional<Schema> output;
  bool unordered = false;
  bool strict = false;
  bool show_watermarks = false;
  std::vector<int> key;
  std::vector<CheckStep> steps;
  std::map<std::string, std::string> item_keys;  // Key of each expected row, where `key` is given.
};

Result<CheckScript> ParseCheckScript(const std::string& text);
/// Replaces the script `old_text`, which stands in `file` near line `line`, by one with the `out`
/// lines of `script`.
Status RewriteScript(const std::string& file, int line, const std::string& old_text,
                     const CheckScript& script);

}  // namespace weir
