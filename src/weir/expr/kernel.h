// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The toolkit in which kernels are written, so that a function is a few lines. From fast to
// flexible:
//
//   Vectorised, total; runs on every row, NULL rows included (their value is ignored):
//     .kernel = MapKernel<double, double>([](double x) { return std::sqrt(x); })
//     .kernel = MapKernel<bool, int64_t, int64_t>([](int64_t a, int64_t b) { return a < b; })
//
//   Row by row; only rows without NULL arguments; may fail or give NULL:
//     .kernel = RowKernel<int32_t, std::string_view>([](std::string_view s, KernelRow& row) ->
//     int32_t {
//       if (s.empty()) { row.Fail("empty text"); return 0; }
//       return s[0];
//     })
//
//   Strings out; Set copies, Share refers to bytes inside an argument, Reserve + Commit writes in
//   place:
//     .kernel = StringKernel<std::string_view, int32_t>([](std::string_view s, int32_t n,
//     StringRow& row) {
//       row.Share(s.substr(0, n));
//     })
//
//   Anything else: a Kernel by hand, with Reader<T>, AllocateOutput, StringColumnWriter and
//   ArgumentValidity; Stateless wraps a plain function, a KernelFactory sees the call (literals,
//   types, session).
//
// Kernels need only give the right physical type: the evaluator puts the call's result type on the
// column. With NullPolicy::kPropagate (all kernels made here want it) the evaluator adds the
// arguments' NULLs, never calls a kernel with an argument that is constantly NULL, and calls
// kernels whose arguments are all constant for one row only.
#pragma once

#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "weir/data/loops.h"
#include "weir/expr/function_registry.h"

namespace weir {

/// Reads strings of a flat or constant column; the views are valid as long as the column.
class StringReader {
 public:
  explicit StringReader(const Column& column)
      : views_(column.views()), mask_(column.is_constant() ? 0 : ~int64_t{0}) {}
  std::string_view operator[](int64_t i) const { return views_[i & mask_].view(); }
  bool is_constant() const { return mask_ == 0; }

 private:
  const StringView* views_;
  int64_t mask_;
};

template <typename T>
struct ReaderOf {
  using type = ValueReader<T>;
};
template <>
struct ReaderOf<std::string_view> {
  using type = StringReader;
};
/// Reader<T>(column)[i]: T is bool, int8_t .. int64_t, float, double, Int128, StringView or
/// std::string_view.
template <typename T>
using Reader = typename ReaderOf<T>::type;

/// A type with the physical layout of T.
template <typename T>
DataType PhysicalType();

/// A flat output column of `T`s: fill out->values through `OutputValues` (BOOLEAN: zeroed bits).
template <typename T>
Result<std::shared_ptr<Column>> AllocateOutput(int64_t num_rows, arrow::MemoryPool* pool);
template <typename T>
T* OutputValues(Column& column) {
  return reinterpret_cast<T*>(const_cast<uint8_t*>(column.values->data()));
}

/// Rows for which every argument is not NULL, as a bitmap of num_rows bits; null when there are no
/// NULLs. A constant NULL argument gives a bitmap of zeros.
Result<BufferPtr> ArgumentValidity(const ColumnVector& args, int64_t num_rows,
                                   arrow::MemoryPool* pool);

/// The row at hand of a RowKernel, and how it reports.
class KernelRow {
 public:
  KernelRow(KernelContext& context, int64_t num_rows) : context_(context), num_rows_(num_rows) {}
  int64_t index() const { return index_; }
  KernelContext& context() const { return context_; }
  /// The row has no value: `message` as for InvalidData.
  void Fail(std::string message) { context_.errors->Add(index_, std::move(message)); }
  void SetNull();

  void MoveTo(int64_t index) { index_ = index; }
  /// The validity that SetNull made, if any; the first error of doing so.
  Result<BufferPtr> TakeValidity();

 private:
  KernelContext& context_;
  int64_t num_rows_;
  int64_t index_ = 0;
  std::shared_ptr<arrow::Buffer> validity_;
  Status status_;
};

/// Writes a flat column of strings by row. Rows never written are empty strings. Failed allocations
/// surface in Finish.
class StringColumnWriter {
 public:
  StringColumnWriter(int64_t num_rows, arrow::MemoryPool* pool);
  /// Lets Share refer to the bytes of `column`, which may have any encoding.
  void ShareHeapsOf(const Column& column);
  /// Copies `bytes`.
  void Set(int64_t row, std::string_view bytes) {
    if (bytes.size() <= StringView::kInlineBytesMax) {
      views_[row] = StringView(bytes.data(), static_cast<uint32_t>(bytes.size()));
    } else {
      char* target = Reserve(bytes.size());
      if (target == nullptr) return;
      std::memcpy(target, bytes.data(), bytes.size());
      Commit(row, bytes.size());
    }
  }
  /// Refers to `bytes`, a part of a string of a column given to ShareHeapsOf.
  void Share(int64_t row, std::string_view bytes) {
    views_[row] = StringView(bytes.data(), static_cast<uint32_t>(bytes.size()));
    shares_ |= bytes.size() > StringView::kInlineBytesMax;
  }
  /// Room for `size_max` bytes, to be filled and ended by Commit; null when there is no memory.
  char* Reserve(size_t size_max) {
    if (static_cast<size_t>(end_ - next_) >= size_max) return next_;
    return Grow(size_max);
  }
  /// The first `size` bytes of the last Reserve are row `row`.
  void Commit(int64_t row, size_t size) {
    views_[row] = StringView(next_, static_cast<uint32_t>(size));
    if (size > StringView::kInlineBytesMax) next_ += size;
  }
  void SetNull(int64_t row);
  /// The column, of type STRING unless another is given.
  Result<ColumnPtr> Finish(const DataType& type = DataType::String());
  /// Fails when a row was too long or memory ran out.
  const Status& status() const { return status_; }

 private:
  char* Grow(size_t size);

  int64_t num_rows_;
  arrow::MemoryPool* pool_;
  Status status_;
  std::shared_ptr<arrow::Buffer> values_;
  std::shared_ptr<arrow::Buffer> validity_;
  StringView* views_ = nullptr;
  char* next_ = nullptr;
  char* end_ = nullptr;
  bool shares_ = false;
  std::vector<BufferPtr> shared_heaps_;
  std::vector<BufferPtr> heaps_;
};

/// The row at hand of a StringKernel.
class StringRow : public KernelRow {
 public:
  StringRow(KernelContext& context, int64_t num_rows, StringColumnWriter& writer)
      : KernelRow(context, num_rows), writer_(writer) {}
  void Set(std::string_view bytes) { writer_.Set(index(), bytes); }
  void Share(std::string_view bytes) { writer_.Share(index(), bytes); }
  char* Reserve(size_t size_max) { return writer_.Reserve(size_max); }
  void Commit(size_t size) { writer_.Commit(index(), size); }

 private:
  StringColumnWriter& writer_;
};

// ---- Loops over columns ----

namespace kernel_internal {

template <typename T>
inline constexpr bool kIsPlain = !std::is_same_v<T, bool> && !std::is_same_v<T, std::string_view>;

template <typename Out, typename... In, size_t... I, typename Apply>
void Fill(const ColumnVector& args, int64_t n, Column& out, std::index_sequence<I...>,
          const Apply& apply) {
  std::tuple<Reader<In>...> in{Reader<In>(*args[I])...};
  if constexpr (std::is_same_v<Out, bool>) {
    GenerateBits(n, OutputValues<uint8_t>(out),
                 [&](int64_t i) { return apply(std::get<I>(in)[i]...); });
  } else {
    Out* values = OutputValues<Out>(out);
    for (int64_t i = 0; i < n; ++i) values[i] = apply(std::get<I>(in)[i]...);
  }
}

template <typename... In, size_t... I, typename Visit>
void VisitRows(const ColumnVector& args, const uint8_t* valid, int64_t n, std::index_sequence<I...>,
               const Visit& visit) {
  std::tuple<Reader<In>...> in{Reader<In>(*args[I])...};
  VisitSetBits(valid, n, [&](int64_t i) { visit(i, std::get<I>(in)[i]...); });
}

}  // namespace kernel_internal

/// out[i] = apply(args[0][i], args[1][i], ...) for every row, NULL rows included.
template <typename Out, typename... In, typename Apply>
Status MapColumns(KernelContext& context, const ColumnVector& args, int64_t n, const Apply& apply,
                  ColumnPtr* out) {
  using kernel_internal::kIsPlain;
  WEIR_ASSIGN_OR_RETURN(auto column, AllocateOutput<Out>(n, context.pool));
  if constexpr (sizeof...(In) == 1 && (kIsPlain<In> && ...) && !std::is_same_v<Out, bool>) {
    MapUnary<In..., Out>(*args[0], n, OutputValues<Out>(*column), apply);
  } else if constexpr (sizeof...(In) == 2 && (kIsPlain<In> && ...) && !std::is_same_v<Out, bool>) {
    MapBinary<In..., Out>(*args[0], *args[1], n, OutputValues<Out>(*column), apply);
  } else if constexpr (sizeof...(In) == 2 && (kIsPlain<In> && ...)) {
    TestBinary<In...>(*args[0], *args[1], n, OutputValues<uint8_t>(*column), apply);
  } else {
    kernel_internal::Fill<Out, In...>(args, n, *column, std::index_sequence_for<In...>{}, apply);
  }
  *out = std::move(column);
  return Status::OK();
}

/// out[i] = apply(args[0][i], ..., row) for the rows without NULL arguments.
template <typename Out, typename... In, typename Apply>
Status MapRows(KernelContext& context, const ColumnVector& args, int64_t n, const Apply& apply,
               ColumnPtr* out) {
  WEIR_ASSIGN_OR_RETURN(auto column, AllocateOutput<Out>(n, context.pool));
  WEIR_ASSIGN_OR_RETURN(auto valid, ArgumentValidity(args, n, context.pool));
  KernelRow row(context, n);
  auto* values = OutputValues<std::conditional_t<std::is_same_v<Out, bool>, uint8_t, Out>>(*column);
  if (valid != nullptr) std::memset(values, 0, static_cast<size_t>(column->values->size()));
  kernel_internal::VisitRows<In...>(args, valid ? valid->data() : nullptr, n,
                                    std::index_sequence_for<In...>{}, [&](int64_t i, In... in) {
                                      row.MoveTo(i);
                                      if constexpr (std::is_same_v<Out, bool>) {
                                        if (apply(in..., row)) SetBit(values, i);
                                      } else {
                                        values[i] = apply(in..., row);
                                      }
                                    });
  WEIR_ASSIGN_OR_RETURN(column->validity, row.TakeValidity());
  *out = std::move(column);
  return Status::OK();
}

/// Calls apply(args[0][i], ..., row), which writes row i of the strings, for the rows without NULL
/// arguments.
template <typename... In, typename Apply>
Status MapStrings(KernelContext& context, const ColumnVector& args, int64_t n, const Apply& apply,
                  ColumnPtr* out) {
  StringColumnWriter writer(n, context.pool);
  WEIR_RETURN_NOT_OK(writer.status());
  for (const ColumnPtr& arg : args) {
    if (arg->type.is_view()) writer.ShareHeapsOf(*arg);
  }
  WEIR_ASSIGN_OR_RETURN(auto valid, ArgumentValidity(args, n, context.pool));
  StringRow row(context, n, writer);
  kernel_internal::VisitRows<In...>(args, valid ? valid->data() : nullptr, n,
                                    std::index_sequence_for<In...>{}, [&](int64_t i, In... in) {
                                      row.MoveTo(i);
                                      apply(in..., row);
                                    });
  WEIR_ASSIGN_OR_RETURN(auto validity, row.TakeValidity());
  WEIR_ASSIGN_OR_RETURN(auto strings, writer.Finish());
  if (validity != nullptr) {
    auto copy = std::make_shared<Column>(*strings);
    copy->validity = std::move(validity);
    strings = std::move(copy);
  }
  *out = std::move(strings);
  return Status::OK();
}

// ---- Kernel factories ----

template <typename Out, typename... In, typename Apply>
KernelFactory MapKernel(Apply apply) {
  return [apply](const CallInfo&) -> Result<Kernel> {
    return Kernel(
        [apply](KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
          return MapColumns<Out, In...>(context, args, n, apply, out);
        });
  };
}
template <typename Out, typename... In, typename Apply>
KernelFactory RowKernel(Apply apply) {
  return [apply](const CallInfo&) -> Result<Kernel> {
    return Kernel(
        [apply](KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
          return MapRows<Out, In...>(context, args, n, apply, out);
        });
  };
}
template <typename... In, typename Apply>
KernelFactory StringKernel(Apply apply) {
  return [apply](const CallInfo&) -> Result<Kernel> {
    return Kernel(
        [apply](KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
          return MapStrings<In...>(context, args, n, apply, out);
        });
  };
}

// ---- Return rules: nullable if any argument is, unless said otherwise ----

bool AnyNullable(const CallInfo& call);
ReturnRule ReturnType(DataType type);
/// The type of argument `argument`; nullable if any argument is.
ReturnRule ReturnSameAs(int argument);
/// Exactly the type of argument `argument`, its nullability included.
ReturnRule ReturnArgument(int argument);
ReturnRule ForceNullable(ReturnRule rule);
ReturnRule ForceNotNull(ReturnRule rule);

// ---- What is known of a call ----

/// The literal value of argument `argument`; null when it is missing, not a literal, or NULL.
const Value* NonNullLiteral(const CallInfo& call, size_t argument);
std::optional<int64_t> LiteralInt(const CallInfo& call, size_t argument);
std::optional<std::string> LiteralString(const CallInfo& call, size_t argument);

template <>
inline DataType PhysicalType<bool>() {
  return DataType::Boolean();
}
template <>
inline DataType PhysicalType<int8_t>() {
  return DataType::TinyInt();
}
template <>
inline DataType PhysicalType<int16_t>() {
  return DataType::SmallInt();
}
template <>
inline DataType PhysicalType<int32_t>() {
  return DataType::Int();
}
template <>
inline DataType PhysicalType<int64_t>() {
  return DataType::BigInt();
}
template <>
inline DataType PhysicalType<float>() {
  return DataType::Float();
}
template <>
inline DataType PhysicalType<double>() {
  return DataType::Double();
}
template <>
inline DataType PhysicalType<Int128>() {
  return DataType::Decimal(38, 0);
}

template <typename T>
Result<std::shared_ptr<Column>> AllocateOutput(int64_t num_rows, arrow::MemoryPool* pool) {
  WEIR_ASSIGN_OR_RETURN(auto column, MakeFlatColumn(PhysicalType<T>(), num_rows, pool));
  if constexpr (std::is_same_v<T, bool>) {
    std::memset(OutputValues<uint8_t>(*column), 0, static_cast<size_t>(column->values->size()));
  }
  return column;
}

}  // namespace weir
