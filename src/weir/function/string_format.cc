// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// PRINTF with the conversions of java.util.Formatter that make sense for SQL values:
//   %[index$][flags][width][.precision]conversion     d x X o  f e E g  s S b B c  n %
// A format that does not fit its arguments gives NULL, as in Flink.
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "weir/data/text.h"
#include "weir/data/value.h"
#include "weir/function/string.h"

namespace weir {
namespace {

using sv = std::string_view;

struct Conversion {
  size_t argument = 0;  // From 1 when given as index$.
  bool minus = false, plus = false, space = false, zero = false, comma = false, paren = false,
       sharp = false;
  int width = -1;
  int precision = -1;
  char kind = 0;
};

/// Reads the conversion behind a '%' at *at and moves behind it.
bool ReadConversion(sv format, size_t* at, Conversion* out) {
  auto number = [&](int* value) {
    size_t from = *at;
    int64_t read = 0;
    while (*at < format.size() && format[*at] >= '0' && format[*at] <= '9' && read < 1000000) {
      read = read * 10 + (format[(*at)++] - '0');
    }
    *value = static_cast<int>(read);
    return *at > from && read < 1000000;
  };
  size_t begin = *at;
  int index = 0;
  if (*at < format.size() && format[*at] >= '1' && format[*at] <= '9' && number(&index) &&
      *at < format.size() && format[*at] == '$') {
    out->argument = static_cast<size_t>(index);
    ++*at;
  } else {
    *at = begin;
  }
  for (; *at < format.size(); ++*at) {
    char c = format[*at];
    bool* flag = c == '-'   ? &out->minus
                 : c == '+' ? &out->plus
                 : c == ' ' ? &out->space
                 : c == '0' ? &out->zero
                 : c == ',' ? &out->comma
                 : c == '(' ? &out->paren
                 : c == '#' ? &out->sharp
                            : nullptr;
    if (flag == nullptr) break;
    if (*flag) return false;
    *flag = true;
  }
  if (*at < format.size() && format[*at] >= '1' && format[*at] <= '9' && !number(&out->width))
    return false;
  if (*at < format.size() && format[*at] == '.') {
    ++*at;
    if (!number(&out->precision)) return false;
  }
  if (*at >= format.size()) return false;
  out->kind = format[(*at)++];
  return true;
}

std::string WithCommas(const std::string& digits) {
  size_t point = digits.find_first_of(".eE");
  size_t end = point == std::string::npos ? digits.size() : point;
  std::string out;
  for (size_t i = 0; i < end; ++i) {
    if (i > 0 && (end - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out + digits.substr(end);
}

/// Puts sign, grouping and padding around the digits of a number.
std::string Decorate(const Conversion& conversion, bool negative, std::string digits) {
  if (conversion.comma) digits = WithCommas(digits);
  std::string sign = negative           ? (conversion.paren ? "(" : "-")
                     : conversion.plus  ? "+"
                     : conversion.space ? " "
                                        : "";
  std::string tail = negative && conversion.paren ? ")" : "";
  size_t size = sign.size() + digits.size() + tail.size();
  if (conversion.zero && !conversion.minus && conversion.width > static_cast<int>(size)) {
    digits.insert(0, static_cast<size_t>(conversion.width) - size, '0');
  }
  return sign + digits + tail;
}

bool FormatInteger(const Conversion& conversion, const Column& column, int64_t i,
                   std::string* out) {
  if (!column.type.is_integer() || conversion.precision >= 0) return false;
  int64_t value = GetValue(column, i).int_value();
  if (conversion.kind == 'd') {
    std::string digits = std::to_string(value);
    *out = Decorate(conversion, value < 0, value < 0 ? digits.substr(1) : digits);
    return true;
  }
  // Java prints the two's complement of the value's own width.
  int bits = column.type.value_width() * 8;
  uint64_t word =
      static_cast<uint64_t>(value) & (bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1);
  std::string digits = conversion.kind == 'o'   ? fmt::format("{:o}", word)
                       : conversion.kind == 'x' ? fmt::format("{:x}", word)
                                                : fmt::format("{:X}", word);
  if (conversion.sharp)
    digits = (conversion.kind == 'o' ? "0" : conversion.kind == 'x' ? "0x" : "0X") + digits;
  *out = Decorate(conversion, false, digits);
  return true;
}

/// The shortest digits that read back as a value, as Java's formats begin with: 0.digits *
/// 10^point.
struct ShortDigits {
  explicit ShortDigits(double value) {
    char text[40];
    char* end = std::to_chars(text, text + 39, value, std::chars_format::scientific).ptr;
    *end = 0;
    sv scientific(text, static_cast<size_t>(end - text));
    const size_t e = scientific.find('e');
    for (char c : scientific.substr(0, e)) {
      if (c != '.') digits += c;
    }
    point = value == 0 ? 1 : std::atoi(text + e + 1) + 1;
  }
  /// Rounds half up to `count` digits; zeros fill what is missing.
  void Round(int count) {
    if (count < 0) {
      digits.clear();
      return;
    }
    const auto keep = static_cast<size_t>(count);
    const bool up = keep < digits.size() && digits[keep] >= '5';
    digits.resize(keep, '0');
    if (!up) return;
    size_t i = keep;
    while (i > 0 && digits[i - 1] == '9') digits[--i] = '0';
    if (i > 0) {
      ++digits[i - 1];
    } else {
      digits.insert(digits.begin(), '1');
      ++point;
    }
  }
  std::string digits;
  int point;
};

std::string FixedText(double value, int precision) {
  ShortDigits number(value);
  number.Round(number.point + precision);
  std::string text = std::move(number.digits);  // `precision` of them behind the point.
  const auto decimals = static_cast<size_t>(precision);
  if (text.size() < decimals + 1) text.insert(0, decimals + 1 - text.size(), '0');
  if (precision > 0) text.insert(text.size() - decimals, 1, '.');
  return text;
}

std::string ScientificText(double value, int precision, char e) {
  ShortDigits number(value);
  number.Round(precision + 1);
  std::string text = number.digits.substr(0, 1);
  if (precision > 0) text += "." + number.digits.substr(1, static_cast<size_t>(precision));
  const int exponent = value == 0 ? 0 : number.point - 1;
  return fmt::format("{}{}{}{:02}", text, e, exponent < 0 ? '-' : '+', std::abs(exponent));
}

/// %g: as %f from 10^-4 up to `precision` digits, else as %e.
std::string GeneralText(double value, int precision) {
  ShortDigits number(value);
  number.Round(precision);
  if (value != 0 && (number.point - 1 < -4 || number.point - 1 >= precision))
    return ScientificText(value, precision - 1, 'e');
  return FixedText(value, precision - (value == 0 ? 1 : number.point));
}

bool FormatNumber(const Conversion& conversion, const Column& column, int64_t i, std::string* out) {
  int precision = conversion.precision < 0 ? 6 : conversion.precision;
  if (precision > 1000) return false;
  if (column.type.is_decimal() && conversion.kind == 'f') {
    Int128 value = GetValue(column, i).decimal_value();
    int scale = column.type.scale();
    bool negative = value < 0;
    Int128 unsigned_value = negative ? -value : value;
    int drop = std::max(0, scale - precision);
    Int128 power = 1;
    for (int k = 0; k < drop; ++k) power *= 10;
    if (drop > 0)
      unsigned_value = unsigned_value / power + (unsigned_value % power * 2 >= power ? 1 : 0);
    std::string digits;
    AppendDecimal(unsigned_value, scale - drop, &digits);
    if (precision > scale) {
      if (scale == 0) digits += '.';
      digits.append(static_cast<size_t>(precision - scale), '0');
    }
    *out = Decorate(conversion, negative, digits);
    return true;
  }
  if (!column.type.is_approximate()) return false;
  double value = GetValue(column, i).double_value();
  if (!std::isfinite(value)) {
    *out = std::isnan(value) ? "NaN"
           : value > 0       ? (conversion.plus ? "+Infinity" : "Infinity")
                             : "-Infinity";
    return true;
  }
  bool negative = std::signbit(value);
  std::string digits;
  switch (conversion.kind) {
    case 'f':
      digits = FixedText(std::fabs(value), precision);
      break;
    case 'e':
    case 'E':
      digits = ScientificText(std::fabs(value), precision, conversion.kind);
      break;
    default:
      digits = GeneralText(std::fabs(value), std::max(precision, 1));
  }
  *out = Decorate(conversion, negative, digits);
  return true;
}

/// What Java's toString gives for the value as Flink holds it inside: dates are days, times
/// milliseconds.
std::string InternalText(const Column& column, int64_t i) {
  std::string text;
  switch (column.type.kind()) {
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime:
      return std::to_string(GetValue(column, i).int_value());
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
    case TypeKind::kBoolean:
      AppendValueText(column, i, TextStyle::kJavaRow, nullptr, &text);
      if (column.type.kind() == TypeKind::kTimestampLtz && text.ends_with('Z')) text.pop_back();
      return text;
    default:
      AppendValueText(column, i, TextStyle::kCast, nullptr, &text);
      return text;
  }
}

bool FormatText(const Conversion& conversion, const Column& column, int64_t i, std::string* out) {
  char kind = conversion.kind;
  if (kind == 'b' || kind == 'B') {
    bool is_true =
        !column.IsNull(i) && (column.type.kind() != TypeKind::kBoolean || column.BoolAt(i));
    *out = is_true ? "true" : "false";
  } else if (column.IsNull(i)) {
    *out = "null";
  } else if (kind == 'c' || kind == 'C') {
    if (!column.type.is_integer()) return false;
    out->clear();
    AppendCharacter(static_cast<uint32_t>(GetValue(column, i).int_value() & 0x1FFFFF), out);
  } else {
    *out = InternalText(column, i);
  }
  if (conversion.precision >= 0) out->resize(CharacterOffset(*out, conversion.precision));
  return true;
}

bool FormatOne(const Conversion& conversion, const Column& column, int64_t i, std::string* out) {
  switch (conversion.kind) {
    case 's':
    case 'S':
    case 'b':
    case 'B':
    case 'c':
    case 'C':
      if (!FormatText(conversion, column, i, out)) return false;
      break;
    case 'd':
    case 'x':
    case 'X':
    case 'o':
      if (column.IsNull(i)) {
        *out = "null";
      } else if (!FormatInteger(conversion, column, i, out)) {
        return false;
      }
      break;
    case 'f':
    case 'e':
    case 'E':
    case 'g':
      if (column.IsNull(i)) {
        *out = "null";
      } else if (!FormatNumber(conversion, column, i, out)) {
        return false;
      }
      break;
    default:
      return false;
  }
  if (conversion.kind == 'S' || conversion.kind == 'B') {
    for (char& c : *out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  }
  return true;
}

bool Format(sv format, const ColumnVector& args, int64_t i, size_t bytes_max, std::string* out) {
  size_t next = 1;
  std::string piece;
  for (size_t at = 0; at < format.size();) {
    size_t percent = format.find('%', at);
    out->append(format.substr(at, percent == sv::npos ? sv::npos : percent - at));
    if (percent == sv::npos) break;
    at = percent + 1;
    Conversion conversion;
    if (!ReadConversion(format, &at, &conversion)) return false;
    if (conversion.kind == '%' || conversion.kind == 'n') {
      piece = conversion.kind == '%' ? "%" : "\n";
    } else {
      size_t argument = conversion.argument != 0 ? conversion.argument : next++;
      if (argument >= args.size() || !FormatOne(conversion, *args[argument], i, &piece))
        return false;
    }
    auto length = static_cast<size_t>(CountCharacters(piece));
    size_t blanks = conversion.width > 0 && static_cast<size_t>(conversion.width) > length
                        ? static_cast<size_t>(conversion.width) - length
                        : 0;
    if (conversion.minus && conversion.width < 0) return false;
    if (!conversion.minus) out->append(blanks, ' ');
    out->append(piece);
    if (conversion.minus) out->append(blanks, ' ');
    if (out->size() > bytes_max) return true;  // The caller refuses it.
  }
  return true;
}

Result<Kernel> MakePrintf(const CallInfo& call) {
  int64_t bytes_max =
      call.config == nullptr ? FunctionConfig{}.result_bytes_max : call.config->result_bytes_max;
  return Kernel([bytes_max](KernelContext& context, const ColumnVector& args, int64_t n,
                            ColumnPtr* out) -> Status {
    StringColumnWriter writer(n, context.pool);
    WEIR_RETURN_NOT_OK(writer.status());
    Reader<sv> formats(*args[0]);
    std::string text;
    for (int64_t i = 0; i < n; ++i) {
      text.clear();
      if (args[0]->IsNull(i) ||
          !Format(formats[i], args, i, static_cast<size_t>(bytes_max), &text)) {
        writer.SetNull(i);
      } else if (text.size() > static_cast<size_t>(bytes_max)) {
        context.errors->Add(
            i, fmt::format("a result of more than {} bytes is too long for one string", bytes_max));
      } else {
        writer.Set(i, text);
      }
    }
    WEIR_ASSIGN_OR_RETURN(*out, writer.Finish());
    return Status::OK();
  });
}

Status CoercePrintf(std::vector<DataType>* types, const CallInfo&) {
  if (types->empty()) return InvalidQuery("PRINTF needs a format");
  if ((*types)[0].kind() == TypeKind::kNull) (*types)[0] = DataType::String();
  if (!(*types)[0].is_character()) return InvalidQuery("the format of PRINTF must be a string");
  for (DataType& type : *types) {
    if (type.kind() == TypeKind::kNull) type = DataType::String();
  }
  return Status::OK();
}

}  // namespace

void RegisterStringFormat(FunctionRegistry* registry) {
  registry->Add(ScalarFunction{
      .name = "PRINTF",
      .family = "string",
      .signatures = "PRINTF(format <CHARACTER_STRING>, obj <ANY>...)",
      .description =
          "Returns the arguments in a printf-style format; NULL where the format does not fit.",
      .example = "PRINTF('%s has %d', 'Ada', 3) = 'Ada has 3'",
      .overloads = {{.returns = [](const CallInfo&) -> Result<DataType> {
                       return DataType::String();
                     },
                     .kernel = &MakePrintf,
                     .coerce = &CoercePrintf}},
      .null_policy = NullPolicy::kKernel,
      .may_fail = true});
}

}  // namespace weir
