// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Checks for our own mistakes. Never reachable by any input.
#pragma once

namespace weir {
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition, const char* why);
}  // namespace weir

/// Always on; ends the process. Only for broken invariants of ours.
#define WEIR_CHECK(ok, why)                                                              \
  do {                                                                                   \
    if (__builtin_expect(!(ok), 0)) ::weir::CheckFailed(__FILE__, __LINE__, #ok, (why)); \
  } while (false)
#ifdef NDEBUG
#define WEIR_DCHECK(ok, why) \
  do {                       \
  } while (false)
#else
#define WEIR_DCHECK(ok, why) WEIR_CHECK(ok, why)
#endif
