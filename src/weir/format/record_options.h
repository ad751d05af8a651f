// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Options that all record formats share.
#pragma once

#include "weir/base/options.h"

namespace weir {

inline OptionSpec OnBadRecordOption() {
  return {"on-bad-record",
          OptionType::kEnum,
          "fail",
          "What happens to records that are no rows: fail, skip, or dead-letter (written to "
          "'dead-letter.path')",
          false,
          {"fail", "skip", "dead-letter"}};
}
inline OptionSpec IgnoreParseErrorsOption() {
  return {"ignore-parse-errors", OptionType::kBool, "false",
          "Fields that cannot be read are NULL, records that cannot be read are skipped"};
}

}  // namespace weir
