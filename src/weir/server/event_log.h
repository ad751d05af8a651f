// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The server's log: one JSON object a line.
//   {"time":"2026-01-31T10:00:00.123Z","level":"info","event":"job started","job":"j0123456789ab"}
//
// Threads: any.
#pragma once

#include <functional>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "weir/base/environment.h"

namespace weir {

enum class LogLevel : uint8_t { kInfo, kWarning, kError };

class EventLog {
 public:
  using Field = std::pair<std::string_view, std::string>;
  /// `write` gets each line with its end of line.
  EventLog(Clock* clock, std::function<void(std::string_view)> write)
      : clock_(clock), write_(std::move(write)) {}
  void Write(LogLevel level, std::string_view event, std::initializer_list<Field> fields);

 private:
  Clock* clock_;
  std::mutex mutex_;
  std::function<void(std::string_view)> write_;
};

/// "2026-01-31T10:00:00.123Z".
std::string FormatUtcMillis(int64_t micros);

}  // namespace weir
