// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Writing variants in two passes, so that no byte moves twice whatever the depth: values are
// collected in the order of the text, the size of a container is known when it is closed, and
// Finish writes headers and scalars from front to back.
//   nodes_   object(5 nodes)  "a": 1   "b": array(3 nodes)  2  3
//   scalars_ 0C 01 0C 02 0C 03
#include <algorithm>
#include <cstring>

#include "weir/data/variant.h"

namespace weir {
namespace {

constexpr size_t kFewKeys = 12;

size_t WidthOf(uint64_t value) { return value <= 0xFF ? 1 : value <= 0xFFFF ? 2 : 3; }

void AppendLittleEndian(uint64_t value, size_t width, std::string* out) {
  for (size_t i = 0; i < width; ++i) out->push_back(static_cast<char>(value >> (8 * i)));
}

/// As java.lang.String.compareTo orders them, by UTF-16 units: characters beyond the BMP (four
/// bytes, from F0) stand before U+E000 to U+FFFF (from EE).
bool ComesBefore(std::string_view a, std::string_view b) {
  size_t shared = std::min(a.size(), b.size()), i = 0;
  while (i < shared && a[i] == b[i]) ++i;
  if (i == shared) return a.size() < b.size();
  auto x = static_cast<uint8_t>(a[i]), y = static_cast<uint8_t>(b[i]);
  bool x_private = x == 0xEE || x == 0xEF, y_private = y == 0xEE || y == 0xEF;
  if (x >= 0xF0 && y_private) return true;
  if (y >= 0xF0 && x_private) return false;
  return x < y;
}

int PrimitiveOf(VariantKind kind) {
  switch (kind) {
    case VariantKind::kTinyInt:
      return 3;
    case VariantKind::kSmallInt:
      return 4;
    case VariantKind::kInt:
      return 5;
    case VariantKind::kBigInt:
      return 6;
    case VariantKind::kDate:
      return 11;
    case VariantKind::kTimestampLtz:
      return 12;
    case VariantKind::kTimestamp:
      return 13;
    case VariantKind::kTime:
      return 17;
    case VariantKind::kTimestampLtzNanos:
      return 18;
    case VariantKind::kTimestampNanos:
      return 19;
    default:
      return 0;
  }
}

size_t WidthOfFixed(VariantKind kind) {
  switch (kind) {
    case VariantKind::kTinyInt:
      return 1;
    case VariantKind::kSmallInt:
      return 2;
    case VariantKind::kInt:
    case VariantKind::kDate:
      return 4;
    default:
      return 8;
  }
}

size_t HashKey(std::string_view key) { return std::hash<std::string_view>()(key); }

}  // namespace

void VariantBuilder::Clear() {
  failure_ = Failure::kNone;
  scalars_.clear();
  nodes_.clear();
  open_.clear();
  entries_.clear();
  key_text_.clear();
  key_ends_.clear();
  key_table_.clear();
  next_key_ = 0;
}

// ---- Scalars ----

void VariantBuilder::OpenScalar() {
  Node node;
  node.at = static_cast<uint32_t>(scalars_.size());
  node.key = next_key_;
  nodes_.push_back(node);
}

void VariantBuilder::CloseScalar() {
  Node& node = nodes_.back();
  node.size = static_cast<uint32_t>(scalars_.size()) - node.at;
  if (scalars_.size() > kVariantBytesMax) failure_ = Failure::kTooLong;
}

void VariantBuilder::AddHeader(int primitive) {
  OpenScalar();
  scalars_.push_back(static_cast<char>(primitive << 2));
  CloseScalar();
}

void VariantBuilder::AddLittleEndian(uint64_t value, size_t width) {
  AppendLittleEndian(value, width, &scalars_);
  CloseScalar();
}

void VariantBuilder::AddInteger(int64_t value) {
  AddFixed(value == static_cast<int8_t>(value)    ? VariantKind::kTinyInt
           : value == static_cast<int16_t>(value) ? VariantKind::kSmallInt
           : value == static_cast<int32_t>(value) ? VariantKind::kInt
                                                  : VariantKind::kBigInt,
           value);
}

void VariantBuilder::AddFixed(VariantKind kind, int64_t value) {
  AddHeader(PrimitiveOf(kind));
  AddLittleEndian(static_cast<uint64_t>(value), WidthOfFixed(kind));
}

void VariantBuilder::AddFloat(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  AddHeader(14);
  AddLittleEndian(bits, 4);
}

void VariantBuilder::AddDouble(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, 8);
  AddHeader(7);
  AddLittleEndian(bits, 8);
}

void VariantBuilder::AddDecimal(Int128 unscaled, int scale) {
  auto within = [&](int digits) {
    Int128 limit = 1;
    for (int i = 0; i < digits; ++i) limit *= 10;
    return scale <= digits && unscaled < limit && unscaled > -limit;
  };
  const int form = within(9) ? 8 : within(18) ? 9 : 10;
  AddHeader(form);
  scalars_.push_back(static_cast<char>(scale));
  const auto bits = static_cast<unsigned __int128>(unscaled);
  AddLittleEndian(static_cast<uint64_t>(bits), form == 8 ? 4 : 8);
  if (form == 10) AddLittleEndian(static_cast<uint64_t>(bits >> 64), 8);
}

void VariantBuilder::AddString(std::string_view text) {
  constexpr size_t kShortMax = 63;
  if (text.size() > kShortMax) {
    AddHeader(16);
    AppendLittleEndian(text.size(), 4, &scalars_);
  } else {
    OpenScalar();
    scalars_.push_back(static_cast<char>(text.size() << 2 | 1));
  }
  if (text.size() > kVariantBytesMax) {
    failure_ = Failure::kTooLong;
    return;
  }
  scalars_.append(text);
  CloseScalar();
}

void VariantBuilder::AddBytes(std::string_view bytes) {
  AddHeader(15);
  AppendLittleEndian(bytes.size(), 4, &scalars_);
  if (bytes.size() > kVariantBytesMax) {
    failure_ = Failure::kTooLong;
    return;
  }
  scalars_.append(bytes);
  CloseScalar();
}

void VariantBuilder::AddCopy(const Variant& variant, int depth) {
  if (depth > kVariantDepthMax) return AddNull();  // Only what nobody checked is so deep.
  switch (variant.kind()) {
    case VariantKind::kArray: {
      BeginArray();
      for (int i = 0, size = variant.size(); i < size; ++i) AddCopy(variant.element(i), depth + 1);
      return End();
    }
    case VariantKind::kObject: {
      BeginObject();
      for (int i = 0, size = variant.size(); i < size; ++i) {
        AddKey(variant.key(i));
        AddCopy(variant.element(i), depth + 1);
      }
      return End();
    }
    default:
      OpenScalar();
      scalars_.append(variant.value());
      CloseScalar();
  }
}

// ---- Names ----

std::string_view VariantBuilder::KeyText(uint32_t id) const {
  const size_t begin = id == 0 ? 0 : key_ends_[id - 1];
  return std::string_view(key_text_).substr(begin, key_ends_[id] - begin);
}

void VariantBuilder::GrowTable() {
  size_t slots = key_table_.empty() ? 64 : key_table_.size() * 2;
  key_table_.assign(slots, 0);
  for (uint32_t id = 0; id < key_ends_.size(); ++id) {
    size_t slot = HashKey(KeyText(id)) & (slots - 1);
    while (key_table_[slot] != 0) slot = (slot + 1) & (slots - 1);
    key_table_[slot] = id + 1;
  }
}

uint32_t VariantBuilder::KeyId(std::string_view key) {
  const auto next = static_cast<uint32_t>(key_ends_.size());
  size_t slot = 0;
  if (next < kFewKeys) {
    for (uint32_t id = 0; id < next; ++id) {
      if (KeyText(id) == key) return id;
    }
  } else {
    if (key_table_.size() < 2 * (next + size_t{1})) GrowTable();
    slot = HashKey(key) & (key_table_.size() - 1);
    while (key_table_[slot] != 0) {
      if (KeyText(key_table_[slot] - 1) == key) return key_table_[slot] - 1;
      slot = (slot + 1) & (key_table_.size() - 1);
    }
    key_table_[slot] = next + 1;
  }
  if (key_text_.size() + key.size() > kVariantBytesMax) {
    failure_ = Failure::kTooLong;
    return 0;
  }
  key_text_.append(key);
  key_ends_.push_back(static_cast<uint32_t>(key_text_.size()));
  return next;
}

void VariantBuilder::AddKey(std::string_view key) {
  if (!failed()) next_key_ = KeyId(key);
}

// ---- Containers ----

void VariantBuilder::Begin(Form form) {
  Node node;
  node.form = form;
  node.key = next_key_;
  open_.push_back(static_cast<uint32_t>(nodes_.size()));
  nodes_.push_back(node);
  if (nodes_.size() > kVariantBytesMax / 2) failure_ = Failure::kTooLong;
}

void VariantBuilder::End() {
  const uint32_t index = open_.back();
  open_.pop_back();
  if (failed()) return;
  Node& node = nodes_[index];
  node.skip = static_cast<uint32_t>(nodes_.size()) - index;
  uint64_t data = 0, children = 0, greatest = 0;
  if (node.form == Form::kObject) {
    EndObject(index);
    for (uint32_t i = node.at; i < node.at + node.children; ++i)
      greatest = std::max<uint64_t>(greatest, entries_[i].key);
    data = node.data;
    children = node.children;
  } else {
    for (uint32_t i = index + 1; i < nodes_.size(); i += nodes_[i].skip) {
      data += nodes_[i].size;
      ++children;
    }
  }
  const uint64_t size_width = children > 0xFF ? 4 : 1;
  const uint64_t id_width = node.form == Form::kObject ? WidthOf(greatest) : 0;
  const uint64_t size =
      1 + size_width + children * id_width + (children + 1) * WidthOf(data) + data;
  if (size > kVariantBytesMax) {
    failure_ = Failure::kTooLong;
    return;
  }
  node.data = static_cast<uint32_t>(data);
  node.children = static_cast<uint32_t>(children);
  node.size = static_cast<uint32_t>(size);
}

// Sorts the fields of an object by name; of fields of one name the last one stays.
void VariantBuilder::EndObject(uint32_t index) {
  Node& node = nodes_[index];
  sorted_.clear();
  for (uint32_t i = index + 1; i < nodes_.size(); i += nodes_[i].skip)
    sorted_.push_back({nodes_[i].key, i, 0});
  auto by_name = [&](const Entry& a, const Entry& b) {
    if (a.key == b.key) return a.node < b.node;
    return ComesBefore(KeyText(a.key), KeyText(b.key));
  };
  if (!std::is_sorted(sorted_.begin(), sorted_.end(), by_name))
    std::sort(sorted_.begin(), sorted_.end(), by_name);
  bool dropped = false;
  for (size_t i = 1; i < sorted_.size(); ++i) {
    if (sorted_[i].key != sorted_[i - 1].key) continue;
    if (duplicates_ == DuplicateKeys::kRefuse) {
      failure_ = Failure::kDuplicate;
      duplicate_ = KeyText(sorted_[i].key);
      return;
    }
    nodes_[sorted_[i - 1].node].form = Form::kDropped;
    dropped = true;
  }
  if (dropped) {
    std::erase_if(sorted_,
                  [&](const Entry& entry) { return nodes_[entry.node].form == Form::kDropped; });
  }
  // Values lie in the order of the text.
  uint32_t offset = 0;
  for (uint32_t i = index + 1; i < nodes_.size(); i += nodes_[i].skip) {
    if (nodes_[i].form == Form::kDropped) continue;
    nodes_[i].key = offset;  // The name stands in the entry from here on.
    offset += nodes_[i].size;
  }
  node.at = static_cast<uint32_t>(entries_.size());
  node.children = static_cast<uint32_t>(sorted_.size());
  node.data = offset;
  for (Entry& entry : sorted_) {
    entry.offset = nodes_[entry.node].key;
    entries_.push_back(entry);
  }
}

// ---- Writing ----

void VariantBuilder::WriteMetadata(std::string* out) const {
  const size_t width = WidthOf(std::max(key_text_.size(), key_ends_.size()));
  out->push_back(static_cast<char>(1 | (width - 1) << 6));
  AppendLittleEndian(key_ends_.size(), width, out);
  AppendLittleEndian(0, width, out);
  for (uint32_t end : key_ends_) AppendLittleEndian(end, width, out);
  out->append(key_text_);
}

void VariantBuilder::WriteContainer(uint32_t index, std::string* out) const {
  const Node& node = nodes_[index];
  const bool is_object = node.form == Form::kObject;
  const size_t offset_width = WidthOf(node.data);
  const bool is_large = node.children > 0xFF;
  if (!is_object) {
    out->push_back(
        static_cast<char>((is_large ? 1 : 0) << 4 | static_cast<int>(offset_width - 1) << 2 | 3));
    AppendLittleEndian(node.children, is_large ? 4 : 1, out);
    uint32_t offset = 0;
    for (uint32_t i = index + 1; i < index + node.skip; i += nodes_[i].skip) {
      AppendLittleEndian(offset, offset_width, out);
      offset += nodes_[i].size;
    }
  } else {
    auto begin = entries_.begin() + node.at, end = begin + node.children;
    uint32_t greatest = 0;
    for (auto entry = begin; entry != end; ++entry) greatest = std::max(greatest, entry->key);
    const size_t id_width = WidthOf(greatest);
    out->push_back(static_cast<char>((is_large ? 1 : 0) << 6 | static_cast<int>(id_width - 1) << 4 |
                                     static_cast<int>(offset_width - 1) << 2 | 2));
    AppendLittleEndian(node.children, is_large ? 4 : 1, out);
    for (auto entry = begin; entry != end; ++entry) AppendLittleEndian(entry->key, id_width, out);
    for (auto entry = begin; entry != end; ++entry)
      AppendLittleEndian(entry->offset, offset_width, out);
  }
  AppendLittleEndian(node.data, offset_width, out);
}

Status VariantBuilder::Finish(std::string* out) {
  if (failure_ == Failure::kTooLong)
    return InvalidData("a variant is longer than {} bytes", kVariantBytesMax);
  if (failure_ == Failure::kDuplicate)
    return InvalidData("the key '{}' occurs twice in an object", duplicate_);
  if (nodes_.empty() || !open_.empty()) return Internal("a variant is not complete");
  WriteMetadata(out);
  for (uint32_t i = 0; i < nodes_.size();) {
    const Node& node = nodes_[i];
    if (node.form == Form::kDropped) {
      i += node.skip;
      continue;
    }
    if (node.form == Form::kScalar) {
      out->append(scalars_, node.at, node.size);
    } else {
      WriteContainer(i, out);
    }
    ++i;
  }
  return Status::OK();
}

}  // namespace weir
