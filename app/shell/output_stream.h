// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Standard output behind one big buffer: printers append to buffer() and call OnAppended; nothing
// is written byte by byte. A reader that went away (`weir .. | head`) is no error worth words:
// writes then give Cancelled and is_closed() is true.
#pragma once

#include <string>

#include "weir/base/error.h"

namespace weir {

class OutputStream {
 public:
  static constexpr size_t kBufferBytes = 256 << 10;
  /// `fd` is borrowed. -1: everything stays in the buffer (tests).
  explicit OutputStream(int fd) : fd_(fd) {}

  std::string* buffer() { return &buffer_; }
  /// Writes when the buffer is full.
  Status OnAppended() { return buffer_.size() < kBufferBytes ? Status::OK() : Flush(); }
  Status Flush();
  /// Whether the reader went away.
  bool is_closed() const { return closed_; }

 private:
  int fd_;
  std::string buffer_;
  bool closed_ = false;
};

}  // namespace weir
