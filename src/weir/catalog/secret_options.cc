// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/catalog/secret_options.h"

#include <algorithm>

namespace weir {

bool IsSecretOption(std::string_view key) {
  constexpr std::string_view kParts[] = {
      "password",    "secret", "fs.azure.account.key", "apikey",      "api-key",     "auth-params",
      "service-key", "token",  "basic-auth",           "jaas.config", "http-headers"};
  std::string lower(key);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return std::any_of(std::begin(kParts), std::end(kParts),
                     [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

std::string ShownValue(std::string_view key, const std::string& value) {
  return IsSecretOption(key) ? "******" : value;
}

}  // namespace weir
