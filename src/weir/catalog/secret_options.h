// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Options whose values nobody is to see: passwords, keys, tokens. Source: the list of sensitive
// keys in Flink's configuration.
#pragma once

#include <string>
#include <string_view>

namespace weir {

bool IsSecretOption(std::string_view key);

/// `value`, or "******" of a secret: for everything that is printed.
std::string ShownValue(std::string_view key, const std::string& value);

}  // namespace weir
