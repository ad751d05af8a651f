// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The pieces of JSON text that formats, functions and the shell write alike.
#pragma once

#include <string>
#include <string_view>

namespace weir {

/// Appends a JSON string with its quotes; escapes as Jackson does: \" \\ \b \f \n \r \t \u001F.
void AppendJsonString(std::string_view text, std::string* out);
/// Appends `bytes` in base64, without quotes.
void AppendBase64(std::string_view bytes, std::string* out);

}  // namespace weir
