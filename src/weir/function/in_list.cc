// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// value IN (literal, ...): few literals are compared one by one, many are looked up in a hash
// table. NULL when the value is NULL, or when it is not found and a literal is NULL.
#include <bit>

#include "weir/function/compare_kernels.h"
#include "weir/function/dispatch.h"

namespace weir {
namespace {

constexpr size_t kLinearMax = 8;

uint64_t HashKey(int64_t key) {
  uint64_t hash = static_cast<uint64_t>(key) * 0x9e3779b97f4a7c15ULL;
  return hash ^ (hash >> 32);
}
uint64_t HashKey(Int128 key) {
  return HashKey(static_cast<int64_t>(key)) ^ HashKey(static_cast<int64_t>(key >> 64)) * 3;
}
uint64_t HashKey(double key) { return HashKey(std::bit_cast<int64_t>(key == 0 ? 0.0 : key)); }
uint64_t HashKey(std::string_view key) { return std::hash<std::string_view>{}(key); }

/// An immutable set with open addressing. T is a value, or std::string for std::string_view keys.
template <typename Stored, typename Key>
class LiteralSet {
 public:
  explicit LiteralSet(std::vector<Stored> keys) : keys_(std::move(keys)) {
    if (keys_.size() <= kLinearMax) return;
    slots_.assign(std::bit_ceil(keys_.size() * 2), -1);
    for (size_t i = 0; i < keys_.size(); ++i) {
      size_t slot = SlotOf(keys_[i]);
      if (slots_[slot] < 0) slots_[slot] = static_cast<int32_t>(i);
    }
  }
  bool Contains(const Key& key) const {
    if (slots_.empty()) {
      bool found = false;
      for (const Stored& candidate : keys_) found |= Key(candidate) == key;
      return found;
    }
    return slots_[SlotOf(key)] >= 0;
  }

 private:
  /// The slot of `key`, or the empty one where it would be.
  size_t SlotOf(const Key& key) const {
    size_t mask = slots_.size() - 1;
    size_t slot = HashKey(key) & mask;
    while (slots_[slot] >= 0 && !(Key(keys_[static_cast<size_t>(slots_[slot])]) == key))
      slot = (slot + 1) & mask;
    return slot;
  }

  std::vector<Stored> keys_;
  std::vector<int32_t> slots_;
};

/// Bits of set.Contains(args[0][i]); NULL where not contained, if the list has a NULL.
template <typename In, typename Key, typename Set>
Kernel LookupKernel(std::shared_ptr<const Set> set, bool has_null) {
  return [set, has_null](KernelContext& context, const ColumnVector& args, int64_t n,
                         ColumnPtr* out) -> Status {
    WEIR_ASSIGN_OR_RETURN(auto column, AllocateOutput<bool>(n, context.pool));
    Reader<In> in(*args[0]);
    auto* bits = OutputValues<uint8_t>(*column);
    GenerateBits(n, bits, [&](int64_t i) { return set->Contains(Key(in[i])); });
    if (has_null || args[0]->may_have_nulls()) {
      WEIR_ASSIGN_OR_RETURN(auto valid, ValidBits(*args[0], n, context.pool));
      if (has_null) AndBits(valid->data(), bits, n, valid->mutable_data());
      column->validity = std::move(valid);
    }
    *out = std::move(column);
    return Status::OK();
  };
}

template <typename In, typename Key, typename Get>
Kernel MakeLookup(const std::vector<const Value*>& literals, const Get& get) {
  using Stored = std::conditional_t<std::is_same_v<Key, std::string_view>, std::string, Key>;
  std::vector<Stored> keys;
  bool has_null = false;
  for (const Value* literal : literals) {
    if (literal->is_null()) {
      has_null = true;
    } else {
      keys.push_back(get(*literal));
    }
  }
  using Set = LiteralSet<Stored, Key>;
  return LookupKernel<In, Key, Set>(std::make_shared<const Set>(std::move(keys)), has_null);
}

/// Few strings: their 16-byte views are compared, which mostly settles it without following a
/// pointer.
class FewStrings {
 public:
  explicit FewStrings(std::vector<std::string> keys) : keys_(std::move(keys)) {
    for (const std::string& key : keys_) views_.emplace_back(std::string_view(key));
  }
  bool Contains(const StringView& key) const {
    bool found = false;
    for (const StringView& candidate : views_) found |= candidate == key;
    return found;
  }

 private:
  std::vector<std::string> keys_;
  std::vector<StringView> views_;  // Into keys_.
};

Kernel MakeStringLookup(const std::vector<const Value*>& literals) {
  if (literals.size() > kLinearMax) {
    return MakeLookup<std::string_view, std::string_view>(
        literals, [](const Value& v) { return v.string_value(); });
  }
  std::vector<std::string> keys;
  for (const Value* literal : literals) {
    if (!literal->is_null()) keys.push_back(literal->string_value());
  }
  bool has_null = keys.size() < literals.size();
  return LookupKernel<StringView, StringView, FewStrings>(
      std::make_shared<const FewStrings>(std::move(keys)), has_null);
}

/// value IN (columns): an equality for each.
Result<Kernel> MakeColumnsKernel(const CallInfo& call) {
  WEIR_ASSIGN_OR_RETURN(
      Kernel equal, MakeCompareKernel(Comparison::kEqual, call.arg_types[0], call.arg_types[0]));
  return Kernel([equal](KernelContext& context, const ColumnVector& args, int64_t n,
                        ColumnPtr* out) -> Status {
    WEIR_ASSIGN_OR_RETURN(auto found, AllocateOutput<bool>(n, context.pool));
    WEIR_ASSIGN_OR_RETURN(auto known, AllocateBitmap(n, true, context.pool));
    WEIR_ASSIGN_OR_RETURN(auto value_valid, ValidBits(*args[0], n, context.pool));
    auto* bits = OutputValues<uint8_t>(*found);
    for (size_t k = 1; k < args.size(); ++k) {
      ColumnPtr same;
      WEIR_RETURN_NOT_OK(equal(context, {args[0], args[k]}, n, &same));
      WEIR_ASSIGN_OR_RETURN(auto valid, ValidBits(*args[k], n, context.pool));
      AndBits(valid->data(), known->data(), n, known->mutable_data());
      AndBits(valid->data(), same->values->data(), n, valid->mutable_data());
      OrBits(bits, valid->data(), n, bits);
    }
    OrBits(known->data(), bits, n, known->mutable_data());
    AndBits(known->data(), value_valid->data(), n, known->mutable_data());
    found->validity = std::move(known);
    *out = std::move(found);
    return Status::OK();
  });
}

}  // namespace

Result<Kernel> MakeInKernel(const CallInfo& call) {
  const DataType& type = call.arg_types[0];
  std::vector<const Value*> literals(call.literals.begin() + 1, call.literals.end());
  bool all_known = !type.is_nested();
  for (const Value* literal : literals) all_known &= literal != nullptr;
  if (!all_known) return MakeColumnsKernel(call);
  if (type.is_view()) return MakeStringLookup(literals);
  if (type.kind() == TypeKind::kBoolean) {
    return MakeLookup<bool, int64_t>(literals,
                                     [](const Value& v) -> int64_t { return v.bool_value(); });
  }
  return DispatchFixed(type, [&](auto tag) -> Result<Kernel> {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_floating_point_v<T>) {
      return MakeLookup<T, double>(literals, [](const Value& v) { return v.double_value(); });
    } else if constexpr (std::is_same_v<T, Int128>) {
      return MakeLookup<T, Int128>(literals, [](const Value& v) { return v.decimal_value(); });
    } else {
      return MakeLookup<T, int64_t>(literals, [](const Value& v) { return v.int_value(); });
    }
  });
}

}  // namespace weir
