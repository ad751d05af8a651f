// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Whole values as text, nested ones too, in each of the three styles.
#include <charconv>
#include <cstdlib>

#include "weir/data/calendar.h"
#include "weir/data/text.h"
#include "weir/data/variant.h"

namespace weir {
namespace {

void AppendInteger(int64_t value, std::string* out) {
  char buffer[24];
  out->append(buffer, static_cast<size_t>(
                          std::to_chars(buffer, buffer + sizeof(buffer), value).ptr - buffer));
}

// As java.math.BigDecimal prints: with an exponent when the first digit stands more than six places
// behind the point.
void AppendBigDecimal(Int128 unscaled, int scale, std::string* out) {
  std::string digits;
  AppendDecimal(unscaled < 0 ? -unscaled : unscaled, 0, &digits);
  const int exponent = static_cast<int>(digits.size()) - 1 - scale;
  if (exponent >= -6) return AppendDecimal(unscaled, scale, out);
  if (unscaled < 0) out->push_back('-');
  out->push_back(digits[0]);
  if (digits.size() > 1) {
    out->push_back('.');
    out->append(digits, 1);
  }
  out->push_back('E');
  AppendInteger(exponent, out);
}

// java.time.Period: "P2Y1M", "P0D".
void AppendPeriod(const DataType& type, int32_t months, std::string* out) {
  const bool has_years = type.interval_from() == IntervalUnit::kYear;
  const bool has_months = type.interval_to() == IntervalUnit::kMonth;
  const int32_t years = has_years ? months / 12 : 0;
  const int32_t rest = has_months ? months - years * 12 : 0;
  out->push_back('P');
  if (years != 0) {
    AppendInteger(years, out);
    out->push_back('Y');
  }
  if (rest != 0) {
    AppendInteger(rest, out);
    out->push_back('M');
  }
  if (years == 0 && rest == 0) *out += "0D";
}

// java.time.Duration: "PT36H", "PT-1.5S", "PT0S".
void AppendDuration(int64_t millis, std::string* out) {
  const int64_t seconds = millis / 1000;
  const int64_t hours = seconds / 3600, minutes = seconds / 60 % 60, rest = seconds % 60;
  const int64_t fraction = std::abs(millis % 1000);
  *out += "PT";
  if (hours != 0) {
    AppendInteger(hours, out);
    out->push_back('H');
  }
  if (minutes != 0) {
    AppendInteger(minutes, out);
    out->push_back('M');
  }
  if (rest == 0 && fraction == 0 && (hours != 0 || minutes != 0)) return;
  if (rest == 0 && millis < 0 && fraction != 0) out->push_back('-');
  AppendInteger(rest, out);
  if (fraction != 0) {
    std::string digits = fmt::format(".{:03}", fraction);
    while (digits.back() == '0') digits.pop_back();
    *out += digits;
  }
  out->push_back('S');
}

void AppendSignedBytes(std::string_view bytes, std::string* out) {
  out->push_back('[');
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0) *out += ", ";
    AppendInteger(static_cast<int8_t>(bytes[i]), out);
  }
  out->push_back(']');
}

void AppendHexLiteral(std::string_view bytes, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  *out += "x'";
  for (char c : bytes) {
    out->push_back(kHex[static_cast<uint8_t>(c) >> 4]);
    out->push_back(kHex[static_cast<uint8_t>(c) & 15]);
  }
  out->push_back('\'');
}

class ValueWriter {
 public:
  ValueWriter(TextStyle style, const TimeZone* zone, std::string* out)
      : style_(style), zone_(zone), out_(out) {}

  void Append(const Column& column, int64_t i) {
    if (column.IsNull(i)) {
      *out_ += java() ? "null" : "NULL";
    } else if (column.encoding == Encoding::kDictionary) {
      Append(column.dictionary(), column.indices()[i]);
    } else {
      AppendAt(column, column.Position(i));
    }
  }

 private:
  bool java() const { return style_ == TextStyle::kJavaRow; }

  void AppendAt(const Column& column, int64_t at) {
    const DataType& type = column.type;
    switch (type.kind()) {
      case TypeKind::kNull:
        return;
      case TypeKind::kBoolean:
        return AppendBool(GetBit(column.values->data(), at));
      case TypeKind::kTinyInt:
        return AppendInteger(column.data<int8_t>()[at], out_);
      case TypeKind::kSmallInt:
        return AppendInteger(column.data<int16_t>()[at], out_);
      case TypeKind::kInt:
        return AppendInteger(column.data<int32_t>()[at], out_);
      case TypeKind::kBigInt:
        return AppendInteger(column.data<int64_t>()[at], out_);
      case TypeKind::kFloat:
        return AppendFloat(column.data<float>()[at], out_);
      case TypeKind::kDouble:
        return AppendDouble(column.data<double>()[at], out_);
      case TypeKind::kDecimal: {
        const Int128 value = column.data<Int128>()[at];
        return java() ? AppendBigDecimal(value, type.scale(), out_)
                      : AppendDecimal(value, type.scale(), out_);
      }
      case TypeKind::kChar:
      case TypeKind::kVarchar:
        *out_ += column.views()[at].view();
        return;
      case TypeKind::kVariant:
        return AppendVariantJson(column.views()[at].view(), out_);
      case TypeKind::kBinary:
      case TypeKind::kVarbinary:
        return AppendBytes(column.views()[at].view());
      case TypeKind::kDate:
        return AppendDate(column.data<int32_t>()[at], out_);
      case TypeKind::kTime: {
        const int32_t millis = column.data<int32_t>()[at];
        return java() ? AppendIsoTime(millis, out_) : AppendTime(millis, type.precision(), out_);
      }
      case TypeKind::kTimestamp:
      case TypeKind::kTimestampLtz:
        return AppendTicks(type, column.TicksAt(at));
      case TypeKind::kIntervalYearMonth: {
        const int32_t months = column.data<int32_t>()[at];
        return java() ? AppendPeriod(type, months, out_) : AppendIntervalYearMonth(months, out_);
      }
      case TypeKind::kIntervalDayTime: {
        const int64_t millis = column.data<int64_t>()[at];
        return java() ? AppendDuration(millis, out_) : AppendIntervalDayTime(millis, out_);
      }
      case TypeKind::kArray:
      case TypeKind::kMap:
      case TypeKind::kMultiset:
        return AppendList(column, at);
      case TypeKind::kRow:
        return AppendRow(column, at);
    }
  }

  void AppendBool(bool value) {
    if (style_ == TextStyle::kCast) {
      *out_ += value ? "TRUE" : "FALSE";
    } else {
      *out_ += value ? "true" : "false";
    }
  }

  void AppendBytes(std::string_view bytes) {
    switch (style_) {
      case TextStyle::kCast:
        *out_ += bytes;
        return;
      case TextStyle::kDisplay:
        return AppendHexLiteral(bytes, out_);  // A terminal takes no arbitrary bytes.
      case TextStyle::kJavaRow:
        return AppendSignedBytes(bytes, out_);
    }
  }

  void AppendTicks(const DataType& type, Int128 ticks) {
    const bool instant = type.kind() == TypeKind::kTimestampLtz;
    const int64_t per_second = type.ticks_per_second();
    if (java())
      return instant ? AppendIsoInstant(ticks, per_second, out_)
                     : AppendIsoTimestamp(ticks, per_second, out_);
    if (instant && zone_ != nullptr) ticks = ToLocal(*zone_, ticks, per_second);
    AppendTimestamp(ticks, type.precision(), out_);
  }

  void AppendList(const Column& column, int64_t at) {
    const bool entries = column.type.kind() != TypeKind::kArray;
    const int32_t begin = column.offsets()[at], end = column.offsets()[at + 1];
    out_->push_back(entries ? '{' : '[');
    for (int32_t j = begin; j < end; ++j) {
      if (j > begin) *out_ += ", ";
      Append(*column.children[0], j);
      if (!entries) continue;
      out_->push_back('=');
      Append(*column.children[1], j);
    }
    out_->push_back(entries ? '}' : ']');
  }

  void AppendRow(const Column& column, int64_t at) {
    *out_ += java() ? "+I[" : "(";
    for (size_t k = 0; k < column.children.size(); ++k) {
      if (k > 0) *out_ += ", ";
      if (!java() && column.type.is_structured()) {
        *out_ += column.type.fields()[k].name;
        out_->push_back('=');
      }
      Append(*column.children[k], at);
    }
    *out_ += java() ? "]" : ")";
  }

  TextStyle style_;
  const TimeZone* zone_;
  std::string* out_;
};

}  // namespace

void AppendValueText(const Column& column, int64_t i, TextStyle style, const TimeZone* zone,
                     std::string* out) {
  ValueWriter(style, zone, out).Append(column, i);
}

}  // namespace weir
