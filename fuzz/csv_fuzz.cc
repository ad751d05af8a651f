// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// CSV records of any bytes: no crash, and the same rows and errors wherever blocks end.
#include <cstdlib>

#include "weir/base/check.h"
#include "weir/format/test_decode.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir;
  if (size == 0 || size > 1 << 16) return 0;
  constexpr char kColumns[] = "a INT, s STRING, d DOUBLE, t TIMESTAMP(3), l ARRAY<INT>, y BYTES";
  std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  DecodeCase how;
  if (data[0] & 1) how.options["ignore-parse-errors"] = "true";
  if (data[0] & 2) how.options["escape-character"] = "\\";
  if (data[0] & 4) how.options["allow-comments"] = "true";
  if (data[0] & 8) how.options["header"] = "false";
  std::string whole = Decode("csv", text, kColumns, how);
  how.piece = 1 + data[0] / 16 * 7;
  how.rows_max = 3;
  WEIR_CHECK(whole == Decode("csv", text, kColumns, how), "the result depends on where blocks end");
  (void)FindFormat("csv")->InferSchema(text, (data[0] & 1) != 0, Options(how.options));
  return 0;
}
