// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Any bytes as SQL: no crash, and what parses is written back to a text that parses to the same
// text.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "weir/base/check.h"
#include "weir/sql/parser.h"
#include "weir/sql/unparse.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view sql(reinterpret_cast<const char*>(data), size);
  weir::SplitStatements(sql);
  auto statements = weir::ParseStatements(sql);
  if (!statements.ok()) {
    weir::RenderError(statements.status(), sql);
    return 0;
  }
  for (const weir::Statement& statement : *statements) {
    std::string text = weir::Unparse(statement);
    auto again = weir::ParseStatement(text);
    // The written text may be longer or deeper than the limits; it is never wrong otherwise.
    if (!again.ok()) {
      bool limit = again.status().message().find("levels") != std::string::npos ||
                   weir::GetErrorInfo(again.status()).code == weir::ErrorCode::kResourceExhausted;
      WEIR_CHECK(limit, "the written text does not parse");
      continue;
    }
    WEIR_CHECK(weir::Unparse(*again) == text, "the written text does not parse to itself");
  }
  return 0;
}
