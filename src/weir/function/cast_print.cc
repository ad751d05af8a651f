// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Casts to text and to bytes. CHAR(n) and BINARY(n) are filled up (with blanks, with zero bytes),
// and all but STRING and BYTES cut what is too long: CAST('Apache' AS VARCHAR(3)) = 'Apa'. Lengths
// of text count characters.
#include <charconv>

#include "weir/function/cast.h"
#include "weir/function/dispatch.h"
#include "weir/function/utf8.h"
#include "weir/function/utf8_repair.h"

namespace weir {
namespace {

/// The length that text is brought to. STRING: none.
struct TextLength {
  bool fixed = false;
  int32_t length = DataType::kStringLength;
};

TextLength LengthOf(const CastCall& cast) {
  if (cast.legacy) return {};
  return {cast.to.kind() == TypeKind::kChar, cast.to.length()};
}

/// Bytes of `text` that stay.
std::string_view Cut(std::string_view text, int32_t length) {
  if (text.size() <= static_cast<size_t>(length)) return text;
  return text.substr(0, CharacterOffset(text, length));
}

/// Writes `text`, cut and filled. `shared`: it lies in an argument.
template <bool shared>
void Write(std::string_view text, TextLength target, StringRow& row) {
  text = Cut(text, target.length);
  if (target.fixed) {
    int64_t missing = target.length - CountCharacters(text);
    if (missing > 0) {
      size_t size = text.size() + static_cast<size_t>(missing);
      char* out = row.Reserve(size);
      if (out == nullptr) return;
      std::memcpy(out, text.data(), text.size());
      std::memset(out + text.size(), ' ', static_cast<size_t>(missing));
      row.Commit(size);
      return;
    }
  }
  if constexpr (shared) {
    row.Share(text);
  } else {
    row.Set(text);
  }
}

Result<Kernel> MakeIntegerPrinter(const CastCall& cast, TextLength target) {
  return DispatchPrimitive(cast.from, [&](auto tag) -> Result<Kernel> {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_floating_point_v<T>) {
      return Internal("a DOUBLE where none can be");
    } else {
      return StringKernel<T>([target](T value, StringRow& row) {
        char text[24];
        auto end = std::to_chars(text, text + sizeof(text), static_cast<int64_t>(value)).ptr;
        Write<false>({text, static_cast<size_t>(end - text)}, target, row);
      })({});
    }
  });
}

/// Prints by append(value, &text).
template <typename T, typename Append>
Result<Kernel> MakePrinter(TextLength target, Append append) {
  auto buffer = std::make_shared<std::string>();
  return StringKernel<T>([target, append, buffer](T value, StringRow& row) {
    buffer->clear();
    append(value, buffer.get());
    Write<false>(*buffer, target, row);
  })({});
}

/// Everything else, a value at a time.
Kernel MakeAnyPrinter(const CastCall& cast, TextLength target) {
  const TimeZone* zone = cast.zone;
  return [target, zone](KernelContext& context, const ColumnVector& args, int64_t n,
                        ColumnPtr* out) -> Status {
    StringColumnWriter writer(n, context.pool);
    WEIR_RETURN_NOT_OK(writer.status());
    WEIR_ASSIGN_OR_RETURN(BufferPtr valid, ArgumentValidity(args, n, context.pool));
    StringRow row(context, n, writer);
    std::string text;
    VisitSetBits(valid ? valid->data() : nullptr, n, [&](int64_t i) {
      row.MoveTo(i);
      text.clear();
      AppendValueText(*args[0], i, TextStyle::kCast, zone, &text);
      Write<false>(text, target, row);
    });
    WEIR_ASSIGN_OR_RETURN(*out, writer.Finish());
    return Status::OK();
  };
}

}  // namespace

Result<Kernel> MakeTextPrinter(const CastCall& cast) {
  const DataType& from = cast.from;
  TextLength target = LengthOf(cast);
  switch (from.kind()) {
    case TypeKind::kChar:
    case TypeKind::kVarchar:
      return StringKernel<std::string_view>(
          [target](std::string_view text, StringRow& row) { Write<true>(text, target, row); })({});
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      return StringKernel<std::string_view>([target](std::string_view bytes, StringRow& row) {
        if (IsValidUtf8(bytes)) return Write<true>(bytes, target, row);
        std::string text;
        AppendRepairedUtf8(bytes, &text);
        Write<false>(text, target, row);
      })({});
    case TypeKind::kBoolean:
      return StringKernel<bool>([target](bool value, StringRow& row) {
        Write<false>(value ? "TRUE" : "FALSE", target, row);
      })({});
    case TypeKind::kTinyInt:
    case TypeKind::kSmallInt:
    case TypeKind::kInt:
    case TypeKind::kBigInt:
      return MakeIntegerPrinter(cast, target);
    case TypeKind::kFloat:
      return MakePrinter<float>(target,
                                [](float value, std::string* out) { AppendFloat(value, out); });
    case TypeKind::kDouble:
      return MakePrinter<double>(target,
                                 [](double value, std::string* out) { AppendDouble(value, out); });
    case TypeKind::kDecimal:
      return MakePrinter<Int128>(target, [scale = from.scale()](Int128 value, std::string* out) {
        AppendDecimal(value, scale, out);
      });
    case TypeKind::kDate:
      return MakePrinter<int32_t>(target,
                                  [](int32_t days, std::string* out) { AppendDate(days, out); });
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      return DispatchTicks(from, [&](auto tag) -> Result<Kernel> {
        using Ticks = typename decltype(tag)::type;
        const int precision = from.precision();
        if (from.kind() == TypeKind::kTimestamp) {
          return MakePrinter<Ticks>(target, [precision](Ticks ticks, std::string* out) {
            AppendTimestamp(ticks, precision, out);
          });
        }
        return MakePrinter<Ticks>(
            target, [precision, zone = cast.zone](Ticks ticks, std::string* out) {
              AppendTimestamp(ToLocal(*zone, ticks, kTicksPerSecond<Ticks>), precision, out);
            });
      });
    default:
      return MakeAnyPrinter(cast, target);
  }
}

Result<Kernel> MakeBinaryCast(const CastCall& cast) {
  if (!cast.from.is_character() && !cast.from.is_binary()) {
    return Unsupported("a cast of {} to {} is not supported yet", cast.from.ToString(),
                       cast.to.ToString());
  }
  auto length = static_cast<size_t>(cast.legacy ? DataType::kStringLength : cast.to.length());
  bool fixed = !cast.legacy && cast.to.kind() == TypeKind::kBinary;
  return StringKernel<std::string_view>([length, fixed](std::string_view bytes, StringRow& row) {
    if (!fixed || bytes.size() >= length) return row.Share(bytes.substr(0, length));
    char* out = row.Reserve(length);
    if (out == nullptr) return;
    std::memcpy(out, bytes.data(), bytes.size());
    std::memset(out + bytes.size(), 0, length - bytes.size());
    row.Commit(length);
  })({});
}

}  // namespace weir
