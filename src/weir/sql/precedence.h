// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// How strongly operators bind, Calcite's order: a higher number binds more. All are
// left-associative.
#pragma once

namespace weir {

inline constexpr int kOrPrecedence = 22;
inline constexpr int kAndPrecedence = 24;
inline constexpr int kNotPrecedence = 26;
inline constexpr int kIsPrecedence = 28;          // IS NULL, IS TRUE, IS JSON ..
inline constexpr int kComparisonPrecedence = 30;  // =, <, .., MEMBER OF, OVERLAPS ..
inline constexpr int kRangePrecedence = 32;       // BETWEEN, IN, LIKE, SIMILAR TO
inline constexpr int kDistinctFromPrecedence = 35;
inline constexpr int kAddPrecedence = 40;
inline constexpr int kMultisetPrecedence = 50;
inline constexpr int kTimesPrecedence = 60;  // *, /, %, ||
inline constexpr int kSignPrecedence = 80;
inline constexpr int kPostfixPrecedence = 90;  // x[i], x.f, AT TIME ZONE
inline constexpr int kPrimaryPrecedence = 100;

}  // namespace weir
