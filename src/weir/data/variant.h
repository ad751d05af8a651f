// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// VARIANT: one value of any kind, with its kind, in the binary encoding of Parquet's specification.
// A column keeps it as one string, the metadata (the names of all fields) followed by the value:
//
//   {"a":1}   01 01 00 01 61      version 1, one name, from byte 0 to byte 1: "a"
//             02 01 00 00 02 0C 01  an object of one field: name 0, at 0 of 2 bytes: TINYINT 1
//   1         01 00 00            no name
//             0C 01               TINYINT 1
//
// Two variants are the same value when their bytes are (as in Flink): TINYINT 1 is not INT 1, and
// {"a":1,"b":2} is not {"b":2,"a":1}, whose names come in another order. A variant taken out of
// another one gets the metadata that it would have alone, so that equal parts are equal bytes.
// SQL NULL is no variant; the null of JSON is one.
//
// Invariants: what stands in a column was made by VariantBuilder or passed ValidateVariant. Reading
// other bytes is safe too but may give anything.
// Source: "Variant Binary Encoding" of Apache Parquet, version 1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/error.h"

namespace weir {

using Int128 = __int128;

/// Deeper values are refused, as Jackson does.
inline constexpr int kVariantDepthMax = 1000;
/// The longest metadata and the longest value.
inline constexpr size_t kVariantBytesMax = size_t{16} << 20;

enum class VariantKind : uint8_t {
  kNull,
  kBoolean,
  kTinyInt,
  kSmallInt,
  kInt,
  kBigInt,
  kFloat,
  kDouble,
  kDecimal,
  kString,
  kBytes,
  kDate,
  kTime,               // Microseconds of the day.
  kTimestamp,          // Microseconds.
  kTimestampLtz,       // Microseconds.
  kTimestampNanos,     // Nanoseconds.
  kTimestampLtzNanos,  // Nanoseconds.
  kUuid,
  kArray,
  kObject,
};

/// "TINYINT", as Flink calls it.
std::string_view VariantKindName(VariantKind kind);

/// A variant within bytes that outlive it.
class Variant {
 public:
  /// Looks at the header of the metadata only. Empty: these bytes are no variant.
  static std::optional<Variant> Open(std::string_view bytes);
  static std::optional<Variant> Open(std::string_view metadata, std::string_view value);

  VariantKind kind() const;
  bool is_integer() const {
    return kind() >= VariantKind::kTinyInt && kind() <= VariantKind::kBigInt;
  }
  bool bool_value() const;    // kBoolean.
  int64_t int_value() const;  // Integers, DATE (days), TIME and timestamps.
  double real_value() const;  // FLOAT, DOUBLE.
  Int128 decimal_value(int* scale) const;
  std::string_view text() const;  // STRING, BYTES; the 16 bytes of a UUID.
  /// Elements of an ARRAY, or fields of an OBJECT, which stand by name.
  int size() const;
  Variant element(int i) const;
  std::string_view key(int i) const;
  /// The field `key` of an OBJECT.
  std::optional<Variant> Find(std::string_view key) const;

  std::string_view metadata() const { return metadata_; }
  /// The bytes of the value, of a scalar or of a whole.
  std::string_view value() const { return value_.substr(0, EncodedSize()); }

 private:
  friend Status ValidateVariant(std::string_view bytes);
  struct Layout;

  Variant(std::string_view metadata, std::string_view value) : metadata_(metadata), value_(value) {}
  uint64_t ReadUnsigned(size_t at, size_t width) const;
  int64_t ReadSigned(size_t at, size_t width) const;
  Layout ReadLayout() const;
  size_t EncodedSize() const;
  Status Validate(int depth) const;

  std::string_view metadata_;
  std::string_view value_;  // From the value's first byte on; may reach beyond its last.
};

/// Checks bytes from outside in full. Errors: kInvalidData.
Status ValidateVariant(std::string_view bytes);

/// Builds one variant after another; keeps its memory. Values come in the order of the text.
///   builder.BeginObject(); builder.AddKey("a"); builder.AddInteger(1); builder.End();
///   builder.Finish(&bytes);
class VariantBuilder {
 public:
  /// What two fields of one name in an object are.
  enum class DuplicateKeys : uint8_t { kRefuse, kKeepLast };

  explicit VariantBuilder(DuplicateKeys duplicates = DuplicateKeys::kRefuse)
      : duplicates_(duplicates) {}
  void Clear();

  void AddNull() { AddHeader(0); }
  void AddBoolean(bool value) { AddHeader(value ? 1 : 2); }
  /// In the smallest kind that holds it.
  void AddInteger(int64_t value);
  /// Of `kind`: TINYINT to BIGINT, DATE, TIME, timestamps.
  void AddFixed(VariantKind kind, int64_t value);
  void AddFloat(float value);
  void AddDouble(double value);
  void AddDecimal(Int128 unscaled, int scale);
  void AddString(std::string_view text);
  void AddBytes(std::string_view bytes);
  /// A copy of a whole variant.
  void AddVariant(const Variant& variant) { AddCopy(variant, 1); }

  void BeginArray() { Begin(Form::kArray); }
  void BeginObject() { Begin(Form::kObject); }
  /// The name of the field that is added next.
  void AddKey(std::string_view key);
  /// Closes the innermost array or object.
  void End();

  /// Whether it is over already: the variant is too long, or a key came twice.
  bool failed() const { return failure_ != Failure::kNone; }
  /// Appends metadata and value to `out`. Errors: kInvalidData.
  Status Finish(std::string* out);

 private:
  enum class Form : uint8_t { kScalar, kArray, kObject, kDropped };
  enum class Failure : uint8_t { kNone, kTooLong, kDuplicate };
  struct Node {
    uint32_t at = 0;        // Scalars: in scalars_. Objects: in entries_.
    uint32_t size = 0;      // Encoded.
    uint32_t skip = 1;      // Nodes of it and below.
    uint32_t children = 0;  // That count.
    uint32_t data = 0;      // Encoded bytes of its children.
    uint32_t key = 0;       // Of a field.
    Form form = Form::kScalar;
  };
  struct Entry {
    uint32_t key;
    uint32_t node;
    uint32_t offset;
  };

  void AddCopy(const Variant& variant, int depth);
  void AddHeader(int primitive);
  void AddLittleEndian(uint64_t value, size_t width);
  void OpenScalar();
  void CloseScalar();
  void Begin(Form form);
  void EndObject(uint32_t index);
  std::string_view KeyText(uint32_t id) const;
  uint32_t KeyId(std::string_view key);
  void GrowTable();
  void WriteMetadata(std::string* out) const;
  void WriteContainer(uint32_t index, std::string* out) const;

  DuplicateKeys duplicates_;
  Failure failure_ = Failure::kNone;
  std::string duplicate_;
  std::string scalars_;
  std::vector<Node> nodes_;  // In the order of the text: a container before its children.
  std::vector<uint32_t> open_;
  std::vector<Entry> entries_, sorted_;
  uint32_t next_key_ = 0;
  std::string key_text_;
  std::vector<uint32_t> key_ends_;
  std::vector<uint32_t> key_table_;  // Ids + 1 by hash; empty while the keys are few.
};

/// Reads JSON into `builder`, as Flink's PARSE_JSON: integers in the smallest kind, other numbers
/// without exponent as DECIMAL, the rest as DOUBLE. Errors: kInvalidData with the byte.
Status ParseVariantJson(std::string_view json, VariantBuilder* builder);

/// Appends the variant as JSON, times as texts, bytes in base64.
void AppendVariantJson(const Variant& variant, std::string* out);
/// The same for the bytes of a column.
void AppendVariantJson(std::string_view bytes, std::string* out);

}  // namespace weir
