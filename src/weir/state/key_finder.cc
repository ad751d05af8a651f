// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/state/key_finder.h"

#include <algorithm>

namespace weir {
namespace {

constexpr int64_t kCombinationsMax = 32 << 10;
// Fewer rows than this share of the combinations do not pay for a new list of slots.
constexpr int64_t kCombinationsPerRowMax = 4;
constexpr uint32_t kBeingFound = kNoSlot - 1;

int64_t NumEntries(const Column& key) {
  return key.encoding == Encoding::kDictionary ? key.dictionary().length : 1;
}
// What identifies the key's entries in `remembered_`.
const ColumnPtr& EntriesOf(const ColumnPtr& key) {
  return key->encoding == Encoding::kDictionary ? key->children[0] : key;
}
bool SameEntries(const ColumnPtr& key, const ColumnPtr& remembered) {
  if (key->encoding == Encoding::kDictionary) return key->children[0] == remembered;
  return key == remembered || (remembered->is_constant() && remembered->length > 0 &&
                               SameValue(*key, 0, *remembered, 0));
}

}  // namespace

// Whether slot_of_code_ is, or has been made, the list for these keys.
bool KeyFinder::CanRemember(const ColumnVector& keys, int64_t num_rows) {
  int64_t combinations = 1;
  for (const ColumnPtr& key : keys) {
    bool listed =
        key->is_constant() || (key->encoding == Encoding::kDictionary && !key->may_have_nulls());
    if (!listed || NumEntries(*key) > kCombinationsMax) return false;
    combinations *= NumEntries(*key);
    if (combinations > kCombinationsMax) return false;
  }
  bool same = remembered_.size() == keys.size() && table_changes_ == table_->num_forgettings();
  for (size_t k = 0; k < keys.size() && same; ++k) same = SameEntries(keys[k], remembered_[k]);
  if (same) return true;
  remembered_.clear();
  if (combinations > kCombinationsPerRowMax * num_rows) return false;
  for (const ColumnPtr& key : keys) remembered_.push_back(EntriesOf(key));
  table_changes_ = table_->num_forgettings();
  slot_of_code_.assign(static_cast<size_t>(combinations), kNoSlot);
  return true;
}

// The position of each row's combination.
const int32_t* KeyFinder::Codes(const ColumnVector& keys, int64_t num_rows) {
  const int32_t* codes = nullptr;
  for (const ColumnPtr& key : keys) {
    if (key->is_constant()) continue;
    const int32_t* indices = key->indices();
    if (codes == nullptr) {
      codes = indices;
      continue;
    }
    const bool first = codes != codes_.data();
    if (first) codes_.resize(static_cast<size_t>(num_rows));
    const auto entries = static_cast<int32_t>(NumEntries(*key));
    for (int64_t i = 0; i < num_rows; ++i)
      codes_[static_cast<size_t>(i)] = codes[i] * entries + indices[i];
    codes = codes_.data();
  }
  if (codes != nullptr) return codes;
  codes_.assign(static_cast<size_t>(num_rows), 0);
  return codes_.data();
}

Status KeyFinder::FindOrInsert(const ColumnVector& keys, int64_t num_rows, uint32_t* slots,
                               std::vector<int32_t>* inserted) {
  if (num_rows == 0) return Status::OK();
  if (!CanRemember(keys, num_rows)) {
    WEIR_RETURN_NOT_OK(HashKeys(keys, num_rows, &hashes_));
    return table_->FindOrInsert(keys, hashes_, slots, inserted);
  }
  const int32_t* codes = Codes(keys, num_rows);
  const uint32_t* slot_of_code = slot_of_code_.data();
  uint32_t greatest = 0;
  for (int64_t i = 0; i < num_rows; ++i) {
    slots[i] = slot_of_code[codes[i]];
    greatest = std::max(greatest, slots[i]);
  }
  if (greatest < kBeingFound) {
    table_->MarkChanged({slots, static_cast<size_t>(num_rows)});
    return Status::OK();
  }
  Status status = FindMissing(keys, codes, num_rows, slots, inserted);
  if (!status.ok()) remembered_.clear();
  return status;
}

Status KeyFinder::FindMissing(const ColumnVector& keys, const int32_t* codes, int64_t num_rows,
                              uint32_t* slots, std::vector<int32_t>* inserted) {
  first_rows_.clear();
  for (int64_t i = 0; i < num_rows; ++i) {
    uint32_t& slot = slot_of_code_[static_cast<size_t>(codes[i])];
    if (slot != kNoSlot) continue;
    slot = kBeingFound;
    first_rows_.push_back(static_cast<int32_t>(i));
  }
  ColumnVector missing;
  for (const ColumnPtr& key : keys) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr rows, Gather(key, first_rows_, pool_));
    WEIR_ASSIGN_OR_RETURN(rows, Flatten(rows, pool_));
    missing.push_back(std::move(rows));
  }
  WEIR_RETURN_NOT_OK(HashKeys(missing, static_cast<int64_t>(first_rows_.size()), &hashes_));
  found_.resize(first_rows_.size());
  inserted_.clear();
  WEIR_RETURN_NOT_OK(table_->FindOrInsert(missing, hashes_, found_.data(), &inserted_));
  for (size_t i = 0; i < first_rows_.size(); ++i)
    slot_of_code_[static_cast<size_t>(codes[first_rows_[i]])] = found_[i];
  if (inserted != nullptr) {
    for (int32_t row : inserted_) inserted->push_back(first_rows_[static_cast<size_t>(row)]);
  }
  for (int64_t i = 0; i < num_rows; ++i) slots[i] = slot_of_code_[static_cast<size_t>(codes[i])];
  table_->MarkChanged({slots, static_cast<size_t>(num_rows)});
  return Status::OK();
}

}  // namespace weir
