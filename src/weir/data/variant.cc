// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Reading variants. Every read is checked against the bytes there are: what lies beyond reads as 0.
#include "weir/data/variant.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "weir/data/text.h"

namespace weir {
namespace {

// The low two bits of a value's first byte.
enum BasicType { kPrimitive = 0, kShortString = 1, kObjectType = 2, kArrayType = 3 };

struct Primitive {
  VariantKind kind;
  uint8_t bytes;  // Behind the header. 255: a length of four bytes and as many bytes.
};
constexpr std::array<Primitive, 21> kPrimitives = {{
    {VariantKind::kNull, 0},
    {VariantKind::kBoolean, 0},
    {VariantKind::kBoolean, 0},
    {VariantKind::kTinyInt, 1},
    {VariantKind::kSmallInt, 2},
    {VariantKind::kInt, 4},
    {VariantKind::kBigInt, 8},
    {VariantKind::kDouble, 8},
    {VariantKind::kDecimal, 5},
    {VariantKind::kDecimal, 9},
    {VariantKind::kDecimal, 17},
    {VariantKind::kDate, 4},
    {VariantKind::kTimestampLtz, 8},
    {VariantKind::kTimestamp, 8},
    {VariantKind::kFloat, 4},
    {VariantKind::kBytes, 255},
    {VariantKind::kString, 255},
    {VariantKind::kTime, 8},
    {VariantKind::kTimestampLtzNanos, 8},
    {VariantKind::kTimestampNanos, 8},
    {VariantKind::kUuid, 16},
}};

uint64_t LittleEndian(std::string_view bytes, size_t at, size_t width) {
  if (at > bytes.size() || bytes.size() - at < width) return 0;
  uint64_t value = 0;
  for (size_t i = 0; i < width; ++i)
    value |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[at + i])) << (8 * i);
  return value;
}

std::string_view Part(std::string_view bytes, uint64_t begin, uint64_t size) {
  if (begin > bytes.size()) return {};
  return bytes.substr(begin, size);
}

// The dictionary of names at the front.
struct Dictionary {
  size_t width = 1;  // Of an offset.
  uint64_t names = 0;
  uint64_t texts = 0;  // Where the names begin.
  uint64_t size = 0;   // Of the whole metadata.
};

std::optional<Dictionary> ReadDictionary(std::string_view bytes) {
  if (bytes.empty() || (bytes[0] & 0x0F) != 1) return std::nullopt;
  Dictionary result;
  result.width = (static_cast<uint8_t>(bytes[0]) >> 6) + 1u;
  result.names = LittleEndian(bytes, 1, result.width);
  result.texts = 1 + result.width * (result.names + 2);
  if (bytes.size() < result.texts) return std::nullopt;
  result.size = result.texts + LittleEndian(bytes, result.texts - result.width, result.width);
  if (bytes.size() < result.size) return std::nullopt;
  return result;
}

std::string_view NameById(std::string_view metadata, const Dictionary& dictionary, uint64_t id) {
  if (id >= dictionary.names) return {};
  size_t width = dictionary.width;
  uint64_t begin = LittleEndian(metadata, 1 + width * (id + 1), width);
  uint64_t end = LittleEndian(metadata, 1 + width * (id + 2), width);
  return end < begin ? std::string_view() : Part(metadata, dictionary.texts + begin, end - begin);
}

int TypeInfo(std::string_view value) { return static_cast<uint8_t>(value[0]) >> 2; }

}  // namespace

std::string_view VariantKindName(VariantKind kind) {
  constexpr std::string_view kNames[] = {"NULL",
                                         "BOOLEAN",
                                         "TINYINT",
                                         "SMALLINT",
                                         "INT",
                                         "BIGINT",
                                         "FLOAT",
                                         "DOUBLE",
                                         "DECIMAL",
                                         "STRING",
                                         "BYTES",
                                         "DATE",
                                         "TIME",
                                         "TIMESTAMP",
                                         "TIMESTAMP_LTZ",
                                         "TIMESTAMP_NS",
                                         "TIMESTAMP_LTZ_NS",
                                         "UUID",
                                         "ARRAY",
                                         "OBJECT"};
  return kNames[static_cast<size_t>(kind)];
}

// Where the parts of an array or object lie.
struct Variant::Layout {
  uint64_t size = 0;
  size_t id_width = 0;  // 0: an array.
  size_t offset_width = 1;
  uint64_t ids = 0;
  uint64_t offsets = 0;
  uint64_t data = 0;
};

std::optional<Variant> Variant::Open(std::string_view bytes) {
  auto dictionary = ReadDictionary(bytes);
  if (!dictionary || bytes.size() <= dictionary->size) return std::nullopt;
  return Variant(bytes.substr(0, dictionary->size), bytes.substr(dictionary->size));
}

std::optional<Variant> Variant::Open(std::string_view metadata, std::string_view value) {
  auto dictionary = ReadDictionary(metadata);
  if (!dictionary || value.empty()) return std::nullopt;
  return Variant(metadata.substr(0, dictionary->size), value);
}

uint64_t Variant::ReadUnsigned(size_t at, size_t width) const {
  return LittleEndian(value_, at, width);
}
int64_t Variant::ReadSigned(size_t at, size_t width) const {
  const int unused = static_cast<int>(64 - 8 * width);
  return static_cast<int64_t>(ReadUnsigned(at, width) << unused) >> unused;
}

VariantKind Variant::kind() const {
  if (value_.empty()) return VariantKind::kNull;
  switch (value_[0] & 3) {
    case kShortString:
      return VariantKind::kString;
    case kObjectType:
      return VariantKind::kObject;
    case kArrayType:
      return VariantKind::kArray;
    default: {
      auto info = static_cast<size_t>(TypeInfo(value_));
      return info < kPrimitives.size() ? kPrimitives[info].kind : VariantKind::kNull;
    }
  }
}

bool Variant::bool_value() const { return !value_.empty() && TypeInfo(value_) == 1; }

int64_t Variant::int_value() const {
  auto info = value_.empty() ? 0 : static_cast<size_t>(TypeInfo(value_));
  size_t width = info < kPrimitives.size() ? kPrimitives[info].bytes : 0;
  return width == 0 || width > 8 ? 0 : ReadSigned(1, width);
}

double Variant::real_value() const {
  if (kind() == VariantKind::kFloat) {
    auto bits = static_cast<uint32_t>(ReadUnsigned(1, 4));
    float value;
    std::memcpy(&value, &bits, 4);
    return static_cast<double>(value);
  }
  uint64_t bits = ReadUnsigned(1, 8);
  double value;
  std::memcpy(&value, &bits, 8);
  return value;
}

Int128 Variant::decimal_value(int* scale) const {
  *scale = static_cast<int>(ReadUnsigned(1, 1));
  switch (TypeInfo(value_)) {
    case 8:
      return ReadSigned(2, 4);
    case 9:
      return ReadSigned(2, 8);
    default:
      return static_cast<Int128>((static_cast<unsigned __int128>(ReadUnsigned(10, 8)) << 64) |
                                 ReadUnsigned(2, 8));
  }
}

std::string_view Variant::text() const {
  if (value_.empty()) return {};
  if ((value_[0] & 3) == kShortString)
    return Part(value_, 1, static_cast<size_t>(TypeInfo(value_)));
  if (kind() == VariantKind::kUuid) return Part(value_, 1, 16);
  return Part(value_, 5, ReadUnsigned(1, 4));
}

Variant::Layout Variant::ReadLayout() const {
  Layout layout;
  if (value_.empty()) return layout;
  const auto info = static_cast<size_t>(TypeInfo(value_));
  const bool is_object = (value_[0] & 3) == kObjectType;
  layout.offset_width = (info & 3) + 1;
  if (is_object) layout.id_width = ((info >> 2) & 3) + 1;
  const size_t size_width = ((info >> (is_object ? 4 : 2)) & 1) != 0 ? 4 : 1;
  layout.size = ReadUnsigned(1, size_width);
  layout.ids = 1 + size_width;
  layout.offsets = layout.ids + layout.size * layout.id_width;
  layout.data = layout.offsets + (layout.size + 1) * layout.offset_width;
  if (layout.data > value_.size()) layout.size = 0;  // Not whole: as if it were empty.
  return layout;
}

int Variant::size() const { return static_cast<int>(ReadLayout().size); }

Variant Variant::element(int i) const {
  Layout layout = ReadLayout();
  auto index = static_cast<uint64_t>(i);
  if (index >= layout.size) return {metadata_, {}};
  uint64_t offset = ReadUnsigned(layout.offsets + index * layout.offset_width, layout.offset_width);
  return {metadata_, Part(value_, layout.data + offset, value_.size())};
}

std::string_view Variant::key(int i) const {
  Layout layout = ReadLayout();
  auto index = static_cast<uint64_t>(i);
  auto dictionary = ReadDictionary(metadata_);
  if (index >= layout.size || !dictionary) return {};
  return NameById(metadata_, *dictionary,
                  ReadUnsigned(layout.ids + index * layout.id_width, layout.id_width));
}

std::optional<Variant> Variant::Find(std::string_view key) const {
  if (kind() != VariantKind::kObject) return std::nullopt;
  // Not by halving: writers differ in how they sort names beyond the BMP.
  Layout layout = ReadLayout();
  auto dictionary = ReadDictionary(metadata_);
  if (!dictionary) return std::nullopt;
  for (uint64_t i = 0; i < layout.size; ++i) {
    uint64_t id = ReadUnsigned(layout.ids + i * layout.id_width, layout.id_width);
    if (NameById(metadata_, *dictionary, id) == key) return element(static_cast<int>(i));
  }
  return std::nullopt;
}

size_t Variant::EncodedSize() const {
  if (value_.empty()) return 0;
  uint64_t size = 0;
  const auto info = static_cast<size_t>(TypeInfo(value_));
  switch (value_[0] & 3) {
    case kShortString:
      size = 1 + info;
      break;
    case kPrimitive: {
      size_t bytes = info < kPrimitives.size() ? kPrimitives[info].bytes : 0;
      size = bytes == 255 ? 5 + ReadUnsigned(1, 4) : 1 + bytes;
      break;
    }
    default: {
      Layout layout = ReadLayout();
      size = layout.data + ReadUnsigned(layout.data - layout.offset_width, layout.offset_width);
    }
  }
  return static_cast<size_t>(std::min<uint64_t>(size, value_.size()));
}

// ---- Validation ----

namespace {

Status Malformed(std::string_view reason) { return InvalidData("malformed variant: {}", reason); }

Status ValidateDictionary(std::string_view metadata) {
  auto dictionary = ReadDictionary(metadata);
  if (!dictionary) return Malformed("its metadata is not of version 1 or is cut off");
  size_t width = dictionary->width;
  uint64_t last = 0;
  for (uint64_t id = 0; id < dictionary->names; ++id) {
    uint64_t begin = LittleEndian(metadata, 1 + width * (id + 1), width);
    uint64_t end = LittleEndian(metadata, 1 + width * (id + 2), width);
    if (begin != last || end < begin || dictionary->texts + end > metadata.size())
      return Malformed("the names in its metadata are out of order");
    last = end;
  }
  if (!IsValidUtf8(metadata.substr(dictionary->texts)))
    return Malformed("its metadata is not valid UTF-8");
  return Status::OK();
}

}  // namespace

Status Variant::Validate(int depth) const {
  if (depth > kVariantDepthMax)
    return InvalidData("a variant is nested deeper than {} levels", kVariantDepthMax);
  if (value_.empty()) return Malformed("a value is missing");
  const auto info = static_cast<size_t>(TypeInfo(value_));
  const int basic = value_[0] & 3;
  if (basic == kPrimitive && info >= kPrimitives.size())
    return InvalidData("malformed variant: it has values of the unknown type {}", info);
  if (basic == kPrimitive || basic == kShortString) {
    uint64_t needed = basic == kShortString            ? 1 + info
                      : kPrimitives[info].bytes != 255 ? 1u + kPrimitives[info].bytes
                      : value_.size() < 5              ? 5
                                                       : 5 + ReadUnsigned(1, 4);
    if (value_.size() < needed) return Malformed("a value is cut off");
    VariantKind type = kind();
    if (type == VariantKind::kString && !IsValidUtf8(text()))
      return Malformed("a string is not valid UTF-8");
    if (type == VariantKind::kDecimal) {
      int scale = 0;
      Int128 value = decimal_value(&scale);
      Int128 limit = 1;
      for (int i = 0; i < 38; ++i) limit *= 10;
      if (scale > 38 || value >= limit || value <= -limit)
        return Malformed("a DECIMAL has more than 38 digits");
    }
    return Status::OK();
  }
  Layout layout = ReadLayout();
  if (layout.data > value_.size() || value_.size() < layout.ids)
    return Malformed("an array or object is cut off");
  uint64_t data = ReadUnsigned(layout.data - layout.offset_width, layout.offset_width);
  if (data > value_.size() - layout.data) return Malformed("an array or object is cut off");
  // Children may not share bytes: reading would take longer than the bytes are long.
  uint64_t used = 0;
  auto dictionary = ReadDictionary(metadata_);
  for (uint64_t i = 0; i < layout.size; ++i) {
    if (layout.id_width != 0 &&
        ReadUnsigned(layout.ids + i * layout.id_width, layout.id_width) >= dictionary->names) {
      return Malformed("a field has no name");
    }
    uint64_t offset = ReadUnsigned(layout.offsets + i * layout.offset_width, layout.offset_width);
    if (offset >= data) return Malformed("a value lies outside of its array or object");
    Variant child(metadata_, value_.substr(layout.data + offset, data - offset));
    used += child.EncodedSize();
    if (used > data) return Malformed("values share their bytes");
    WEIR_RETURN_NOT_OK(child.Validate(depth + 1));
  }
  return Status::OK();
}

Status ValidateVariant(std::string_view bytes) {
  auto variant = Variant::Open(bytes);
  if (!variant) return Malformed("its metadata is not of version 1 or is cut off");
  if (variant->metadata_.size() > kVariantBytesMax || variant->value_.size() > kVariantBytesMax)
    return InvalidData("a variant is longer than {} bytes", kVariantBytesMax);
  WEIR_RETURN_NOT_OK(ValidateDictionary(variant->metadata_));
  WEIR_RETURN_NOT_OK(variant->Validate(1));
  if (variant->EncodedSize() != variant->value_.size()) return Malformed("bytes follow the value");
  return Status::OK();
}

}  // namespace weir
