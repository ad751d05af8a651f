// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Internal to checkpoint/: little-endian numbers and arrays in a run of bytes. Arrays begin at a
// multiple of 16 from the beginning of the run, so that a reader can use them where they lie.
//
// Reading checks every length against the bytes that are left: a read behind the end fails, and
// nothing is believed before it is checked.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "weir/base/error.h"

namespace weir {

inline constexpr int64_t kArrayAlignment = 16;

class ByteWriter {
 public:
  /// Appends to `out`, which outlives this object; the run begins at `begin`.
  ByteWriter(std::string* out, size_t begin) : out_(out), begin_(begin) {}

  template <typename T>
  void Number(T value) {
    static_assert(std::is_integral_v<T>);
    out_->append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void Bytes(const void* data, int64_t size) {
    if (size > 0) out_->append(static_cast<const char*>(data), static_cast<size_t>(size));
  }
  void Align() {
    size_t odd = (out_->size() - begin_) % kArrayAlignment;
    if (odd != 0) out_->append(kArrayAlignment - odd, '\0');
  }
  /// `size` bytes at an aligned place, for the caller to fill before the next call.
  uint8_t* Array(int64_t size) {
    Align();
    size_t at = out_->size();
    out_->resize(at + static_cast<size_t>(size));
    return reinterpret_cast<uint8_t*>(out_->data()) + at;
  }
  int64_t size() const { return static_cast<int64_t>(out_->size() - begin_); }

 private:
  std::string* out_;
  size_t begin_;
};

class ByteReader {
 public:
  ByteReader(const uint8_t* data, int64_t size) : begin_(data), cursor_(data), end_(data + size) {}

  /// The next number; an error at the end.
  template <typename T>
  Result<T> Number() {
    if (end_ - cursor_ < static_cast<int64_t>(sizeof(T))) return Short();
    T value;
    std::memcpy(&value, cursor_, sizeof(value));
    cursor_ += sizeof(value);
    return value;
  }
  /// The next `size` bytes, where they lie.
  Result<const uint8_t*> Bytes(int64_t size) {
    if (size < 0 || size > end_ - cursor_) return Short();
    const uint8_t* at = cursor_;
    cursor_ += size;
    return at;
  }
  Result<const uint8_t*> Array(int64_t size) {
    int64_t odd = (cursor_ - begin_) % kArrayAlignment;
    if (odd != 0) {
      if (kArrayAlignment - odd > end_ - cursor_) return Short();
      cursor_ += kArrayAlignment - odd;
    }
    return Bytes(size);
  }
  int64_t left() const { return end_ - cursor_; }
  int64_t position() const { return cursor_ - begin_; }

 private:
  static Status Short() { return Corruption("a length reaches behind the end"); }

  const uint8_t* begin_;
  const uint8_t* cursor_;
  const uint8_t* end_;
};

}  // namespace weir
