// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/checkpoint/epoch_log.h"

#include <charconv>

#include "weir/checkpoint/restored_state.h"

namespace weir {
namespace {

constexpr std::string_view kFolder = "epochs/";
// How often a record is put before the process gives up for now, with growing pauses between.
constexpr int kPutsMax = 5;
constexpr int64_t kFirstPauseMicros = 10'000;

}  // namespace

std::string EpochLog::KeyOf(int64_t number) { return fmt::format("{}{:010}", kFolder, number); }

Result<std::vector<int64_t>> EpochLog::Numbers() {
  WEIR_ASSIGN_OR_RETURN(std::vector<std::string> keys, objects_->List(std::string(kFolder)));
  std::vector<int64_t> numbers;
  for (const std::string& key : keys) {
    std::string_view digits = std::string_view(key).substr(kFolder.size());
    if (digits.starts_with('.')) continue;  // Left there by the system or an editor.
    int64_t number = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size() || KeyOf(number) != key)
      return Corruption("'{}' is no name of an epoch record", key);
    numbers.push_back(number);
  }
  return numbers;
}

Result<EpochRecord> EpochLog::Read(int64_t number) {
  std::string key = KeyOf(number);
  WEIR_ASSIGN_OR_RETURN(std::string bytes, GetNamedObject(*objects_, key, "the epoch log"));
  WEIR_ASSIGN_OR_RETURN(EpochRecord record, OpenRecord(bytes, key));
  if (record.epoch != number) return Corruption("'{}' is the record of {}", key, record.epoch);
  return record;
}

Status EpochLog::Load() {
  WEIR_ASSIGN_OR_RETURN(std::vector<int64_t> numbers, Numbers());
  newest_.reset();
  last_number_ = numbers.empty() ? 0 : numbers.back();
  if (numbers.empty()) return Status::OK();
  WEIR_ASSIGN_OR_RETURN(EpochRecord last, Read(last_number_));
  // A fence names the manifest that its generation continues, so no other record is needed.
  if (!last.manifest.empty()) newest_ = std::move(last);
  return Status::OK();
}

Result<EpochLog::Outcome> EpochLog::Put(const EpochRecord& record) {
  std::string key = KeyOf(record.epoch), bytes = SealRecord(record, key);
  Result<bool> put = false;
  for (int attempt = 0;; ++attempt) {
    put = objects_->PutIfAbsent(key, bytes);
    if (put.ok()) break;
    // The answer may have been lost after the record was put: asking again tells.
    bool may_pass = GetErrorInfo(put.status()).code == ErrorCode::kUnavailable;
    if (!may_pass || attempt + 1 == kPutsMax) return put.status();
    clock_->SleepMicros(kFirstPauseMicros << attempt);
  }
  if (!*put) {
    WEIR_ASSIGN_OR_RETURN(std::string there, GetNamedObject(*objects_, key, "the epoch log"));
    if (there != bytes) return Outcome::kTaken;
  }
  WEIR_ASSIGN_OR_RETURN(std::vector<int64_t> numbers, Numbers());
  if (!numbers.empty() && numbers.back() > record.epoch) return Outcome::kTaken;
  last_number_ = record.epoch;
  if (!record.manifest.empty()) {
    newest_ = record;
  } else {
    newest_.reset();
  }
  return Outcome::kPut;
}

}  // namespace weir
