// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#pragma once

#include <optional>
#include <string>

#include "weir/base/options.h"

namespace weir {

/// The dialect of a CSV file. '\0': there is no such character.
struct CsvDialect {
  /// kAuto: the first record of a file is a header when its fields are the columns' names.
  enum class Header { kAuto, kNo, kYes };

  char delimiter = ',';
  char quote = '"';
  char escape = '\0';
  std::string element_delimiter = ";";
  std::optional<std::string> null_literal;
  bool has_comments = false;
  Header header = Header::kAuto;
  bool ignore_parse_errors = false;
  bool plain_decimals = false;
};

const std::vector<OptionSpec>& CsvOptionSpecs();
/// Errors: kInvalidQuery naming the option.
Result<CsvDialect> ReadCsvDialect(const Options& options);

}  // namespace weir
