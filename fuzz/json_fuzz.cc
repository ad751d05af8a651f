// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// JSON records of any bytes: no crash, and the same rows and errors wherever blocks end.
#include <cstdlib>

#include "weir/base/check.h"
#include "weir/format/json_infer.h"
#include "weir/format/test_decode.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir;
  if (size == 0 || size > 1 << 16) return 0;
  constexpr char kColumns[] =
      "a INT, b BIGINT, s STRING, d DOUBLE, e DECIMAL(20, 4), t TIMESTAMP(3), l ARRAY<ROW<`x` INT, "
      "`y` ARRAY<STRING>>>, "
      "m MAP<STRING, INT>, r ROW<`a` STRING, `r` ROW<`b` BOOLEAN>>, y BYTES, z DATE";
  std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  DecodeCase how;
  if (data[0] & 1) how.options["ignore-parse-errors"] = "true";
  std::string whole = Decode("json", text, kColumns, how);
  how.piece = 1 + data[0] % 100;
  how.rows_max = 3;
  WEIR_CHECK(whole == Decode("json", text, kColumns, how),
             "the result depends on where blocks end");
  (void)InferJsonSchema(text, true);
  (void)InferJsonSchema(text, false);
  return 0;
}
