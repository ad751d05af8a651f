// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/server/event_log.h"

#include <fmt/format.h>

#include <ctime>
#include <nlohmann/json.hpp>

namespace weir {

std::string FormatUtcMillis(int64_t micros) {
  int64_t seconds = micros / 1'000'000, rest = micros % 1'000'000;
  if (rest < 0) {
    rest += 1'000'000;
    --seconds;
  }
  std::time_t time = seconds;
  std::tm utc{};
  gmtime_r(&time, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, rest / 1000);
}

void EventLog::Write(LogLevel level, std::string_view event, std::initializer_list<Field> fields) {
  constexpr std::string_view kLevels[] = {"info", "warning", "error"};
  nlohmann::ordered_json json;
  json["time"] = FormatUtcMillis(clock_->WallMicros());
  json["level"] = kLevels[static_cast<size_t>(level)];
  json["event"] = event;
  for (const Field& field : fields) json[std::string(field.first)] = field.second;
  std::string line =
      json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  std::lock_guard<std::mutex> lock(mutex_);
  if (write_) write_(line);
}

}  // namespace weir
