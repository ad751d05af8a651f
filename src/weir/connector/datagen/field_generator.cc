// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/datagen/field_generator.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "weir/data/precision.h"
#include "weir/data/text.h"

namespace weir {
namespace {

constexpr int64_t kDefaultStringLength = 100;
constexpr int64_t kDefaultCollectionLength = 3;
constexpr int64_t kLengthMax = 1 << 20;

void StoreInteger(ColumnSlot& slot, int64_t position, int64_t value) {
  switch (slot.type().value_width()) {
    case 1:
      return slot.Set<int8_t>(position, static_cast<int8_t>(value));
    case 2:
      return slot.Set<int16_t>(position, static_cast<int16_t>(value));
    case 4:
      return slot.Set<int32_t>(position, static_cast<int32_t>(value));
    default:
      return slot.Set<int64_t>(position, value);
  }
}

Int128 PowerOfTen(int exponent) {
  Int128 power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
}

Status StoreText(ColumnSlot& slot, int64_t position, std::string_view text, BatchSlots* batch) {
  WEIR_ASSIGN_OR_RETURN(char* room, batch->AllocateBytes(static_cast<int64_t>(text.size())));
  std::memcpy(room, text.data(), text.size());
  slot.SetView(position, room, static_cast<uint32_t>(text.size()));
  return Status::OK();
}

class SequenceGenerator : public FieldGenerator {
 public:
  SequenceGenerator(int64_t start, int64_t end) : start_(start), end_(end) {}
  Status Generate(const GeneratedRow& row, ColumnSlot& slot, int64_t position,
                  BatchSlots* batch) const override {
    int64_t value = start_ + row.number;
    switch (slot.kind()) {
      case TypeKind::kFloat:
        slot.Set<float>(position, static_cast<float>(value));
        return Status::OK();
      case TypeKind::kDouble:
        slot.Set<double>(position, static_cast<double>(value));
        return Status::OK();
      case TypeKind::kDecimal:
        slot.Set<Int128>(position, Int128{value} * PowerOfTen(slot.type().scale()));
        return Status::OK();
      case TypeKind::kChar:
      case TypeKind::kVarchar:
        return StoreText(slot, position, std::to_string(value), batch);
      default:
        StoreInteger(slot, position, value);
        return Status::OK();
    }
  }
  std::optional<int64_t> rows_max() const override { return end_ - start_ + 1; }

 private:
  int64_t start_, end_;
};

class IntegerGenerator : public FieldGenerator {
 public:
  IntegerGenerator(int64_t low, int64_t high)
      : low_(low), range_(static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1) {}
  Status Generate(const GeneratedRow& row, ColumnSlot& slot, int64_t position,
                  BatchSlots*) const override {
    RandomStream random = row.random;
    uint64_t offset = range_ == 0 ? random.Next() : random.Below(range_);
    StoreInteger(slot, position, static_cast<int64_t>(static_cast<uint64_t>(low_) + offset));
    return Status::OK();
  }

 private:
  int64_t low_;
  uint64_t range_;  // 0: all 64 bits.
};

class RealGenerator : public FieldGenerator {
 public:
  RealGenerator(double low, double high) : low_(low), high_(high) {}
  Status Generate(const GeneratedRow& row, ColumnSlot& slot, int64_t position,
                  BatchSlots*) const override {
    RandomStream random = row.random;
    double unit = random.Unit();
    double value = low_ * (1 - unit) + high_ * unit;  // high - low may overflow.
    if (slot.kind() == TypeKind::kFloat) {
      slot.Set<float>(position, static_cast<float>(value));
    } else {
      slot.Set<double>(position, value);
    }
    return Status::OK();
  }

 private:
  double low_, high_;
};

class DecimalGenerator : public FieldGenerator {
 public:
  DecimalGenerator(Int128 low, Int128 high) : low_(low), high_(high) {}
  Status Generate(const GeneratedRow& row, ColumnSlot& slot, int64_t position,
                  BatchSlots*) const override {
    RandomStream random = row.random;
    auto range = static_cast<unsigned __int128>(high_ - low_) + 1;
    unsigned __int128 bits = static_cast<unsigned __int128>(random.Next()) << 64 | random.Next();
    slot.Set<Int128>(position, low_ + static_cast<Int128>(bits % range));
    return Status::OK();
  }

 private:
  Int128 low_, high_;
};

class BooleanGenerator : public FieldGenerator {
 public:
  Status Generate(const GeneratedRow& row, ColumnSlot& slot, int64_t position,
                  BatchSlots*) const override {
    RandomStream random = row.random;
    slot.SetBool(position, (random.Next() & 1) != 0);
    return Status::OK();
  }
};

// Hexadecimal digits for strings, any bytes for binary types.
class BytesGenerator : public FieldGenerator {
 public:
  BytesGenerator(int64_t length, bool varies, bool is_text)
      : length_(length), varies_(varies), is_text_(is_text) {}
  Status Generate(const GeneratedRow& row, ColumnSlot& slot, int64_t position,
                  BatchSlots* batch) const override {
    RandomStream random = row.random;
    int64_t length = varies_ ? 1 + static_cast<int64_t>(random.Below(
                                       static_cast<uint64_t>(std::max<int64_t>(length_, 1))))
                             : length_;
    WEIR_ASSIGN_OR_RETURN(char* out, batch->AllocateBytes(length));
    for (int64_t i = 0; i < length;) {
      uint64_t bits = random.Next();
      int per_word = is_text_ ? 16 : 8;
      for (int k = 0; k < per_word && i < length; ++k, ++i) {
        out[i] = is_text_ ? "0123456789abcdef"[bits & 15] : static_cast<char>(bits);
        bits >>= is_text_ ? 4 : 8;
      }
    }
    slot.SetView(position, out, static_cast<uint32_t>(length));
    return Status::OK();
  }

 private:
  int64_t length_;
  bool varies_, is_text_;
};

// Now, less up to max-past.
class TimeGenerator : public FieldGenerator {
 public:
  explicit TimeGenerator(int64_t max_past_micros) : max_past_(max_past_micros) {}
  Status Generate(const GeneratedRow& row, ColumnSlot& slot, int64_t position,
                  BatchSlots*) const override {
    RandomStream random = row.random;
    int64_t micros = row.wall_micros;
    if (max_past_ > 0)
      micros -= static_cast<int64_t>(random.Below(static_cast<uint64_t>(max_past_)));
    constexpr int64_t kDay = 86'400'000'000;
    switch (slot.kind()) {
      case TypeKind::kDate:
        slot.Set<int32_t>(position, static_cast<int32_t>(Split(micros, kDay).units));
        break;
      case TypeKind::kTime:
        slot.Set<int32_t>(position,
                          CutTime(Split(micros, kDay).rest / 1000, slot.type().precision()));
        break;
      default: {
        micros -= Split(micros, TickStep(std::min(slot.type().precision(), 6))).rest;
        if (slot.type().is_wide_timestamp()) {
          slot.Set<Int128>(position, Int128{micros} * 1000);
        } else {
          slot.Set<int64_t>(position, micros);
        }
      }
    }
    return Status::OK();
  }

 private:
  int64_t max_past_;
};

class RowGenerator : public FieldGenerator {
 public:
  RowGenerator(std::vector<std::unique_ptr<FieldGenerator>> fields, std::vector<uint64_t> salts)
      : fields_(std::move(fields)), salts_(std::move(salts)) {}
  Status Generate(const GeneratedRow& row, ColumnSlot& slot, int64_t position,
                  BatchSlots* batch) const override {
    for (size_t i = 0; i < fields_.size(); ++i) {
      GeneratedRow part{row.number, row.wall_micros, row.random.Part(salts_[i])};
      WEIR_RETURN_NOT_OK(fields_[i]->Generate(part, slot.child(i), position, batch));
    }
    slot.Mark(position);
    return Status::OK();
  }
  std::optional<int64_t> rows_max() const override {
    std::optional<int64_t> least;
    for (const auto& field : fields_) {
      auto rows = field->rows_max();
      if (rows) least = least ? std::min(*least, *rows) : *rows;
    }
    return least;
  }

 private:
  std::vector<std::unique_ptr<FieldGenerator>> fields_;
  std::vector<uint64_t> salts_;  // From the names: leaving fields out does not change the others.
};

class CollectionGenerator : public FieldGenerator {
 public:
  CollectionGenerator(int64_t length, std::vector<std::unique_ptr<FieldGenerator>> parts,
                      bool counts)
      : length_(length), parts_(std::move(parts)), counts_(counts) {}
  Status Generate(const GeneratedRow& row, ColumnSlot& slot, int64_t position,
                  BatchSlots* batch) const override {
    WEIR_RETURN_NOT_OK(slot.BeginList(position));
    for (int64_t i = 0; i < length_; ++i) {
      WEIR_ASSIGN_OR_RETURN(int64_t element, slot.AddElement());
      for (size_t k = 0; k < parts_.size(); ++k) {
        GeneratedRow part{row.number, row.wall_micros,
                          row.random.Part(static_cast<uint64_t>(i) * 2 + k)};
        WEIR_RETURN_NOT_OK(parts_[k]->Generate(part, slot.child(k), element, batch));
      }
      if (counts_) slot.child(1).Set<int32_t>(element, 1);
    }
    slot.EndList(position);
    return Status::OK();
  }

 private:
  int64_t length_;
  std::vector<std::unique_ptr<FieldGenerator>> parts_;
  bool counts_;  // MULTISET: each element once.
};

class NullableGenerator : public FieldGenerator {
 public:
  NullableGenerator(double rate, std::unique_ptr<FieldGenerator> inner)
      : rate_(rate), inner_(std::move(inner)) {}
  Status Generate(const GeneratedRow& row, ColumnSlot& slot, int64_t position,
                  BatchSlots* batch) const override {
    if (row.random.Part(0x6E756C6C).Unit() < rate_) return Status::OK();
    return inner_->Generate(row, slot, position, batch);
  }
  std::optional<int64_t> rows_max() const override { return inner_->rows_max(); }

 private:
  double rate_;
  std::unique_ptr<FieldGenerator> inner_;
};

struct FieldOptions {
  const std::string& prefix;
  const Options& options;
  Result<int64_t> Int(std::string_view name, int64_t otherwise) const {
    return options.GetInt(fmt::format("{}.{}", prefix, name), otherwise);
  }
  Result<double> Double(std::string_view name, double otherwise) const {
    return options.GetDouble(fmt::format("{}.{}", prefix, name), otherwise);
  }
  bool Has(std::string_view name) const { return options.Has(fmt::format("{}.{}", prefix, name)); }
};

Result<std::unique_ptr<FieldGenerator>> MakeInteger(const DataType& type,
                                                    const FieldOptions& field) {
  int bits = type.value_width() * 8;
  int64_t least = bits == 64 ? std::numeric_limits<int64_t>::min() : -(int64_t{1} << (bits - 1));
  int64_t most = bits == 64 ? std::numeric_limits<int64_t>::max() : (int64_t{1} << (bits - 1)) - 1;
  WEIR_ASSIGN_OR_RETURN(int64_t low, field.Int("min", type.is_interval() ? 0 : least));
  WEIR_ASSIGN_OR_RETURN(int64_t high, field.Int("max", most));
  if (low < least || high > most || low > high) {
    return InvalidQuery("'{}.min' to '{}.max' ({} to {}) is no range of {}", field.prefix,
                        field.prefix, low, high, type.ToString());
  }
  return std::make_unique<IntegerGenerator>(low, high);
}

Result<std::unique_ptr<FieldGenerator>> MakeDecimal(const DataType& type,
                                                    const FieldOptions& field) {
  Int128 limit = PowerOfTen(type.precision()) - 1;
  Int128 low = -limit, high = limit;
  for (auto [name, bound] : {std::pair{"min", &low}, std::pair{"max", &high}}) {
    auto text = field.options.Get(fmt::format("{}.{}", field.prefix, name));
    if (!text) continue;
    auto parsed = ParseDecimal(*text, type.precision(), type.scale());
    if (!parsed)
      return InvalidQuery("option '{}.{}' = '{}' is not a {}", field.prefix, name, *text,
                          type.ToString());
    *bound = *parsed;
  }
  if (low > high)
    return InvalidQuery("'{}.min' is greater than '{}.max'", field.prefix, field.prefix);
  return std::make_unique<DecimalGenerator>(low, high);
}

Result<std::unique_ptr<FieldGenerator>> MakeBytes(const DataType& type, const FieldOptions& field) {
  bool fixed = type.kind() == TypeKind::kChar || type.kind() == TypeKind::kBinary;
  int64_t declared =
      type.length() == DataType::kStringLength ? kDefaultStringLength : type.length();
  WEIR_ASSIGN_OR_RETURN(int64_t length, field.Int("length", declared));
  WEIR_ASSIGN_OR_RETURN(bool varies, field.options.GetBool(field.prefix + ".var-len", false));
  if (fixed && (length != type.length() || varies)) {
    return InvalidQuery(
        "field '{}' is {}: its values all have that length, 'length' and 'var-len' do not apply",
        field.prefix, type.ToString());
  }
  if (length < 0 || length > kLengthMax || length > type.length()) {
    return InvalidQuery("option '{}.length' = {} must lie between 0 and {}", field.prefix, length,
                        std::min<int64_t>(type.length(), kLengthMax));
  }
  return std::make_unique<BytesGenerator>(length, varies, type.is_character());
}

Result<std::unique_ptr<FieldGenerator>> MakeCollection(const DataType& type,
                                                       const FieldOptions& field) {
  WEIR_ASSIGN_OR_RETURN(int64_t length, field.Int("length", kDefaultCollectionLength));
  if (length < 0 || length > 10'000)
    return InvalidQuery("option '{}.length' = {} must lie between 0 and 10000", field.prefix,
                        length);
  std::vector<std::unique_ptr<FieldGenerator>> parts;
  auto add = [&](const DataType& part, const std::string& name) -> Status {
    WEIR_ASSIGN_OR_RETURN(auto generator,
                          MakeFieldGenerator(part, field.prefix + "." + name, field.options));
    parts.push_back(std::move(generator));
    return Status::OK();
  };
  if (type.kind() == TypeKind::kMap) {
    WEIR_RETURN_NOT_OK(add(type.key(), "key"));
    WEIR_RETURN_NOT_OK(add(type.value(), "value"));
  } else {
    WEIR_RETURN_NOT_OK(add(type.element(), "element"));
  }
  return std::make_unique<CollectionGenerator>(length, std::move(parts),
                                               type.kind() == TypeKind::kMultiset);
}

Result<std::unique_ptr<FieldGenerator>> MakeRandom(const DataType& type,
                                                   const FieldOptions& field) {
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return std::make_unique<BooleanGenerator>();
    case TypeKind::kTinyInt:
    case TypeKind::kSmallInt:
    case TypeKind::kInt:
    case TypeKind::kBigInt:
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime:
      return MakeInteger(type, field);
    case TypeKind::kFloat:
    case TypeKind::kDouble: {
      double most = type.kind() == TypeKind::kFloat ? std::numeric_limits<float>::max()
                                                    : std::numeric_limits<double>::max();
      WEIR_ASSIGN_OR_RETURN(double low,
                            field.Double("min", type.kind() == TypeKind::kFloat ? -most : -most));
      WEIR_ASSIGN_OR_RETURN(double high, field.Double("max", most));
      if (!(low <= high))
        return InvalidQuery("'{}.min' is greater than '{}.max'", field.prefix, field.prefix);
      return std::make_unique<RealGenerator>(low, high);
    }
    case TypeKind::kDecimal:
      return MakeDecimal(type, field);
    case TypeKind::kChar:
    case TypeKind::kVarchar:
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      return MakeBytes(type, field);
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: {
      WEIR_ASSIGN_OR_RETURN(int64_t past,
                            field.options.GetDurationMicros(field.prefix + ".max-past", 0));
      return std::make_unique<TimeGenerator>(past);
    }
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      return MakeCollection(type, field);
    case TypeKind::kRow: {
      std::vector<std::unique_ptr<FieldGenerator>> fields;
      std::vector<uint64_t> salts;
      for (const Field& child : type.fields()) {
        WEIR_ASSIGN_OR_RETURN(
            auto generator,
            MakeFieldGenerator(child.type, field.prefix + "." + child.name, field.options));
        fields.push_back(std::move(generator));
        uint64_t salt = 0;
        for (char c : child.name) salt = MixBits(salt ^ static_cast<unsigned char>(c));
        salts.push_back(salt);
      }
      return std::make_unique<RowGenerator>(std::move(fields), std::move(salts));
    }
    case TypeKind::kNull:
    case TypeKind::kVariant:
      break;
  }
  return Unsupported("generating values of type {} ('{}') is not supported yet", type.ToString(),
                     field.prefix);
}

Result<std::unique_ptr<FieldGenerator>> MakeSequence(const DataType& type,
                                                     const FieldOptions& field) {
  bool good = type.is_numeric() || type.is_character();
  if (!good)
    return InvalidQuery("field '{}' of type {} cannot be a sequence; numbers and strings can",
                        field.prefix, type.ToString());
  for (std::string_view name : {"start", "end"}) {
    if (!field.Has(name))
      return WithHint(InvalidQuery("the sequence '{}' needs the option '{}.{}'", field.prefix,
                                   field.prefix, name),
                      fmt::format("add '{}.{}' = '...'", field.prefix, name));
  }
  WEIR_ASSIGN_OR_RETURN(int64_t start, field.Int("start", 0));
  WEIR_ASSIGN_OR_RETURN(int64_t end, field.Int("end", 0));
  if (start > end || (start < 0 && end > std::numeric_limits<int64_t>::max() + start)) {
    return InvalidQuery("'{}.start' to '{}.end' ({} to {}) is no range", field.prefix, field.prefix,
                        start, end);
  }
  return std::make_unique<SequenceGenerator>(start, end);
}

}  // namespace

Result<std::unique_ptr<FieldGenerator>> MakeFieldGenerator(const DataType& type,
                                                           const std::string& prefix,
                                                           const Options& options) {
  FieldOptions field{prefix, options};
  std::string kind = options.GetOr(prefix + ".kind", "random");
  std::unique_ptr<FieldGenerator> generator;
  if (kind == "sequence") {
    WEIR_ASSIGN_OR_RETURN(generator, MakeSequence(type, field));
  } else {
    WEIR_ASSIGN_OR_RETURN(generator, MakeRandom(type, field));
  }
  WEIR_ASSIGN_OR_RETURN(double null_rate, field.Double("null-rate", 0));
  if (!(null_rate >= 0 && null_rate <= 1))
    return InvalidQuery("option '{}.null-rate' must lie between 0 and 1", prefix);
  if (null_rate > 0)
    generator = std::make_unique<NullableGenerator>(null_rate, std::move(generator));
  return generator;
}

}  // namespace weir
