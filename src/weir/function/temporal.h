// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What the temporal functions share, and the parts of RegisterTemporal. The binder lowers
//   EXTRACT(unit FROM x) -> EXTRACT('UNIT', x)     FLOOR(x TO unit) -> FLOOR(x, 'UNIT'), CEIL alike
//   TIMESTAMPADD(unit, n, x), TIMESTAMPDIFF(unit, a, b) -> the unit as text, first
#pragma once

#include <vector>

#include "weir/expr/kernel.h"
#include "weir/function/calendar.h"
#include "weir/function/dispatch.h"

namespace weir {

/// The session's time zone for argument `argument` if it is a TIMESTAMP_LTZ in another zone than
/// UTC; else null.
Result<const TimeZone*> ZoneFor(const CallInfo& call, size_t argument);
/// The session's time zone; null for UTC.
Result<const TimeZone*> SessionZone(const CallInfo& call);
/// The unit that the literal argument `argument` names. Errors: kInvalidQuery.
Result<TimeUnit> UnitArgument(const CallInfo& call, size_t argument);

inline Arg TimeArg() { return Arg::Of(Arg::Family::kTime); }
inline Arg DateArg() { return Arg::Of(Arg::Family::kDate); }
inline Arg TimestampArg() { return Arg::Of(Arg::Family::kTimestamp); }
inline Arg DatetimeArg() { return Arg::Of(Arg::Family::kDatetime); }

/// FLOOR and CEIL of dates and times, to be added to the overloads for numbers.
std::vector<Overload> TemporalFloorOverloads();
std::vector<Overload> TemporalCeilOverloads();

void RegisterTemporalNow(FunctionRegistry* registry);      // CURRENT_TIMESTAMP, PROCTIME ...
void RegisterTemporalExtract(FunctionRegistry* registry);  // EXTRACT, YEAR ...
void RegisterTemporalShift(FunctionRegistry* registry);    // TIMESTAMPADD, TIMESTAMPDIFF, OVERLAPS
void RegisterTemporalText(FunctionRegistry* registry);     // DATE_FORMAT, TO_TIMESTAMP ...

}  // namespace weir
