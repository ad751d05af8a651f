// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "printers.h"

namespace weir {

const std::vector<OutputKind>& OutputKinds() {
  static const std::vector<OutputKind> kinds = {
      {"table", "the result in a box; updated in place on a terminal", MakeTablePrinter},
      {"changelog", "every change of the result, in a box", MakeChangelogPrinter},
      {"json", "one object a line", MakeJsonPrinter},
      {"csv", "comma-separated values with a header line", MakeCsvPrinter},
      {"markdown", "the result as a Markdown table", MakeMarkdownPrinter},
  };
  return kinds;
}

const OutputKind* FindOutput(std::string_view name) {
  for (const OutputKind& kind : OutputKinds()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

}  // namespace weir
