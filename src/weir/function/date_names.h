// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// English names of months and days of the week, as Java's default locale has them.
#pragma once

#include <string_view>

namespace weir {

inline constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                               "May",       "June",     "July",     "August",
                                               "September", "October",  "November", "December"};
inline constexpr std::string_view kWeekDays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                 "Friday", "Saturday", "Sunday"};

}  // namespace weir
